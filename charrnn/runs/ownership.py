"""Turns: each time that a run is to be trained, the place in its events that the turn began at.

A turn is a small file, written before anything else happens. It is over once an `end` has been
written past that place, so nothing has to be removed at the right moment: whatever dies, and
whenever, the files still say whether an `end` is missing, and which app should see to it.
"""

from __future__ import annotations

import json
import re
import secrets
import signal
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from ..errors import Message
from ..utils import regular_files
from ..utils.atomic import atomic_write
from ..utils.file_locks import is_locked, try_lock
from ..utils.regular_files import damaged, parse_json_object
from ..utils.schema import Schema, check_fields, optional, read_count

QUEUED, STARTED, UNREPORTED = "wish.run", "begun", "untold"
_CHECK_SECONDS = 0.5  # seconds between a worker's looks at whether its app is there
_MAX_BYTES = 4096  # bytes of a turn
_NAME = re.compile(r"[\w.-][\w .-]{0,99}")


def _app(value: object) -> str:
    """Read the name of a lock file: it must not lead to another directory."""
    if isinstance(value, str) and _NAME.fullmatch(value) and value not in (".", ".."):
        return value
    raise ValueError("not the name of an app")


_SCHEMA: Schema = {"since": (read_count, 0), "app": (optional(_app), None)}


@dataclass(frozen=True)
class Attempt:
    """`since`: where in events.jsonl it begins. `app`: the lock file, in the directory of the
    runs, of the app that sees to it; None for a turn in the foreground."""

    since: int = 0
    app: str | None = None

    def write(self, path: Path) -> None:
        """Put it down, in the place of an earlier one."""
        atomic_write(path, json.dumps(asdict(self)).encode(), durable=False)

    @classmethod
    def read(cls, path: Path) -> Attempt | None:
        """Return the turn in that file; None if there is none.

        Raises DamagedRunUserError for a file that holds something else.
        """
        data = regular_files.read_regular(path, _MAX_BYTES)
        if not data:  # earlier versions left it empty
            return None if data is None else cls()
        try:
            known = check_fields(_SCHEMA, parse_json_object(data, path.name))
        except ValueError:
            raise damaged(Message("{path} is damaged", path=path.name)) from None
        return cls(**{name: known[name] for name in _SCHEMA})

    @classmethod
    def latest(cls, run: Path) -> tuple[str, Attempt] | None:
        """Return the run's latest turn and how far it is, by the name of its file.

        Raises DamagedRunUserError as `read_regular` does.
        """
        # In the order in which a turn passes through them, so that none is missed on its way.
        attempts = [
            (name, attempt)
            for name in (QUEUED, STARTED, UNREPORTED)
            if (attempt := cls.read(run / name))
        ]
        return max(attempts, key=lambda named: named[1].since, default=None)


class AppLock:
    """That an app is there: a lock that it holds for as long as it lives, named in its turns."""

    def __init__(self, root: Path) -> None:
        self._path = root / f".app-{secrets.token_hex(8)}"
        self._lock = try_lock(self._path, timeout=5)
        for other in root.glob(".app-*"):
            with suppress(OSError):  # no lock file at all: not an app's
                if lock := try_lock(other, timeout=0):  # its app died
                    with lock:
                        other.unlink(missing_ok=True)

    def renew(self) -> None:
        """Take the lock anew where its file was removed, with the directory of the runs or alone.

        Raises OSError if it cannot be made.
        """
        if not self._path.exists():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if self._lock is not None:
                self._lock.close()
            self._lock = try_lock(self._path, timeout=5)

    @property
    def name(self) -> str:
        """What the app's turns call it."""
        return self._path.name

    def end(self) -> None:
        """Be gone."""
        if self._lock is not None:
            self._path.unlink(missing_ok=True)
            self._lock.close()


class OrphanDetector:
    """Whether a worker should end by itself: its app is gone, or it was sent SIGTERM.

    It is not handed on to the next app, which may be of another version, on another machine, or
    never come: a run goes on bit for bit from where it was saved, so ending in time loses nothing.
    Make it in the worker's main thread, where it handles SIGTERM; one that is to `ignore_sigterm`
    may be made in any.
    """

    def __init__(self, app: Path, *, ignore_sigterm: bool = False) -> None:
        """`app` is the lock file that the app holds as long as it lives."""
        self._app, self._must_end, self._next_check = app, False, 0.0
        if not ignore_sigterm:
            signal.signal(signal.SIGTERM, self._terminate)

    def __call__(self) -> bool:
        """The answer, which costs next to nothing between two looks."""
        now = time.monotonic()
        if not self._must_end and now >= self._next_check:
            self._next_check = now + _CHECK_SECONDS
            self._must_end = not is_locked(self._app)
        return self._must_end

    def _terminate(self, *_: object) -> None:
        self._must_end = True
