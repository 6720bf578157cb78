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
from ..utils.atomic import write
from ..utils.file_locks import held, hold
from ..utils.regular_files import damaged, json_object
from ..utils.schema import Schema, checked, optional, whole

WAITING, BEGUN, UNTOLD = "wish.run", "begun", "untold"
_LOOK = 0.5  # seconds between a worker's looks at whether its app is there
_MOST = 4096  # bytes of a turn
_NAME = re.compile(r"[\w.-][\w .-]{0,99}")


def _app(value: object) -> str:
    """Read the name of a lock file: it must not lead to another directory."""
    if isinstance(value, str) and _NAME.fullmatch(value) and value not in (".", ".."):
        return value
    raise ValueError("not the name of an app")


_SCHEMA: Schema = {"since": (whole, 0), "app": (optional(_app), None)}


@dataclass(frozen=True)
class Turn:
    """`since`: where in events.jsonl it begins. `app`: the lock file, in the directory of the
    runs, of the app that sees to it; None for a turn in the foreground."""

    since: int = 0
    app: str | None = None

    def write(self, path: Path) -> None:
        """Put it down, in the place of an earlier one."""
        write(path, json.dumps(asdict(self)).encode(), durable=False)

    @classmethod
    def read(cls, path: Path) -> Turn | None:
        """Return the turn in that file; None if there is none.

        Raises DamagedRunUserError for a file that holds something else.
        """
        data = regular_files.read(path, _MOST)
        if not data:  # earlier versions left it empty
            return None if data is None else cls()
        try:
            known = checked(_SCHEMA, json_object(data, path.name))
        except ValueError:
            raise damaged(Message("{path} is damaged", path=path.name)) from None
        return cls(**{name: known[name] for name in _SCHEMA})

    @classmethod
    def latest(cls, run: Path) -> tuple[str, Turn] | None:
        """Return the run's latest turn and how far it is, by the name of its file.

        Raises DamagedRunUserError as `read` does.
        """
        # In the order in which a turn passes through them, so that none is missed on its way.
        turns = [
            (name, turn) for name in (WAITING, BEGUN, UNTOLD) if (turn := cls.read(run / name))
        ]
        return max(turns, key=lambda named: named[1].since, default=None)


class Presence:
    """That an app is there: a lock that it holds for as long as it lives, named in its turns."""

    def __init__(self, root: Path) -> None:
        self._path = root / f".app-{secrets.token_hex(8)}"
        self._lock = hold(self._path, timeout=5)
        for other in root.glob(".app-*"):
            with suppress(OSError):  # no lock file at all: not an app's
                if lock := hold(other, timeout=0):  # its app died
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
            self._lock = hold(self._path, timeout=5)

    @property
    def name(self) -> str:
        """What the app's turns call it."""
        return self._path.name

    def end(self) -> None:
        """Be gone."""
        if self._lock is not None:
            self._path.unlink(missing_ok=True)
            self._lock.close()


class Orphanage:
    """Whether a worker should end by itself: its app is gone, or it was sent SIGTERM.

    It is not handed on to the next app, which may be of another version, on another machine, or
    never come: a run goes on bit for bit from where it was saved, so ending in time loses nothing.
    To be made in the worker's main thread, which hears SIGTERM from then on; one that is `deaf` to
    that may be made in any.
    """

    def __init__(self, app: Path, *, deaf: bool = False) -> None:
        """`app` is the lock file that the app holds as long as it lives."""
        self._app, self._gone, self._next = app, False, 0.0
        if not deaf:
            signal.signal(signal.SIGTERM, self._terminate)

    def __call__(self) -> bool:
        """The answer, which costs next to nothing between two looks."""
        now = time.monotonic()
        if not self._gone and now >= self._next:
            self._next = now + _LOOK
            self._gone = not held(self._app)
        return self._gone

    def _terminate(self, *_: object) -> None:
        self._gone = True
