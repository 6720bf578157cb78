"""Async cache with a time to live and single flight, for answers that all users share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from time import monotonic as clock
from typing import Generic, TypeVar

from gradio.utils import LRUCache

T = TypeVar("T")


class TTLCache(Generic[T]):
    """Stores the latest `max_entries` answers for `seconds` each, but no failures."""

    def __init__(self, *, seconds: float, max_entries: int = 256) -> None:
        self._seconds = seconds
        self._entries: LRUCache[Hashable, tuple[float, asyncio.Future[T]]] = LRUCache(max_entries)

    async def get(self, key: Hashable, fetch: Callable[[], Awaitable[T]]) -> T:
        """Return the answer stored under `key`, or await `fetch`, once for concurrent callers."""
        until, answer = self._entries.get(key, (0.0, None))
        if answer is None or clock() >= until or _failed(answer):
            answer = asyncio.ensure_future(fetch())
            self._entries[key] = (clock() + self._seconds, answer)
        return await asyncio.shield(answer)


def _failed(answer: asyncio.Future[T]) -> bool:
    return answer.done() and (answer.cancelled() or answer.exception() is not None)
