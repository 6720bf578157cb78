"""The newest request of each page, where older answers are out of date.

Requests that a browser sends at nearly the same time travel over several connections. They may
arrive in another order than they were sent in, so the browser numbers them.
"""

from __future__ import annotations

from collections.abc import Callable

import gradio as gr
from gradio.utils import LRUCache

MAX_PAGES = 10_000  # whose numbers are kept
MAX_ID_LENGTH = 100  # characters of a page's id, which the browser chooses


class NewestRequests:
    """Remembers the highest number that each loaded page has sent."""

    def __init__(self) -> None:
        self._highest: LRUCache[str, int] = LRUCache(MAX_PAGES)

    def note(self, request: gr.Request, number: object) -> Callable[[], bool]:
        """Take note of a request; return a function that tells whether it is still the newest.

        `number` may be anything. A request without a number is always the newest.
        """
        page = request.session_hash
        if page is None or len(page) > MAX_ID_LENGTH or not isinstance(number, int):
            return lambda: True
        self._highest[page] = max(number, self._highest.get(page, number))
        return lambda: number >= self._highest.get(page, number)
