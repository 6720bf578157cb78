"""Limit on the number of open response streams per user.

A stream is a response that lasts: the messages of a session's events, of one call, or of an upload.
A page needs one or two, and a program one for each of its calls (`event_queue`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from gradio.route_utils import API_PREFIX
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from .asgi import RequestUserError, route_path
from .per_user_limiter import BusyUserError, check_share

MAX_STREAMS_PER_USER = 128

_STREAM = re.compile(rf"{API_PREFIX}/(queue/data|call/.+/.+|upload_progress)/?")


class StreamLimitMiddleware:
    """ASGI middleware: answers 429 to a user who has too many open streams.

    A stream counts until it ends or its client disconnects.
    """

    def __init__(self, app: ASGIApp, client_id: Callable[[Request], str]) -> None:
        self.app, self._client_id = app, client_id
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if not _is_stream(scope):
            await self.app(scope, receive, send)
            return
        user = self._client_id(Request(scope))
        try:
            check_share(self._open, user, MAX_STREAMS_PER_USER)
        except BusyUserError as error:
            refusal = RequestUserError(error.message, status=429)
            await refusal.response(scope)(scope, receive, send)
            return
        self._open[user] += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._open[user] -= 1
            self._open += Counter()  # drop users without streams


def _is_stream(scope: Scope) -> bool:
    is_get = scope["type"] == "http" and scope["method"] == "GET"
    return is_get and _STREAM.fullmatch(route_path(scope)) is not None
