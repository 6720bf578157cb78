"""The lock by which an app shows that it is alive, and detection of workers whose app is gone."""

from __future__ import annotations

import secrets
import signal
import time
from contextlib import suppress
from pathlib import Path

from ..utils.file_locks import is_locked, try_lock

_CHECK_SECONDS = 0.5  # between a worker's checks whether its app is alive


class AppLock:
    """Liveness lock held by the app process; attempts refer to it by file name."""

    def __init__(self, root: Path) -> None:
        self._path = root / f".app-{secrets.token_hex(8)}"
        self._lock = try_lock(self._path, timeout=5)
        for other in root.glob(".app-*"):
            with suppress(OSError):  # it is not a lock file
                if lock := try_lock(other, timeout=0):  # its app died
                    with lock:
                        other.unlink(missing_ok=True)

    def renew(self) -> None:
        """Take the lock again if its file was removed, with the directory of runs or alone.

        Raises OSError if the file cannot be created.
        """
        if not self._path.exists():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if self._lock is not None:
                self._lock.close()
            self._lock = try_lock(self._path, timeout=5)

    @property
    def name(self) -> str:
        """The file name by which attempts refer to this app."""
        return self._path.name

    def end(self) -> None:
        """Release the lock and remove its file."""
        if self._lock is not None:
            self._path.unlink(missing_ok=True)
            self._lock.close()


class OrphanDetector:
    """Callable that returns True once the parent app's lock is free or SIGTERM was received.

    A worker whose app is gone ends instead of waiting for the next app, which may be of another
    version, on another machine, or never come. It resumes bit for bit from where it was saved, so
    nothing is lost.

    Create it in the main thread of the worker, where it handles SIGTERM; with `ignore_sigterm` it
    can be created in any thread.
    """

    def __init__(self, app: Path, *, ignore_sigterm: bool = False) -> None:
        """`app` is the lock file that the app holds as long as it lives."""
        self._app, self._must_end, self._next_check = app, False, 0.0
        if not ignore_sigterm:
            signal.signal(signal.SIGTERM, self._terminate)

    def __call__(self) -> bool:
        """Return whether the worker must end. The lock is probed at most twice a second."""
        now = time.monotonic()
        if not self._must_end and now >= self._next_check:
            self._next_check = now + _CHECK_SECONDS
            self._must_end = not is_locked(self._app)
        return self._must_end

    def _terminate(self, *_: object) -> None:
        self._must_end = True
