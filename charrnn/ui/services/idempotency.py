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
_WORD = 64  # characters of a word at most; fetch_retry.js draws up to 40
_ANSWERS = 512  # that are remembered, the oldest forgotten first
_LARGEST = 1 << 14  # bytes of an answer that is remembered; Gradio's has about fifty


class Once:
    """Answers a request that bears the word of an earlier one as that one was answered, waiting
    for it if need be. What came in part, what has failed, and what is too long to keep is done
    anew."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._asked: OrderedDict[bytes, _Asked] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it from memory."""
        word = _word(scope)
        if not word:
            await self.app(scope, receive, send)
            return
        while (earlier := self._asked.get(word)) and earlier.arrived:
            for message in (said := await earlier.answer()):
                await send(message)
            if said:
                return
        await self._do(word, scope, receive, send)

    async def _do(self, word: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        asked = self._asked[word] = _Asked()
        self._asked.move_to_end(word)
        while len(self._asked) > _ANSWERS:
            self._asked.popitem(last=False)

        async def arriving() -> Message:
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body"):
                if self._asked.get(word, asked) is not asked:  # it came too late: another is done
                    return {"type": "http.disconnect"}
                asked.arrived = True
            return message

        async def answering(message: Message) -> None:
            asked.said(message)
            await send(message)

        try:
            await self.app(scope, arriving, answering)
        finally:
            if not asked.end() and self._asked.get(word) is asked:
                del self._asked[word]


class _Asked:
    """A request under a word: whether all of it has arrived, and how it is answered."""

    def __init__(self) -> None:
        self.arrived = False
        self._messages: list[Message] = []
        self._size = 0
        self._ended = asyncio.Event()

    async def answer(self) -> list[Message]:
        """The messages of its answer, once it is whole; none if it is not to be repeated."""
        await self._ended.wait()
        return self._messages

    def said(self, message: Message) -> None:
        """Note a part of the answer."""
        self._size += len(message.get("body", b""))
        if self._size <= _LARGEST:
            self._messages.append(message)

    def end(self) -> bool:
        """Whether the answer, which has ended or broken off, is remembered."""
        said = self._messages
        whole = len(said) > 1 and not said[-1].get("more_body") and self._size <= _LARGEST
        if not whole or said[0]["status"] >= 400:
            self._messages = []
        self._ended.set()
        return bool(self._messages)


def _word(scope: Scope) -> bytes:
    """Of a request that may be asked again; else empty."""
    if scope["type"] != "http" or scope["method"] != "POST":
        return b""
    words = [value for name, value in scope["headers"] if name == HEADER]
    return words[0] if words and len(words[0]) <= _WORD else b""
