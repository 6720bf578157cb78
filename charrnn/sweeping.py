"""Old runs are removed, unless they are starred, and old uploads.

Safe beside other apps that share the directory, and beside somebody who writes with a model: it is
taken out under another name in one step and only then deleted; what has its files open keeps them.
A run is removed by whoever holds its lock.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from .admission import check_star
from .limits import Limits
from .locks import hold
from .runs import Run

logger = logging.getLogger(__name__)

UPLOADS = ".uploads"  # under the root of the runs, beside them: see charrnn.uploads

_STARRED = "starred"
_GONE = ".gone-"


def sweep(root: Path, keep_hours: float) -> None:
    """Remove each run under `root` in which nothing has happened for so many hours: none that
    trains or waits, and none that is starred. Likewise the checkpoints that visitors brought."""
    for upload in (root / UPLOADS).glob("*"):
        if _age(upload) > keep_hours * 3600:
            take_out(root, upload)
    for left in root.glob(f"{_GONE}*"):  # by somebody who was killed while deleting
        shutil.rmtree(left, ignore_errors=True)
    for half in root.glob("[!.]*/"):  # of a run that was never made, or of one that is gone
        if not (half / "run.json").exists() and _age(half) > keep_hours * 3600:
            shutil.rmtree(half, ignore_errors=True)
    for run in runs_in(root):
        try:
            if not run.live and _old(run, keep_hours):
                _remove(run, keep_hours)
        except (OSError, ValueError):  # one that cannot be read or removed is no reason
            logger.exception("run %s… could not be removed", run.id[:4])


def runs_in(root: Path) -> Iterator[Run]:
    """All runs under `root`."""
    return (Run(request.parent) for request in root.glob("[!.]*/run.json"))


def star(root: Path, run: Run, on: bool, limits: Limits) -> None:
    """Keep a run beyond its time, or not any longer. UserError if too much is kept already."""
    if not on:
        (run.directory / _STARRED).unlink(missing_ok=True)
    elif not is_starred(run):
        check_star([mark.parent for mark in root.glob(f"[!.]*/{_STARRED}")], limits)
        (run.directory / _STARRED).touch()


def is_starred(run: Run) -> bool:
    """Whether a run is kept beyond its time."""
    return (run.directory / _STARRED).exists()


def take_out(root: Path, directory: Path) -> None:
    """Remove a directory under `root`, of which nobody finds half; nothing if it has just gone."""
    gone = root / f"{_GONE}{directory.name}"
    with suppress(FileNotFoundError):
        directory.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def _old(run: Run, keep_hours: float) -> bool:
    if is_starred(run):
        return False
    return min(_age(run.journal.path), _age(run.directory / "run.json")) > keep_hours * 3600


def _age(path: Path) -> float:
    """Seconds since the file was changed; endless if there is none."""
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")


def _remove(run: Run, keep_hours: float) -> None:
    lock = hold(run.directory / "worker.lock", timeout=0)
    if lock is None:  # somebody is at work
        return
    gone = run.directory.with_name(f"{_GONE}{run.id}")
    with lock:
        # Looked at again, now that nobody can begin: it may have been asked for, or starred.
        if run._standing(worker=False) or not _old(run, keep_hours):
            return
        run.directory.rename(gone)
    shutil.rmtree(gone)
