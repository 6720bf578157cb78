"""No request's body is larger than an upload may be, whatever it is, and uploads do not fill the
disk.

Gradio bounds each file of an upload, but not the JSON of a call, in which a text can be as well,
nor how much all files take until they are removed, a day later.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from gradio.utils import get_upload_folder
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..admission import taken

_SPARE = 1 << 20  # bytes besides the text or the file: a page's other fields


class BodyLimit:
    """Answers 413 to a request whose body has more than twice `most` bytes and some spare ones: in
    JSON a text is longer than by itself, since line ends and quotes are escaped. Answers 507 to an
    upload where those before it take more than `room` bytes of the disk; None is no bound."""

    def __init__(self, app: ASGIApp, most: int, room: int | None = None) -> None:
        self.app, self.most, self.room = app, 2 * most + _SPARE, room

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count what comes with it."""
        if scope["type"] != "http" or scope["method"] not in ("POST", "PUT", "PATCH"):
            await self.app(scope, receive, send)
            return
        if self._announced(scope) > self.most:
            await self._refuse(scope, receive, send)
            return
        if scope["path"].endswith("/upload") and not await asyncio.to_thread(self._has_room):
            said = "There is no room for more uploads: try again later, or paste the text.\n"
            await PlainTextResponse(said, 507)(scope, receive, send)
            return
        received, begun = 0, False

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.most:
                raise _TooLargeError
            return message

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, counted, noted)
        except _TooLargeError:
            if begun:
                raise
            await self._refuse(scope, receive, send)

    def _has_room(self) -> bool:
        return self.room is None or taken(Path(get_upload_folder())) <= self.room

    def _announced(self, scope: Scope) -> int:
        lengths = [value for name, value in scope["headers"] if name == b"content-length"]
        return max((int(length) for length in lengths if length.isdigit()), default=0)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        said = f"A request has {self.most:,} bytes at most here.\n"
        await PlainTextResponse(said, 413)(scope, receive, send)


class _TooLargeError(Exception):
    """More came than may."""
