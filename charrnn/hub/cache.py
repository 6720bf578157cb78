"""Where models from the Hub are kept: the public ones for all, the others apart.

    <cache>/hub/<owner>--<name>/<commit>/      a whole, sound checkpoint
                                refs/<branch>  the commit that a name stood for last
                                .<commit>.part a transfer that broke off, which goes on later

What a token opened lies somewhere else: with who is logged in on this machine, or in a directory
that the caller gives and removes, or in one that goes with the process. So nobody ever finds in
the common cache what the Hub would not show to everybody.
"""

from __future__ import annotations

import atexit
import os
import re
import secrets
import shutil
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import quote

from ..corpora.download import cache_directory
from ..files import write
from ..locks import hold
from .client import Job, Token
from .names import Ref

ROOM = 2 << 30  # bytes of the public cache
_COMMIT = re.compile("[0-9a-f]{40}")
_RECENT = 3600.0  # seconds after its last use in which a model is never removed


def public() -> Path:
    """The cache of what everybody may see."""
    return cache_directory() / "hub"


def apart(token: Token, own: Path | None) -> Path:
    """Where a private or gated model goes; `own` is a directory of the caller's choosing."""
    if own is not None:
        return own
    if token is None:
        return cache_directory() / "hub-private"
    return _passing()


def _passing() -> Path:
    directory = Path(tempfile.mkdtemp(prefix="charrnn-hub-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    return directory


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
        return found if _COMMIT.fullmatch(commit) and found.is_dir() else None

    def _name(self, ref: Ref) -> Path:
        return self.directory / "refs" / quote(ref.revision or "main", safe="")


def forget(repo: str) -> None:
    """Remove what the public cache has of a repository that not everybody may see any more."""
    directory = Place(public(), repo).directory
    if directory.is_dir():
        gone = directory.with_name(f".{directory.name}.{secrets.token_hex(4)}")
        with suppress(FileNotFoundError):  # another process forgets it, too
            directory.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)


def touch(model: Path) -> None:
    """Note that a model was used now."""
    os.utime(model)


def tidy(cache: Path, room: int = ROOM) -> None:
    """Remove the models that were not used for longest, until all take no more than `room`."""
    with suppress(FileNotFoundError):  # another process tidies, too
        models = [path for path in cache.glob("*--*/*") if _COMMIT.fullmatch(path.name)]
        sizes = {path: sum(f.stat().st_size for f in path.iterdir()) for path in models}
        used = {path: path.stat().st_mtime for path in models}
        over = sum(sizes.values()) - room
        for path in sorted(models, key=used.__getitem__):
            if over <= 0 or time.time() - used[path] < _RECENT:
                return
            gone = path.with_name(f".{path.name}.gone")
            path.rename(gone)  # in one step: nobody opens half of it
            shutil.rmtree(gone)
            over -= sizes[path]
