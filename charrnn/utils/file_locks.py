"""File locks that are released when their process ends, and a test that does not take the lock.

`try_lock` takes a lock. `is_locked` tests whether a process holds it, without taking it: if the
test took the lock, two processes that test at the same time would each see the other as its holder.
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
    """Take the lock on `path`; return None if another process holds it for `timeout` seconds.

    The lock is released by `close`, at the end of a `with` block, or when the process ends.
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
    """Return whether any process, this one included, holds the lock on `path`."""
    if fcntl is None:
        return _is_locked_by_trying(path)
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a pipe would wait
    except FileNotFoundError:
        return False
    try:
        # A shared lock is refused while a process holds the lock, but not by other tests.
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
    """Test a lock by taking it for a moment, on systems without shared locks.

    In this process only one thread tests at a time. Other processes that test release the lock at
    once, so that one of the next tries succeeds; a holder keeps it.
    """
    with _PROBE_LOCK:
        for _ in range(_MAX_PROBES):
            lock = try_lock(path, timeout=0)
            if lock is not None:
                lock.close()
                return False
            time.sleep(0.002)
    return True
