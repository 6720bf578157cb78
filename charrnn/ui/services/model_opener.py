"""Open a model from the Hub, or from an uploaded file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import gradio as gr
from gradio.utils import get_upload_folder

from ...errors import UserError
from ...hub import Ref
from ...runs import uploads
from ..server.auth import identity
from .catalog import ModelEntry
from .context import AppContext


def open_hub(
    context: AppContext,
    ref: str,
    request: gr.Request | None,
    *,
    progress: Callable[[int, int | None], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> ModelEntry:
    """Open the model `owner/name[@revision]` on the Hub, with the token of the request.

    `progress(done, total)` and `cancelled()` are called in this thread, about twenty times a
    second. Raises UserError for all errors, and if `cancelled` returns True.
    """
    wanted = Ref.parse(ref)
    found = context.hub_models.open(
        wanted,
        identity(request).token,
        context.client_id(request),
        progress=progress,
        cancelled=cancelled,
    )
    return ModelEntry(str(wanted), found, "hub")


def open_file(context: AppContext, path: str | Path, request: gr.Request | None) -> ModelEntry:
    """Open the checkpoint in an uploaded file: its weights, or a `.zip` of its directory.

    It is stored under an id that cannot be guessed, which is the model's key. Raises UserError for
    a file that was not uploaded, and for one that is not a valid checkpoint.
    """
    file = uploads.path_within(Path(get_upload_folder()), path)
    if file is None:
        raise UserError(
            "That file has not been uploaded to this app: choose it again.", field="model"
        )
    quotas = context.runs.disk_quotas
    owner = quotas.owner(context.client_id(request))
    with quotas.reserving(owner, field="model") as reserve:
        key = uploads.store(context.runs.root, file, context.limits, owner, reserve)
    quotas.files.remove(owner, file)  # it is kept now
    found = uploads.find(context.runs.root, key)
    assert found is not None
    return ModelEntry(key, found, "upload")
