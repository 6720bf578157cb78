"""The folder of files that were uploaded or made for download: whose they are, and their end.

Gradio keeps these files under digests of their contents and knows no owners. A visitor's uploads
count against their share of the disk from the moment that they begin (`charrnn.runs.disk_shares`).
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from gradio.utils import get_upload_folder
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ...errors import UserError
from ...runs.uploads import path_within
from ...utils.regular_files import is_directory
from .. import i18n
from .client_id import event_request

if TYPE_CHECKING:
    from .context import AppContext

_MAX_ANSWER_BYTES = 1 << 20  # of the paths of the files that were uploaded


class UploadQuotaMiddleware:
    """ASGI middleware: an upload counts against the share of the visitor who sends it, and is
    answered with 507 where that is used up."""

    def __init__(self, app: ASGIApp, context: AppContext) -> None:
        self.app, self.context = app, context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; of an upload, note the files that the answer names."""
        if scope["type"] != "http" or scope["method"] != "POST" or not _is_upload(scope):
            await self.app(scope, receive, send)
            return
        shares = self.context.runs.shares
        request = event_request(Request(scope))
        owner = shares.owner(self.context.client_id(request))
        with shares.reserving(owner, field="corpus") as reserve:
            try:
                await asyncio.to_thread(reserve, self._announced(scope))
            except UserError as error:
                said = i18n.translate_error(error, i18n.locale_of(request))
                await PlainTextResponse(said, 507)(scope, receive, send)
                return
            answer = _Answer(send, lambda path: shares.files.add(owner, path))
            await self.app(scope, receive, answer.send)

    def _announced(self, scope: Scope) -> int:
        """The size of a request's body, or of the largest upload where it does not say."""
        length = Headers(scope=scope).get("content-length", "")
        return int(length) if length.isdecimal() else self.context.limits.upload_bytes


class _Answer:
    """The answer to an upload, as it goes by. `note` is called with each file that it names,
    before the client hears of them."""

    def __init__(self, send: Send, note: Callable[[Path], None]) -> None:
        self._send, self._note, self._status, self._body = send, note, 0, b""

    async def send(self, message: Message) -> None:
        """Pass a part of it on."""
        self._status = message.get("status", self._status)
        if len(self._body) <= _MAX_ANSWER_BYTES:
            self._body += message.get("body", b"")
        if message["type"] == "http.response.body" and not message.get("more_body"):
            for path in self._paths():
                self._note(path)
        await self._send(message)

    def _paths(self) -> list[Path]:
        """The files in the upload folder that it names."""
        try:
            named = json.loads(self._body) if self._status == 200 else []
        except ValueError:
            return []
        folder = Path(get_upload_folder())
        given = named if isinstance(named, list) else []
        return [path for one in given if (path := path_within(folder, one)) is not None]


def sweep_upload_folder(keep_hours: float) -> None:
    """Remove the files that were uploaded, or made for download, so many hours ago, and what
    uploads that broke off have left."""
    late = time.time() - keep_hours * 3600
    for path in sorted(Path(get_upload_folder()).rglob("*"), reverse=True):  # files first
        with suppress(OSError):  # gone by now, or a directory that is not empty
            if path.lstat().st_mtime > late:
                continue
            if is_directory(path):
                path.rmdir()
            else:
                path.unlink()


def _is_upload(scope: Scope) -> bool:
    return str(scope["path"]).endswith("/upload")
