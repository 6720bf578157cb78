"""Open and push models by name: a path on this machine, or `owner/name` on the Hub.

A path goes before a name. `charrnn.checkpoint.load` opens paths only; a page for several users
uses that and `charrnn.hub`.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from . import checkpoint, hub
from .checkpoint import Checkpoint
from .checkpoint.source import ModelSource, is_base
from .errors import UserError, escape_invisible, short_repr
from .hub import Pushed, Token
from .utils import places, validation

_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
_RUN = re.compile(r"runs/(?P<id>[a-z0-9]+)")


def load(
    where: str | Path,
    *,
    token: Token = None,
    progress: Callable[[int, int | None], None] | None = None,
) -> Checkpoint:
    """Open a checkpoint by its path or its name.

    Args:
        where: A checkpoint's directory, its run's, its `.safetensors` file alone, the name of a
            model that comes with charrnn, `runs/<id>` for a run of the app, or a model on the Hub
            (`owner/name[@revision]`). A path goes before a name, and a `Path` is always a path.
        token: For the Hub, as in `charrnn.hub.pull`.
        progress: For the Hub, as in `charrnn.hub.pull`.

    Raises:
        UserError: If it is not a valid charrnn checkpoint, or the Hub cannot give it.
    """
    _check_name(where, "checkpoint")
    path = local(where)
    if isinstance(where, Path) or os.path.lexists(path) or not hub.is_id(where):
        name = path.name if path.resolve().parent == places.bundled_models() else None
        return _with_source(checkpoint.load(path), ModelSource.of(path, name))
    try:
        found = hub.pull(where, token=token, progress=progress)
    except UserError as error:
        raise UserError(
            "There is no checkpoint at {where} on this machine. On the Hub: {message}",
            where=escape_invisible(where, 200),
            message=error.message,
            field="checkpoint",
        ) from None
    return _with_source(checkpoint.load(found), hub.source_of(where, found))


def load_bases() -> dict[str, Checkpoint]:
    """Open the models that come with charrnn to be started from, by name."""
    names = sorted(place.name for place in places.bundled_models().glob("*"))
    return {name: load(name) for name in names if is_base(name)}


def _with_source(opened: Checkpoint, source: ModelSource) -> Checkpoint:
    return replace(opened, source=source)


def local(where: str | Path) -> Path:
    """Return the path of a model on this machine.

    For a run's directory it is that of its checkpoint. A name that is no path may be that of a
    bundled model, or `runs/<id>` of a run of the app. Otherwise it is the path as it was given.
    """
    path = Path(where)
    if isinstance(where, str) and not os.path.lexists(path):
        path = _find_by_name(where) or path
    if os.path.isfile(path / "run.json") and not os.path.lexists(path / checkpoint.WEIGHTS):
        return path / "checkpoint"
    return path


def _find_by_name(name: str) -> Path | None:
    """Return the directory of a bundled model or of a run of the app; None if there is none."""
    if _NAME.fullmatch(name) and os.path.isdir(bundled := places.bundled_models() / name):
        return bundled
    if (found := _RUN.fullmatch(name)) and os.path.isdir(run := places.app_runs() / found["id"]):
        return run
    return None


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
    """Open a model on the Hub, `owner/name` or `owner/name@revision`.

    A local path of the same name is not looked at. `token` is a user's token, None for the user who
    is logged in on this machine, or False for public models only.

    Raises UserError for everything that goes wrong with the Hub, and for an invalid checkpoint.
    """
    found = hub.pull(validation.as_text(model, "model"), token=token, progress=progress)
    return _with_source(checkpoint.load(found), hub.source_of(model, found))


def push_to_hub(
    model: Checkpoint | str | Path,
    repo: str,
    *,
    private: bool = False,
    token: str | None = None,
    license: str | None = None,
    licence: str | None = None,
    space: str | None = None,
    progress: Callable[[int, int | None], None] | None = None,
) -> Pushed:
    """Upload a model to the Hub in one commit, and return its address and revision.

    The text that the model was trained on is never uploaded, but a model can recite it. An existing
    repository is updated; a card that its owner edited is kept, except for the parts that charrnn
    marks as its own.

    Args:
        model: A checkpoint's directory or its run's, which goes with its log and samples, the name
            of a bundled model, or a model in memory.
        repo: The repository, `owner/name`.
        private: Whether a new repository is private. An existing public one is refused.
        token: A token that may write; by default that of the user who is logged in.
        license: The model's license, such as `mit`.
        licence: The same, under the name that it had in charrnn 0.1.
        space: The `owner/name` of a Space with this app, for the card to link to.
        progress: Called with the bytes sent and their sum.

    Raises:
        UserError: For an invalid checkpoint, and for everything that goes wrong with the Hub.
    """
    validation.as_text(repo, "repo")
    if isinstance(model, Checkpoint):
        with tempfile.TemporaryDirectory() as passing:
            directory = checkpoint.save(model, passing)
            return push_to_hub(
                directory, repo, private=private, token=token, license=license or licence,
                space=space, progress=progress,
            )  # fmt: skip
    _check_name(model, "model")
    return hub.push(
        local(model), repo, private=private, token=token, license=license or licence, space=space,
        progress=progress,
    )  # fmt: skip
