"""A model from the Hub: asked about, measured, fetched and proved, in this order."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from .. import checkpoint
from ..checkpoint import WEIGHTS
from ..checkpoint.files import MOST
from ..errors import UserError
from . import cache, client
from .cache import Place
from .client import Cancelled, Job, Progress, Token
from .errors import AwayUserError, gated, understood
from .names import Ref
from .transfer import Remote, fetch

if TYPE_CHECKING:
    from huggingface_hub import ModelInfo

DEADLINE = 120.0  # seconds for all of it


def pull(
    ref: str,
    *,
    token: Token = None,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
    deadline: float = DEADLINE,
    own: Path | None = None,
) -> Path:
    """A directory on this machine with the model `owner/name[@revision]`, a sound checkpoint. It is
    the cache's: read it, copy it, but do not change it.

    `token` is whose eyes the Hub sees: a visitor's token; False for nobody, which opens what is
    public; None for whoever is logged in on this machine, which is never a visitor of a Space. The
    Hub is asked each time whether they may; if it is out of reach, a public model that is here
    already is given.

    A private or gated model goes to `own`, a directory that the caller keeps apart for this person
    and removes, and which holds 256 MB at most; without one, to a directory that ends with the
    process (to the cache of whoever is logged in, where `token` is None).

    `progress` is told the bytes so far and their sum; `deadline` is in seconds. Raises UserError
    for all that goes wrong, and where `cancelled` says so: what has come by then is used next time.
    """
    wanted = Ref.parse(ref)
    try:
        return client.run(
            lambda job: _pull(job, wanted, token, own),
            seconds=deadline,
            repo=str(wanted),
            progress=progress,
            cancelled=cancelled,
        )
    except AwayUserError:
        kept = _kept(wanted, token)
        if kept is None:
            raise
        return kept


def _kept(ref: Ref, token: Token) -> Path | None:
    """The model as it is on this machine, if whoever asks may have it without asking the Hub."""
    places = [cache.public(), *([cache.apart(None, None)] if token is None else [])]
    for place in places:
        found = Place(place, ref.repo).noted(ref)
        if found is not None and _sound(found):
            return found
    return None


def _pull(job: Job, ref: Ref, token: Token, own: Path | None) -> Path:
    with understood():
        info = _info(job, ref, token)
        commit, files = str(info.sha), _files(info, ref)
        if not cache.COMMIT.fullmatch(commit):
            raise ValueError("not a commit")
    open_to_all = _open_to_all(info)
    if token is False and not open_to_all:  # before there is a place for it
        raise gated(ref.repo)
    root = cache.public() if open_to_all else cache.apart(token, own)
    place = Place(root, ref.repo)
    job.total = sum(file.size for file in files)
    try:
        with place.lock(job):
            model = place.of(commit)
            if not model.is_dir() or not _sound(model):
                _gather(job, ref.repo, commit, files, token, place)
            cache.touch(model)
            place.note(ref, commit)
    finally:  # what broke off takes room, too
        cache.tidy(root, *((cache.OWN_ROOM, 0.0) if root == own else (cache.ROOM, cache.RECENT)))
    job.done = job.total
    return model


def _info(job: Job, ref: Ref, token: Token) -> ModelInfo:
    """What the Hub says of the model to whoever asks."""
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        info = client.api(token).model_info(
            ref.repo,
            revision=ref.revision,
            files_metadata=True,
            timeout=min(client.SILENCE, job.seconds),
        )
    except RepositoryNotFoundError:
        cache.forget(ref.repo)
        raise
    if not _open_to_all(info):
        cache.forget(ref.repo)
    return info


def _open_to_all(info: ModelInfo) -> bool:
    return info.private is False and not info.gated


def _files(info: ModelInfo, ref: Ref) -> list[Remote]:
    """The files of the repository that are a checkpoint's, the weights last.

    Raises UserError if there are no weights, or if one is larger than it may be.
    """
    found = []
    for name, most in MOST.items():
        for there in info.siblings or []:
            if there.rfilename != name:
                continue
            file = Remote.of(there)
            size = file.size if file.size >= 0 else most + 1
            if size > most:
                raise UserError(
                    "{model} has a {file} of {size:,.1f} MB, and {most} MB are "
                    "allowed: it is not opened.",
                    model=ref.repo,
                    file=name,
                    size=size / 2**20,
                    most=most >> 20,
                    field="model",
                )
            found.append(file)
    if WEIGHTS not in (file.name for file in found):
        raise UserError(
            "{model} holds no charrnn model: it has no {file}.",
            model=ref.repo,
            file=WEIGHTS,
            field="model",
        )
    return sorted(found, key=lambda file: file.size)


def _gather(
    job: Job, repo: str, commit: str, files: list[Remote], token: Token, place: Place
) -> None:
    """Fetch the files into the place's part, prove them, and put them where they belong."""
    part, model = place.part(commit), place.of(commit)
    for old in place.directory.glob(".*.part"):
        if old != part:
            shutil.rmtree(old)
    part.mkdir(exist_ok=True)
    for file in files:
        fetch(job, repo, commit, file, token, part / file.name)
    try:
        checkpoint.load(part)
    except UserError:
        shutil.rmtree(part)
        raise
    if model.exists():  # damaged since
        shutil.rmtree(model)
    part.rename(model)


def _sound(model: Path) -> bool:
    try:
        checkpoint.load(model)
    except UserError:
        return False
    return True
