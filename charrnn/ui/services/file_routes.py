"""The routes by which files come in and go out, in the place of Gradio's own.

Gradio's route for uploads leaves its temporary files where an upload is broken off or is not as it
should be, the one that tells how far an upload is forgets nothing, and the one for files fetches
any URL that it is given. These use the same functions of Gradio, each without that.
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

_SPARE_BYTES = 1 << 20  # besides the files of an upload: their names, and what parts them


def file_routes(limits: Limits) -> list[Route]:
    """The routes, for `launch`. A file has `limits.upload_bytes` at most, all files of a request
    twice as many, and those of all visitors together `limits.disk_bytes`."""
    progress = UploadProgress()

    async def upload(request: Request) -> Response:
        """Keep the files of a request in Gradio's upload folder, each under a digest of its
        content, and answer with their paths. Nothing is kept of a request that fails."""
        folder = Path(get_upload_folder())
        if not await asyncio.to_thread(_has_room, folder, limits):
            error = UserError(
                "There is no room for more uploads: try again later, or paste the text."
            )
            said = i18n.translate_error(error, i18n.locale_of(request))
            return PlainTextResponse(said + "\n", 507)
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
                return Response(status_code=400)  # which nobody hears
            finally:
                if followed:
                    followed.set_done(name)
            kept = [_move(Path(file), folder) for file in files]
        request.app.get_blocks().upload_file_set.update(kept)  # which are removed after a day
        return JSONResponse(kept)

    async def file(request: Request) -> Response:
        """Serve a file that was uploaded, or that the app has made for download."""
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
            max_body_size=2 * limits.upload_bytes + _SPARE_BYTES,
        ),
        Route(f"{API_PREFIX}/upload_progress", progress.follow),
        Route(f"{API_PREFIX}/file={{path:path}}", file),
    ]


def _has_room(folder: Path, limits: Limits) -> bool:
    return limits.disk_bytes is None or directory_bytes(folder) <= limits.disk_bytes


def _move(file: Path, folder: Path) -> str:
    """Where a file lies, once it is in the folder of its digest."""
    target = folder / file.parent.name / file.name
    target.parent.mkdir(exist_ok=True)
    os.replace(file, target)
    return str(target)
