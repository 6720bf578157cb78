"""Attempt files: which app is responsible for a run, and whether an `end` event is missing.

An attempt is a small JSON file holding the event-log offset at which it started. It is finished
once an `end` event exists beyond that offset, so a crash at any moment leaves a consistent state:
the files still say whether an `end` event is missing, and which app must write it. Attempts under
the file names of version 0.1 are read, too; `rename_old_files` gives them their new names.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from ..errors import Message
from ..utils import regular_files
from ..utils.atomic import atomic_write
from ..utils.regular_files import damaged, parse_json_object
from ..utils.schema import Schema, check_fields, optional, read_count

QUEUED, STARTED, UNREPORTED = "attempt.queued", "attempt.started", "attempt.unreported"
_OLD_NAMES = {QUEUED: "wish.run", STARTED: "begun", UNREPORTED: "untold"}  # of version 0.1
_MAX_BYTES = 4096  # of an attempt file
_NAME = re.compile(r"[\w.-][\w .-]{0,99}")


def _app(value: object) -> str:
    """Read the name of a lock file, which must not lead to another directory."""
    if isinstance(value, str) and _NAME.fullmatch(value) and value not in (".", ".."):
        return value
    raise ValueError("not the name of an app")


_SCHEMA: Schema = {"since": (read_count, 0), "app": (optional(_app), None)}


@dataclass(frozen=True)
class Attempt:
    """One attempt to train a run.

    `since` is the offset in events.jsonl at which it started. `app` is the name of the lock file of
    the app that is responsible for it, beside the runs; None if it trains in the foreground.
    """

    since: int = 0
    app: str | None = None

    def write(self, path: Path) -> None:
        """Write the attempt to a file, replacing an earlier one."""
        atomic_write(path, json.dumps(asdict(self)).encode(), durable=False)

    @classmethod
    def read(cls, path: Path) -> Attempt | None:
        """Return the attempt in a file; None if there is no file.

        Raises DamagedRunUserError if the file holds something else.
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
        """Return the run's latest attempt and its stage; None if it was never queued or started.

        Raises DamagedRunUserError as `read` does.
        """
        # In the order of its renames, so that an attempt that is renamed meanwhile is not missed.
        attempts = [
            (name, attempt)
            for name, old_name in _OLD_NAMES.items()
            for file in (name, old_name)
            if (attempt := cls.read(run / file))
        ]
        return max(attempts, key=lambda named: named[1].since, default=None)


def rename_old_files(run: Path) -> None:
    """Give the attempt files of version 0.1 their new names. Called with the run's lock held."""
    for name, old_name in _OLD_NAMES.items():
        with suppress(FileNotFoundError):
            (run / old_name).replace(run / name)
