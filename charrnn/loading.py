"""Models by name, wherever they lie: a path on this machine, or `owner/name` on the Hub.

A path goes before a name. `charrnn.checkpoint.load` opens paths only; a page that strangers see
uses that and `charrnn.hub`.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from . import checkpoint, hub
from .checkpoint import Checkpoint
from .errors import UserError, escape_invisible, short_repr
from .hub import Pushed, Token
from .utils import validation

_SHIPPED = Path(__file__).resolve().parents[1] / "checkpoints"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")


def load(
    where: str | Path,
    *,
    token: Token = None,
    progress: Callable[[int, int | None], None] | None = None,
) -> Checkpoint:
    """Open a checkpoint: its directory or that of its run, its `.safetensors` file alone, the name
    of a model that comes with charrnn, or a model on the Hub, `owner/name` or
    `owner/name@revision`. A path goes before a name, and a `Path` is always one.

    `token` and `progress` are for the Hub, as in `charrnn.hub.pull`. Raises UserError, saying what
    is wrong, for anything that is not a sound charrnn checkpoint.
    """
    _check_name(where, "checkpoint")
    path = local(where)
    if isinstance(where, Path) or os.path.lexists(path) or not hub.is_id(where):
        return checkpoint.load(path)
    try:
        found = hub.pull(where, token=token, progress=progress)
    except UserError as error:
        raise UserError(
            "There is no checkpoint at {where} on this machine. On the Hub: {message}",
            where=escape_invisible(where, 200),
            message=error.message,
            field="checkpoint",
        ) from None
    return checkpoint.load(found)


def local(where: str | Path) -> Path:
    """The path of a model on this machine: that of a run's checkpoint for a run's directory, of a
    model that comes with charrnn for its name, else the one that was given."""
    path = Path(where)
    if os.path.isfile(path / "run.json") and not os.path.lexists(path / checkpoint.WEIGHTS):
        return path / "checkpoint"
    shipped = _SHIPPED / where if isinstance(where, str) and _NAME.fullmatch(where) else path
    return path if os.path.lexists(path) or not os.path.isdir(shipped) else shipped


def _check_name(where: object, field: str) -> None:
    if not isinstance(where, str | Path):
        raise UserError(
            "{name} = {where}: give a path, or a model's name.",
            name=field,
            where=short_repr(where, 40),
            field=field,
        )


def from_hub(
    model: str,
    *,
    token: Token = None,
    progress: Callable[[int, int | None], None] | None = None,
) -> Checkpoint:
    """Open a model on the Hub, `owner/name` or `owner/name@revision`, whatever path is called so.

    `token` is whose eyes the Hub sees: None for whoever is logged in here, False for nobody.
    Raises UserError for all that goes wrong with the Hub, and for what is not a sound checkpoint.
    """
    return checkpoint.load(
        hub.pull(validation.text(model, "model"), token=token, progress=progress)
    )


def push_to_hub(
    model: Checkpoint | str | Path,
    repo: str,
    *,
    private: bool = False,
    token: str | None = None,
    licence: str | None = None,
    space: str | None = None,
    progress: Callable[[int, int | None], None] | None = None,
) -> Pushed:
    """Upload a model to `repo` (`owner/name`) on the Hub, in one commit, and say where it is now
    (`.url`, `.revision`).

    `model` is a checkpoint's directory or its run's, which goes with its log and samples, the name
    of a model that comes with charrnn, or a model in memory. The text it was trained on is never
    uploaded, but a model can recite it. A repository that is there is updated, and a card that its
    owner edited is kept but for the parts that charrnn marks as its own. `licence` is the model's,
    such as `mit`; `space` is the `owner/name` of a Space with this app, for the card to link to;
    without a `token` it happens in the name of whoever is logged in here.

    Raises UserError for what is not a sound checkpoint, and for all that goes wrong with the Hub.
    """
    validation.text(repo, "repo")
    if isinstance(model, Checkpoint):
        with tempfile.TemporaryDirectory() as passing:
            directory = checkpoint.save(model, passing)
            return push_to_hub(
                directory, repo, private=private, token=token, licence=licence, space=space,
                progress=progress,
            )  # fmt: skip
    _check_name(model, "model")
    return hub.push(
        local(model), repo, private=private, token=token, licence=licence, space=space,
        progress=progress,
    )  # fmt: skip
