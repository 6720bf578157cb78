"""What the page asks for happens once, however often the line makes it ask.

A request whose answer is lost on the way looks to the page like one that never arrived, so it
asks again (fetch_retry.js), under the word that the request had: a click on Train must not begin
two runs. Whoever asks again hears what was answered the first time.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = b"x-charrnn-once"
_MAX_KEY_BYTES = 64  # characters of a word at most; fetch_retry.js draws up to 40
MAX_RESPONSES = 512  # that are remembered, the oldest forgotten first
MAX_RESPONSE_BYTES = 1 << 14  # bytes of an answer that is remembered; Gradio's has about fifty


class IdempotencyMiddleware:
    """Answers a request that bears the word of an earlier one as that one was answered, waiting
    for it if need be. What came in part, what has failed, and what is too long to keep is done
    anew."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._responses: OrderedDict[bytes, _PendingResponse] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it from memory."""
        key = _key(scope)
        if not key:
            await self.app(scope, receive, send)
            return
        while (earlier := self._responses.get(key)) and earlier.arrived:
            for message in (said := await earlier.messages()):
                await send(message)
            if said:
                return
        await self._do(key, scope, receive, send)

    async def _do(self, key: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        pending = self._responses[key] = _PendingResponse()
        self._responses.move_to_end(key)
        while len(self._responses) > MAX_RESPONSES:
            self._responses.popitem(last=False)

        async def arriving() -> Message:
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body"):
                if (
                    self._responses.get(key, pending) is not pending
                ):  # it came too late: another is done
                    return {"type": "http.disconnect"}
                pending.arrived = True
            return message

        async def answering(message: Message) -> None:
            pending.add(message)
            await send(message)

        try:
            await self.app(scope, arriving, answering)
        finally:
            if not pending.end() and self._responses.get(key) is pending:
                del self._responses[key]


class _PendingResponse:
    """A request under a word: whether all of it has arrived, and how it is answered."""

    def __init__(self) -> None:
        self.arrived = False
        self._messages: list[Message] = []
        self._size = 0
        self._ended = asyncio.Event()

    async def messages(self) -> list[Message]:
        """The messages of its answer, once it is whole; none if it is not to be repeated."""
        await self._ended.wait()
        return self._messages

    def add(self, message: Message) -> None:
        """Note a part of the answer."""
        self._size += len(message.get("body", b""))
        if self._size <= MAX_RESPONSE_BYTES:
            self._messages.append(message)

    def end(self) -> bool:
        """Whether the answer, which has ended or broken off, is remembered."""
        said = self._messages
        whole = len(said) > 1 and not said[-1].get("more_body") and self._size <= MAX_RESPONSE_BYTES
        if not whole or said[0]["status"] >= 400:
            self._messages = []
        self._ended.set()
        return bool(self._messages)


def _key(scope: Scope) -> bytes:
    """Of a request that may be asked again; else empty."""
    if scope["type"] != "http" or scope["method"] != "POST":
        return b""
    keys = [value for name, value in scope["headers"] if name == HEADER]
    return keys[0] if keys and len(keys[0]) <= _MAX_KEY_BYTES else b""
