"""Idempotency-key middleware: a POST retried with the same key runs once.

When a response is lost on the way, the page cannot tell that from a request that never arrived, so
it sends the request again (fetch_retry.js) with the same `Idempotency-Key`: one click on Train must
not start two runs. The retry gets the response to the first request. A key counts for one client
and one path: to another client, or at another path, the same key is a new one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from gradio.utils import LRUCache
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .asgi import route_path
from .client_id import without_address

HEADER = b"idempotency-key"
_MIN_KEY_BYTES = 16  # a shorter key may be the same for two clients
_MAX_KEY_BYTES = 64  # fetch_retry.js draws up to 40
MAX_RESPONSES = 512  # stored responses; the oldest are dropped
MAX_RESPONSE_BYTES = 1 << 14  # of a stored response; Gradio's have about 50 bytes

_Key = tuple[str, str, bytes]  # the client, the path, and the header


class IdempotencyMiddleware:
    """ASGI middleware: answers a request whose key was used before with the earlier response.

    It waits for that response if necessary. If the earlier request did not arrive completely,
    failed, or had a response that is too long to store, the new one runs.
    """

    def __init__(self, app: ASGIApp, client_id: Callable[[Request], str] = lambda _: "") -> None:
        self.app, self._client_id = app, client_id
        self._responses: LRUCache[_Key, _PendingResponse] = LRUCache(MAX_RESPONSES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or send the stored response."""
        header = _header(scope)
        if not header:
            await self.app(scope, receive, send)
            return
        # A retry may come from another address, as when a phone leaves the Wi-Fi.
        client = without_address(self._client_id(Request(scope)))
        key = client, route_path(scope), header
        while (earlier := self._responses.get(key)) and earlier.arrived:
            for message in (messages := await earlier.messages()):
                await send(message)
            if messages:
                return
        await self._do(key, scope, receive, send)

    async def _do(self, key: _Key, scope: Scope, receive: Receive, send: Send) -> None:
        pending = self._responses[key] = _PendingResponse()

        async def receive_body() -> Message:
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body"):
                # Another request with the same key may have overtaken this one.
                if self._responses.get(key, pending) is not pending:
                    return {"type": "http.disconnect"}
                pending.arrived = True
            return message

        async def send_response(message: Message) -> None:
            pending.add(message)
            await send(message)

        try:
            await self.app(scope, receive_body, send_response)
        finally:
            if not pending.end() and self._responses.get(key) is pending:
                del self._responses[key]


class _PendingResponse:
    """A request under a key: whether it has arrived completely, and its response."""

    def __init__(self) -> None:
        self.arrived = False
        self._messages: list[Message] = []
        self._size = 0
        self._ended = asyncio.Event()

    async def messages(self) -> list[Message]:
        """Wait for the whole response; return its messages, or none if it must not be repeated."""
        await self._ended.wait()
        return self._messages

    def add(self, message: Message) -> None:
        """Store a message of the response."""
        self._size += len(message.get("body", b""))
        if self._size <= MAX_RESPONSE_BYTES:
            self._messages.append(message)

    def end(self) -> bool:
        """End the response, complete or broken off; return whether it is stored."""
        messages = self._messages
        is_complete = len(messages) > 1 and not messages[-1].get("more_body")
        is_short = self._size <= MAX_RESPONSE_BYTES
        if not (is_complete and is_short) or messages[0]["status"] >= 400:
            self._messages = []
        self._ended.set()
        return bool(self._messages)


def _header(scope: Scope) -> bytes:
    """Return the header of a POST; empty if it has none, or one of a wrong length."""
    if scope["type"] != "http" or scope["method"] != "POST":
        return b""
    keys = [value for name, value in scope["headers"] if name == HEADER]
    return keys[0] if keys and _MIN_KEY_BYTES <= len(keys[0]) <= _MAX_KEY_BYTES else b""
