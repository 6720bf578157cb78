"""Folder of uploads and downloads: who owns the files, and when they are deleted.

Gradio stores these files under digests of their contents, without owners. Uploads count against
their user's share of the disk as soon as they begin (`charrnn.runs.disk_quotas`).
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
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ...errors import UserError
from ...runs.uploads import path_within
from ...utils.regular_files import is_directory
from .. import i18n
from ..server.asgi import content_length
from ..server.client_id import event_request

if TYPE_CHECKING:
    from .context import AppContext

_MAX_RESPONSE_BYTES = 1 << 20  # of the paths of the uploaded files


class UploadQuotaMiddleware:
    """ASGI middleware: an upload counts against its user's disk share; 507 if that is used up."""

    def __init__(self, app: ASGIApp, context: AppContext) -> None:
        self.app, self.context = app, context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; record the owner of the files that the response to an upload names."""
        if scope["type"] != "http" or scope["method"] != "POST" or not _is_upload(scope):
            await self.app(scope, receive, send)
            return
        quotas = self.context.runs.disk_quotas
        request = event_request(Request(scope))
        owner = quotas.owner(self.context.client_id(request))
        with quotas.reserving(owner, field="corpus") as reserve:
            try:
                size = content_length(scope)
                await asyncio.to_thread(
                    reserve, self.context.limits.upload_bytes if size is None else size
                )
            except UserError as error:
                message = i18n.translate_error(error, i18n.locale_of(request))
                await PlainTextResponse(message, 507)(scope, receive, send)
                return
            response = _UploadResponse(send, lambda path: quotas.files.add(owner, path))
            await self.app(scope, receive, response.send)


class _UploadResponse:
    """Passes on the response to an upload, and reads it.

    `note` is called with each file that the response names, before the client receives the names.
    """

    def __init__(self, send: Send, note: Callable[[Path], None]) -> None:
        self._send, self._note, self._status, self._body = send, note, 0, b""

    async def send(self, message: Message) -> None:
        """Pass a message of the response on."""
        self._status = message.get("status", self._status)
        if len(self._body) <= _MAX_RESPONSE_BYTES:
            self._body += message.get("body", b"")
        if message["type"] == "http.response.body" and not message.get("more_body"):
            for path in self._paths():
                self._note(path)
        await self._send(message)

    def _paths(self) -> list[Path]:
        """Return the files in the upload folder that the response names."""
        try:
            named = json.loads(self._body) if self._status == 200 else []
        except ValueError:
            return []
        folder = Path(get_upload_folder())
        given = named if isinstance(named, list) else []
        return [path for one in given if (path := path_within(folder, one)) is not None]


def sweep_upload_folder(keep_hours: float) -> None:
    """Delete uploads and downloads after `keep_hours`, and what broken-off uploads left."""
    late = time.time() - keep_hours * 3600
    for path in sorted(Path(get_upload_folder()).rglob("*"), reverse=True):  # files first
        with suppress(OSError):  # deleted by now, or a directory that is not empty
            if path.lstat().st_mtime > late:
                continue
            if is_directory(path):
                path.rmdir()
            else:
                path.unlink()


def _is_upload(scope: Scope) -> bool:
    return str(scope["path"]).endswith("/upload")
