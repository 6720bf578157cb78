"""Delete expired runs and uploads, and runs that their owners delete. Starred runs never expire.

This is safe beside other apps that share the directory, and beside a reader of a model: a directory
is renamed in one step and only then deleted, and open files stay readable. Only the holder of a
run's lock deletes it. A damaged run is deleted like any other.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from ..utils.atomic import atomic_rmtree, atomic_write, remove_deleted
from ..utils.file_locks import try_lock
from ..utils.regular_files import DamagedRunUserError, is_directory, remove
from .admission import check_star
from .limits import Limits
from .run import Run
from .run_directory import still_going_on

logger = logging.getLogger(__name__)

UPLOADS_FOLDER = ".uploads"  # under the root of the runs (charrnn.runs.uploads)

_STAR_FILE = "starred"
_INTERVAL_SECONDS = 600.0
_CREATION_SECONDS = 600.0  # age below which a run without run.json may be being created


class RetentionTask:
    """Deletes what has expired, every few minutes: under the directory of runs, and elsewhere.

    Each of `extra_tasks` is called with the hours that things are kept.
    """

    def __init__(self, root: Path, keep_hours: float | None) -> None:
        self._root, self._keep_hours = root, keep_hours
        self.extra_tasks: list[Callable[[float], None]] = []
        self._next = 0.0

    def run_if_due(self) -> None:
        """Delete what has expired, unless that was done minutes ago or nothing expires."""
        if self._keep_hours is None or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _INTERVAL_SECONDS
        tasks: list[Callable[[float], None]] = [
            partial(delete_expired, self._root),
            *self.extra_tasks,
        ]
        for task in tasks:
            try:
                task(self._keep_hours)
            except Exception:  # the calling thread also monitors the workers
                logger.exception("expired files could not be deleted")


def delete_expired(root: Path, keep_hours: float) -> None:
    """Delete runs and uploads under `root` that have not changed for `keep_hours`.

    Starred runs and active runs stay. A run that cannot be deleted is logged and skipped.
    """
    for directory in (root, root / UPLOADS_FOLDER):
        remove_deleted(directory)
    for upload in (root / UPLOADS_FOLDER).glob("*"):
        if _age_seconds(upload) > keep_hours * 3600:
            atomic_rmtree(upload)
    for place in root.glob("[!.]*"):
        if is_directory(place) and os.path.lexists(place / "run.json"):
            run = Run(place)
            _delete_if_idle(run, lambda run=run: _is_expired(run, keep_hours))  # type: ignore[misc]
        # Half of a run, a link, or a file:
        elif _age_seconds(place) > max(keep_hours * 3600, _CREATION_SECONDS):
            atomic_rmtree(place)


def all_runs(root: Path) -> Iterator[Run]:
    """Return all runs under `root`, damaged ones included."""
    places = sorted(root.glob("[!.]*"))
    return (Run(p) for p in places if is_directory(p) and os.path.lexists(p / "run.json"))


def delete(run: Run) -> None:
    """Delete a run for good, starred or not. Raises UserError if it is active."""
    if not _delete_if_idle(run, lambda: True) and run.directory.exists():
        raise still_going_on()


def star(root: Path, run: Run, on: bool, limits: Limits) -> None:
    """Star a run, or remove its star. Raises UserError if starred runs take too much room."""
    if not on:
        remove(run.directory / _STAR_FILE)
    elif not is_starred(run):
        check_star([mark.parent for mark in root.glob(f"[!.]*/{_STAR_FILE}")], limits)
        atomic_write(run.directory / _STAR_FILE, b"", durable=False)


def is_starred(run: Run) -> bool:
    """Return whether a run is starred."""
    return os.path.lexists(run.directory / _STAR_FILE)


def _is_expired(run: Run, keep_hours: float) -> bool:
    if is_starred(run):
        return False
    return (
        min(_age_seconds(run.event_log.path), _age_seconds(run.directory / "run.json"))
        > keep_hours * 3600
    )


def _age_seconds(path: Path) -> float:
    """Return the seconds since a file, or a link itself, was changed; inf if there is none."""
    try:
        return time.time() - path.lstat().st_mtime
    except FileNotFoundError:
        return float("inf")


def _delete_if_idle(run: Run, wanted: Callable[[], bool]) -> bool:
    """Delete a run that is not active, if it is `wanted`; return whether it was deleted.

    Both are checked again once the lock is held: the run may have been resumed or starred.
    """
    if not wanted() or _is_active(run):
        return False
    lock = _try_lock(run)
    if lock is None:  # a process trains it
        return False
    with lock:
        if _has_work(run) or not wanted():
            return False
        if os.name == "nt":  # a directory with an open file cannot be renamed there
            lock.close()
        atomic_rmtree(run.directory)
    return True


def _is_active(run: Run) -> bool:
    try:
        return run.is_active
    except DamagedRunUserError:
        return False


def _has_work(run: Run) -> bool:
    """Return whether a worker will start, or has started and does not hold the lock yet."""
    try:
        return run._active_state(worker=False) is not None
    except DamagedRunUserError:  # no worker would start it
        return False


def _try_lock(run: Run) -> ExitStack | None:
    """Take the run's lock; return None if another process holds it."""
    try:
        return try_lock(run.directory / "worker.lock", timeout=0)
    except OSError:  # it is not a regular file, so no process holds it
        return ExitStack()
