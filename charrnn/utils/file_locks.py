"""Locks that end with the process that holds them, and a look at one that does not take it.

`try_lock` takes a lock; `is_locked` says whether a process holds it, without taking it. If a look
took the lock, two processes that look at a run at the same time would each think that the other
trains it.
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

_PROBE_LOCK = threading.Lock()
_MAX_PROBES = 4


def try_lock(path: Path, *, timeout: float) -> ExitStack | None:
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


def is_locked(path: Path) -> bool:
    """Whether anybody holds the lock on `path`, this process included."""
    if fcntl is None:
        return _is_locked_by_trying(path)
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
        return _is_locked_by_trying(path)
    finally:
        os.close(file)
    return False


def _is_locked_by_trying(path: Path) -> bool:
    """Where no lock can be shared: who looks has it for a moment, who works keeps it.

    In this process one looks at a time; another that looks is gone at one of the next tries.
    """
    with _PROBE_LOCK:
        for _ in range(_MAX_PROBES):
            lock = try_lock(path, timeout=0)
            if lock is not None:
                lock.close()
                return False
            time.sleep(0.002)
    return True
