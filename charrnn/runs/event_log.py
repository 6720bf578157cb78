"""events.jsonl: what happened in a run, one JSON object a line, only ever appended to.

Anybody may read at any time; only who holds the run's lock writes (`charrnn.runs.run`). What cannot
be read as events raises DamagedRunUserError (`charrnn.utils.regular_files`), whoever reads it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from ..errors import Message
from ..training import Event, stored_event
from ..utils.regular_files import damaged, json_object, opened

MOST_EVENTS = 16 << 20  # bytes of events.jsonl that are read; a run writes less

_FULL = MOST_EVENTS - (1 << 20)  # bytes from which a run should end: its last events take some

_DURABLE = ("start", "checkpoint", "end")  # and all before them: they outlive a power cut
_BLOCK = 4096  # bytes: more than most events take
_APPENDED = os.O_RDWR | os.O_CREAT | os.O_APPEND


class Journal:
    """The events of a run. A place in it is a byte offset at which a line begins."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def full(self) -> bool:
        """Whether a run should end, since all of its events could not be read any more."""
        try:
            return self.path.lstat().st_size > _FULL
        except FileNotFoundError:
            return False

    def read(self, offset: int = 0) -> tuple[list[Event], int]:
        """Return the events from an offset on, and the offset to go on from."""
        try:
            with opened(self.path) as file:
                self._check_size(file.seek(0, os.SEEK_END) - offset)
                file.seek(offset)
                data = file.read()
        except FileNotFoundError:
            return [], offset
        whole = data[: data.rfind(b"\n") + 1]
        return [self._event(line) for line in whole.splitlines()], offset + len(whole)

    def latest(self, *names: str) -> Event | None:
        """Return the latest event of one of these names."""
        events, _ = self.read()
        return next((event for event in reversed(events) if event["event"] in names), None)

    def last(self, offset: int, name: str) -> Event | None:
        """Return the last event of all, if it has that name and was written at `offset` or later.

        However long the journal is, only its end is read.
        """
        try:
            with opened(self.path) as file:
                size, block = file.seek(0, os.SEEK_END), _BLOCK
                while True:
                    start = max(offset, size - block)
                    file.seek(start)
                    data = file.read(max(0, size - start))
                    stop = data.rfind(b"\n")
                    before = data.rfind(b"\n", 0, max(0, stop))
                    if before >= 0 or start == offset:
                        break
                    block *= 8
                    self._check_size(min(block, size))
        except FileNotFoundError:
            return None
        if stop < 0:
            return None
        event = self._event(data[before + 1 : stop])
        return event if event["event"] == name else None

    def append(self, event: Event) -> None:
        """Write an event: the whole of it, or on a full disk nothing."""
        line = (json.dumps(event, ensure_ascii=False, allow_nan=False) + "\n").encode()
        self.mend()
        with opened(self.path, _APPENDED) as file:
            before = file.seek(0, os.SEEK_END)
            try:
                while line:
                    line = line[file.write(line) :]
                if event["event"] in _DURABLE:
                    os.fsync(file.fileno())
            except BaseException:
                file.truncate(before)
                raise

    def mend(self) -> int:
        """Cut off a last line that was never finished; return the place where the next begins."""
        try:
            with opened(self.path, os.O_RDWR) as file:
                size = file.seek(0, os.SEEK_END)
                if size == 0:
                    return 0
                file.seek(size - 1)
                if file.read(1) == b"\n":
                    return size
                self._check_size(size)
                file.seek(0)
                return file.truncate(file.read().rfind(b"\n") + 1)
        except FileNotFoundError:
            return 0

    def _event(self, line: bytes) -> Event:
        try:
            return stored_event(json_object(line, self.path.name))
        except ValueError:
            raise damaged(Message("{path} is damaged", path=self.path.name)) from None

    def _check_size(self, size: int) -> None:
        if size > MOST_EVENTS:
            raise damaged(
                Message(
                    "{what} is larger than {size} MB",
                    what=self.path.name,
                    size=MOST_EVENTS >> 20,
                )
            )
