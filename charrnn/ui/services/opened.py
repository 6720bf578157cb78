"""Opening a model from elsewhere: one on the Hub, or a file that a visitor brings along."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import gradio as gr
from gradio.utils import get_upload_folder

from ...errors import UserError
from ...hub import Ref
from ...runs import uploads
from .auth import identity
from .catalog import Model
from .context import House


def open_hub(
    house: House,
    ref: str,
    request: gr.Request | None,
    *,
    progress: Callable[[int, int | None], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Model:
    """The model `owner/name[@revision]` on the Hub, in the name of whoever sent the request.

    `progress(done, total)` and `cancelled()` are called in this thread, about twenty times a
    second. Raises UserError for all that goes wrong, and where `cancelled` says so.
    """
    wanted = Ref.parse(ref)
    found = house.fetched.open(
        wanted,
        identity(request).token,
        house.visitor(request),
        progress=progress,
        cancelled=cancelled,
    )
    return Model(str(wanted), found, "hub")


def open_file(house: House, path: str | Path, request: gr.Request | None) -> Model:
    """The checkpoint in a file that was uploaded to this app: its weights, or a `.zip` of its
    directory. It is kept under an id that nobody can guess, as the model's key.

    Raises UserError for what has not been uploaded, or is not a sound checkpoint.
    """
    file = uploads.inside(Path(get_upload_folder()), path)
    if file is None:
        raise UserError(
            "That file has not been uploaded to this app: choose it again.", field="model"
        )
    shares = house.runs.shares
    owner = shares.owner(house.visitor(request))
    with shares.reserving(owner, field="model") as reserve:
        key = uploads.keep(house.runs.root, file, house.limits, owner, reserve)
    shares.files.let_go(owner, file)  # it is kept now
    found = uploads.find(house.runs.root, key)
    assert found is not None
    return Model(key, found, "upload")
