"""Routes for uploads and downloads, in place of Gradio's.

Gradio's upload route leaves temporary files behind when an upload breaks off or is refused, its
progress route never frees its records, and its file route fetches any URL that it is given. These
routes use the same functions of Gradio without those defects.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from tempfile import TemporaryDirectory

from gradio.route_utils import API_PREFIX, file_fetch, upload_fn
from gradio.utils import get_upload_folder
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from ...errors import UserError
from ...runs.admission import directory_bytes
from ...runs.limits import Limits
from .. import i18n
from .upload_progress import UploadProgress, is_upload_id

_MULTIPART_BYTES = 1 << 20  # for the names and separators of an upload's files


def file_routes(limits: Limits) -> list[Route]:
    """Return the routes, for `launch`.

    A file may have `limits.upload_bytes`, all files of a request twice as many, and the files of
    all users together `limits.disk_bytes`.
    """
    progress = UploadProgress()

    async def upload(request: Request) -> Response:
        """Store the files of a request in Gradio's upload folder and return their paths.

        Each file is stored under a digest of its content. If the request fails, none is stored.
        """
        folder = Path(get_upload_folder())
        if not await asyncio.to_thread(_has_room, folder, limits):
            error = UserError(
                "There is no disk space for more uploads: try again later, or paste the text."
            )
            message = i18n.translate_error(error, i18n.locale_of(request))
            return PlainTextResponse(message + "\n", 507)
        folder.mkdir(parents=True, exist_ok=True)
        name = request.query_params.get("upload_id", "")
        followed = progress if is_upload_id(name) else None
        with TemporaryDirectory(prefix=".incoming-", dir=folder) as incoming:
            try:
                files, _, _ = await upload_fn(
                    request,
                    incoming,
                    limits.upload_bytes,
                    name,
                    upload_progress=followed,  # type: ignore[arg-type]  # with the same methods
                )
            except MultiPartException as error:
                status = 413 if "maximum allowed size" in error.message else 400
                return PlainTextResponse(error.message, status)
            except ClientDisconnect:
                return Response(status_code=400)  # the client has gone
            finally:
                if followed:
                    followed.set_done(name)
            kept = [_move(Path(file), folder) for file in files]
        request.app.get_blocks().upload_file_set.update(kept)  # Gradio deletes them after a day
        return JSONResponse(kept)

    async def file(request: Request) -> Response:
        """Serve a file that was uploaded, or that the app made for download."""
        path, blocks = request.path_params["path"], request.app.get_blocks()
        response: Response = file_fetch(  # type: ignore[no-untyped-call]
            path, request, blocks, get_upload_folder()
        )
        return response

    return [
        Route(
            f"{API_PREFIX}/upload",
            upload,
            methods=["POST"],
            max_body_size=2 * limits.upload_bytes + _MULTIPART_BYTES,
        ),
        Route(f"{API_PREFIX}/upload_progress", progress.follow),
        Route(f"{API_PREFIX}/file={{path:path}}", file),
    ]


def _has_room(folder: Path, limits: Limits) -> bool:
    return limits.disk_bytes is None or directory_bytes(folder) <= limits.disk_bytes


def _move(file: Path, folder: Path) -> str:
    """Move a file to the folder of its digest and return its new path."""
    target = folder / file.parent.name / file.name
    target.parent.mkdir(exist_ok=True)
    os.replace(file, target)
    return str(target)
