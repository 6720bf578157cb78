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
from typing import Literal

from . import checkpoint, hub
from .checkpoint import Checkpoint
from .checkpoint.format import WEIGHTS
from .checkpoint.source import ModelSource, is_base
from .errors import UserError, escape_invisible, short_repr
from .hub import Pushed
from .utils import places, validation

Progress = Callable[[int, "int | None"], None]

_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
_RUN = re.compile(r"runs/(?P<id>[a-z0-9]+)")


def load(
    where: str | Path,
    *,
    revision: str | None = None,
    token: str | bool | None = None,
    cache_dir: str | Path | None = None,
    local_files_only: bool = False,
    progress: Progress | None = None,
) -> Checkpoint:
    """Open a checkpoint by its path or its name.

    Args:
        where: A checkpoint's directory, its run's, its `.safetensors` file alone, the name of a
            model that comes with charrnn, `runs/<id>` for a run of the app, or a model on the Hub
            (`owner/name[@revision]`). A path goes before a name, and a `Path` is always a path.
        revision: For the Hub, as in `from_hub`; so are the other arguments.
        token: A user's token, or False for public models only.
        cache_dir: A directory to use instead of the Hub's own cache.
        local_files_only: Send no request, and open what is on this machine.
        progress: Called with the bytes so far and their sum.

    Raises:
        UserError: If it is not a valid charrnn checkpoint, or the Hub cannot give it.
    """
    _check_name(where, "checkpoint")
    path = local(where)
    if isinstance(where, Path) or os.path.lexists(path) or not hub.is_id(where):
        if revision is not None and os.path.lexists(path):
            raise UserError(
                "{where} is on this machine, where a model has no revisions: leave out revision, "
                "or open it by charrnn.from_hub.",
                where=escape_invisible(str(where), 200),
                field="revision",
            )
        name = path.name if path.resolve().parent == places.bundled_models() else None
        return _with_source(checkpoint.load(path), ModelSource.of(path, name))
    try:
        return from_hub(
            where, revision=revision, token=token, cache_dir=cache_dir,
            local_files_only=local_files_only, progress=progress,
        )  # fmt: skip
    except UserError as error:
        raise UserError(
            "There is no checkpoint at {where} on this machine. On the Hub: {message}",
            where=escape_invisible(where, 200),
            message=error.message,
            field="checkpoint",
        ) from None


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
    if os.path.lexists(path / WEIGHTS):
        return path
    of_run = path / "checkpoint"  # where `charrnn.train(…, directory=…)` leaves no run.json
    if os.path.isfile(path / "run.json") or os.path.isfile(of_run / WEIGHTS):
        return of_run
    return path


def _find_by_name(name: str) -> Path | None:
    """Return the directory of a bundled model or of a run of the app; None if there is none."""
    if _NAME.fullmatch(name) and os.path.isdir(bundled := places.bundled_models() / name):
        return bundled
    return find_run(name)


def find_run(name: str) -> Path | None:
    """Return the directory of the run of the app that `runs/<id>` names; None if there is none."""
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
    revision: str | None = None,
    token: str | bool | None = None,
    cache_dir: str | Path | None = None,
    local_files_only: bool = False,
    progress: Progress | None = None,
) -> Checkpoint:
    """Open a model on the Hub. A local path of the same name is not looked at.

    Args:
        model: `owner/name`, or `owner/name@revision`.
        revision: A branch, a tag or a commit, if `model` has none.
        token: A user's token, False for public models only, or None or True for the user who is
            logged in on this machine, by `hf auth login` or HF_TOKEN.
        cache_dir: A directory to use instead of the Hub's own cache (`HF_HOME`, `HF_HUB_CACHE`).
        local_files_only: Send no request, and open what is on this machine, as with
            `HF_HUB_OFFLINE=1`.
        progress: Called with the bytes so far and their sum.

    Raises:
        UserError: For everything that goes wrong with the Hub, and for an invalid checkpoint.
    """
    ref = _with_revision(validation.as_text(model, "model"), revision)
    found = hub.pull(
        ref,
        token=None if token is True else token,
        cache_dir=None if cache_dir is None else validation.as_path(cache_dir, "cache_dir"),
        local_files_only=local_files_only,
        progress=progress,
    )
    return _with_source(checkpoint.load(found), hub.source_of(ref, found))


def _with_revision(model: str, revision: str | None) -> str:
    if revision is None:
        return model
    if "@" in model:
        raise UserError(
            "{model} names a revision: leave out revision = {revision}.",
            model=short_repr(model),
            revision=short_repr(revision, 40),
            field="revision",
        )
    return f"{model}@{validation.as_text(revision, 'revision')}"


def push_to_hub(
    model: Checkpoint | str | Path,
    repo: str,
    *,
    private: bool = False,
    token: str | Literal[True] | None = None,
    license: str | None = None,
    licence: str | None = None,
    space: str | None = None,
    line_hashes: bool = False,
    progress: Progress | None = None,
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
        token: A token that may write; by default, or with True, that of the user who is logged in.
        license: The model's license, such as `mit`.
        licence: The same, under the name that it had in charrnn 0.1.
        space: The `owner/name` of a Space with this app, for the card to link to.
        line_hashes: Whether to push the hashes of the lines that the model was trained on, by which
            others see which of its lines are new. Names can be guessed from hashes.
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
                space=space, line_hashes=line_hashes, progress=progress,
            )  # fmt: skip
    _check_name(model, "model")
    return hub.push(
        local(model), repo, private=private, token=None if token is True else token,
        license=license or licence, space=space, line_hashes=line_hashes, progress=progress,
    )  # fmt: skip
