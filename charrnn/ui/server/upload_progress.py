"""Progress of uploads, for the pages that show it while they send them.

Replaces Gradio's own record, which never forgets an upload, nor an id that any client has asked
about.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator

from gradio.utils import LRUCache
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

MAX_UPLOADS = 512
"""Uploads that are tracked at the same time; the oldest are dropped."""
BEGIN_SECONDS = 3.0
"""Time for an upload to begin after the first request for its progress."""

_HEARTBEAT_SECONDS = 15.0
_UPDATE_SECONDS = 0.05
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class UploadProgress:
    """The progress that Gradio's `upload_fn` reports, as the event stream that Gradio's page reads.

    Pages choose the ids of their uploads.
    """

    def __init__(self) -> None:
        self._uploads: LRUCache[str, _Upload] = LRUCache(MAX_UPLOADS)

    def track(self, upload_id: str) -> None:
        """Record that an upload has started."""
        self._upload(upload_id).changed.set()

    def append(self, upload_id: str, filename: str, message_bytes: bytes) -> None:
        """Record that more of a file has arrived."""
        upload = self._upload(upload_id)
        upload.arrived[filename] = upload.arrived.get(filename, 0) + len(message_bytes)
        upload.changed.set()

    def set_done(self, upload_id: str) -> None:
        """Record that an upload has ended, successfully or not."""
        upload = self._upload(upload_id)
        upload.done = True
        upload.changed.set()

    async def follow(self, request: Request) -> Response:
        """Answer a request with the progress of the upload that its `upload_id` names."""
        upload_id = request.query_params.get("upload_id", "")
        if not is_upload_id(upload_id):
            return PlainTextResponse("Upload not found", 404)
        upload = self._upload(upload_id)
        try:
            await asyncio.wait_for(upload.changed.wait(), BEGIN_SECONDS)
        except asyncio.TimeoutError:
            self._forget(upload_id, upload)
            return PlainTextResponse("Upload not found", 404)
        return StreamingResponse(self._events(upload_id, upload), media_type="text/event-stream")

    async def _events(self, upload_id: str, upload: _Upload) -> AsyncIterator[str]:
        try:
            while True:
                try:
                    await asyncio.wait_for(upload.changed.wait(), _HEARTBEAT_SECONDS)
                except asyncio.TimeoutError:
                    yield _event(msg="heartbeat")
                    continue
                upload.changed.clear()
                arrived, upload.arrived = upload.arrived, {}
                for filename, size in arrived.items():
                    yield _event(msg="update", orig_name=filename, chunk_size=size)
                if upload.done:
                    yield _event(msg="done")
                    return
                await asyncio.sleep(_UPDATE_SECONDS)
        finally:
            self._forget(upload_id, upload)

    def _upload(self, upload_id: str) -> _Upload:
        upload = self._uploads[upload_id] = self._uploads.get(upload_id) or _Upload()
        return upload

    def _forget(self, upload_id: str, upload: _Upload) -> None:
        if self._uploads.get(upload_id) is upload:
            del self._uploads[upload_id]


class _Upload:
    """An upload, with the bytes of each file that arrived since the last event."""

    def __init__(self) -> None:
        self.arrived: dict[str, int] = {}
        self.done = False
        self.changed = asyncio.Event()


def is_upload_id(given: str) -> bool:
    """Return whether an upload may have this id."""
    return _ID.fullmatch(given) is not None


def _event(**message: object) -> str:
    return f"data: {json.dumps(message)}\n\n"
