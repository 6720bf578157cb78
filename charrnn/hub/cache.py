"""Where models from the Hub are kept: the public ones for all, the others apart.

    <cache>/hub/<owner>--<name>/<commit>/      a whole, sound checkpoint
                                refs/<branch>  the commit that a name stood for last
                                .<commit>.part a transfer that broke off, which goes on later

What a token opened lies somewhere else: with who is logged in on this machine, or in a directory
that the caller gives and removes, or in one that goes with the process. So nobody ever finds in
the common cache what the Hub would not show to everybody.
"""

from __future__ import annotations

import logging
import os
import re
import secrets
import shutil
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import quote

from ..text.datasets.download import cache_directory
from ..utils.atomic import write
from ..utils.file_locks import hold
from ..utils.temporary import temporary_directory
from .client import Job, Token
from .names import Ref

logger = logging.getLogger(__name__)

ROOM = 2 << 30  # bytes of the public cache
OWN_ROOM = 256 << 20  # bytes of what one visitor alone may see
COMMIT = re.compile("[0-9a-f]{40}")
RECENT = 3600.0  # seconds after its last use in which a model of the public cache stays


def public() -> Path:
    """The cache of what everybody may see."""
    return cache_directory() / "hub"


def apart(token: Token, own: Path | None) -> Path:
    """Where a private or gated model goes; `own` is a directory of the caller's choosing."""
    if own is not None:
        return own
    if token is None:
        return cache_directory() / "hub-private"
    return temporary_directory("hub")


class Place:
    """The directory of one repository under a cache."""

    def __init__(self, cache: Path, repo: str) -> None:
        self.directory = cache / repo.replace("/", "--")  # which no name holds

    def of(self, commit: str) -> Path:
        """Where the model of that commit lies, or will."""
        return self.directory / commit

    def part(self, commit: str) -> Path:
        """Where it gathers."""
        return self.directory / f".{commit}.part"

    def lock(self, job: Job) -> ExitStack:
        """The right to write here, waited for; made for nobody else's eyes."""
        self.directory.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.directory.mkdir(exist_ok=True, mode=0o700)
        while (lock := hold(self.directory / ".lock", timeout=0.2)) is None:
            job.check()
        return lock

    def note(self, ref: Ref, commit: str) -> None:
        """Remember what a branch, or a tag, stood for."""
        name = self._name(ref)
        name.parent.mkdir(exist_ok=True)
        write(name, commit.encode(), durable=False)

    def noted(self, ref: Ref) -> Path | None:
        """The model that is here under that name, however old."""
        try:
            commit = self._name(ref).read_text("ascii").strip()
        except (OSError, ValueError):
            commit = ref.revision or ""
        found = self.of(commit)
        return found if COMMIT.fullmatch(commit) and found.is_dir() else None

    def _name(self, ref: Ref) -> Path:
        return self.directory / "refs" / quote(ref.revision or "main", safe="")


def forget(repo: str) -> None:
    """Remove what the public cache has of a repository that not everybody may see any more."""
    directory = Place(public(), repo).directory
    if directory.is_dir():
        _remove(directory)


def touch(model: Path) -> None:
    """Note that a model was used now."""
    os.utime(model)


def tidy(cache: Path, room: int = ROOM, recent: float = RECENT) -> None:
    """Remove what was not used for longest until all takes no more than `room` bytes: transfers
    that broke off before whole models, and no model that was used `recent` seconds ago or later. A
    transfer that nobody took up for an hour goes in any case.

    What cannot be removed stays, and is logged: whoever asked for a model has it.
    """
    try:
        _tidy(cache, room, recent)
    except OSError as error:
        logger.warning("the models of the Hub could not be tidied: %s", error.strerror)


def _tidy(cache: Path, room: int, recent: float) -> None:
    for left in [*cache.glob(".*.gone"), *cache.glob("*--*/.*.gone")]:  # by who was killed at it
        shutil.rmtree(left, ignore_errors=True)
    parts = [use for path in cache.glob("*--*/.*.part") if (use := _use(path))]
    models = [
        use for path in cache.glob("*--*/*") if COMMIT.fullmatch(path.name) and (use := _use(path))
    ]
    now, over = time.time(), sum(size for _, size, _ in parts + models) - room
    for used, size, part in sorted(parts):
        if over <= 0 and now - used < RECENT:
            break
        if lock := hold(part.parent / ".lock", timeout=0):  # nobody gathers it at this moment
            with lock:
                _remove(part)
            over -= size
    for used, size, model in sorted(models):
        if over <= 0 or now - used < recent:
            break
        _remove(model)
        over -= size


def _use(path: Path) -> tuple[float, int, Path] | None:
    """When a directory was used last, how many bytes it has, and which it is; None if it has just
    gone."""
    try:
        files = [file.stat() for file in path.iterdir()]
        used = path.stat().st_mtime
    except FileNotFoundError:  # another process tidies, too
        return None
    if path.suffix == ".part":
        used = max([used, *(file.st_mtime for file in files)])
    return used, sum(file.st_size for file in files), path


def _remove(directory: Path) -> None:
    """In one step: nobody opens half of it."""
    gone = directory.with_name(f".{directory.name}.{secrets.token_hex(4)}.gone")
    with suppress(FileNotFoundError):  # another process removes it, too
        directory.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)
