"""Locks that end with the process that holds them, and a look at one that does not take it.

`hold` takes a lock, `held` says whether another has it. Looking must not take: two who look at a
run at the same moment would otherwise see each other, and think that it is being trained.
"""

from __future__ import annotations

import errno
import os
import threading
import time
from contextlib import ExitStack
from pathlib import Path

from filelock import FileLock, Timeout

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_LOOKING = threading.Lock()
_TRIES = 4


def hold(path: Path, *, timeout: float) -> ExitStack | None:
    """The lock on `path`, taken, or None if another has it for `timeout` seconds.

    It is released by its `close`, at the end of a `with`, or by the end of the process.
    """
    lock = FileLock(path, thread_local=False)  # a generator may be closed in another thread
    try:
        lock.acquire(timeout=timeout, poll_interval=0.01)
    except Timeout:
        return None
    taken = ExitStack()
    taken.callback(lock.release)
    return taken


def held(path: Path) -> bool:
    """Whether anybody holds the lock on `path`, this process included."""
    if fcntl is None:
        return _held_by_trying(path)
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a pipe would wait
    except FileNotFoundError:
        return False
    try:
        # A shared lock is refused where somebody holds the lock, but not for others who look.
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES):
            return True
        if error.errno != errno.ENOSYS:
            raise
        return _held_by_trying(path)
    finally:
        os.close(file)
    return False


def _held_by_trying(path: Path) -> bool:
    """Where no lock can be shared: who looks has it for a moment, who works keeps it.

    In this process one looks at a time; another that looks is gone at one of the next tries.
    """
    with _LOOKING:
        for _ in range(_TRIES):
            lock = hold(path, timeout=0)
            if lock is not None:
                lock.close()
                return False
            time.sleep(0.002)
    return True
