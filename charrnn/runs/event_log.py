"""EventLog: append-only events.jsonl, one JSON object per line.

Any process may read at any time; only the holder of the run's lock writes (`charrnn.runs.run`).
What cannot be read as events raises DamagedRunUserError (`charrnn.utils.regular_files`).
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from ..errors import Message
from ..training import Event, stored_event
from ..utils.regular_files import damaged, open_regular, parse_json_object

MAX_BYTES = 16 << 20  # of an events.jsonl that is read; a run writes less

_FULL_BYTES = MAX_BYTES - (1 << 20)  # from which a run must end, with room for its last events

_DURABLE_EVENTS = ("start", "checkpoint", "end")  # synced to disk, with all events before them
_BLOCK_BYTES = 4096  # more than most events have
_APPEND_FLAGS = os.O_RDWR | os.O_CREAT | os.O_APPEND


class EventLog:
    """The events of a run. Offsets are in bytes, at the beginning of a line."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def is_full(self) -> bool:
        """Whether the run must end because a longer log could not be read."""
        try:
            return self.path.lstat().st_size > _FULL_BYTES
        except FileNotFoundError:
            return False

    def read(self, offset: int = 0) -> tuple[list[Event], int]:
        """Return the events from an offset on, and the offset of the next event."""
        try:
            with open_regular(self.path) as file:
                self._check_size(file.seek(0, os.SEEK_END) - offset)
                file.seek(offset)
                data = file.read()
        except FileNotFoundError:
            return [], offset
        whole = data[: data.rfind(b"\n") + 1]
        return [self._event(line) for line in whole.splitlines()], offset + len(whole)

    def find_last(self, *names: str) -> Event | None:
        """Return the last event with one of these names; None if there is none."""
        events, _ = self.read()
        return next((event for event in reversed(events) if event["event"] in names), None)

    def last_if(self, name: str, *, since: int) -> Event | None:
        """Return the very last event if it has this name and is at `since` or later, else None.

        Only the end of the log is read, however long it is.
        """
        try:
            with open_regular(self.path) as file:
                size, block = file.seek(0, os.SEEK_END), _BLOCK_BYTES
                while True:
                    start = max(since, size - block)
                    file.seek(start)
                    data = file.read(max(0, size - start))
                    stop = data.rfind(b"\n")
                    before = data.rfind(b"\n", 0, max(0, stop))
                    if before >= 0 or start == since:
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
        """Append an event: all of it, or nothing if the disk is full."""
        line = (json.dumps(event, ensure_ascii=False, allow_nan=False) + "\n").encode()
        self.truncate_partial_line()
        with open_regular(self.path, _APPEND_FLAGS) as file:
            before = file.seek(0, os.SEEK_END)
            try:
                while line:
                    line = line[file.write(line) :]
                if event["event"] in _DURABLE_EVENTS:
                    os.fsync(file.fileno())
            except BaseException:
                file.truncate(before)
                raise

    def truncate_partial_line(self) -> int:
        """Remove an incomplete last line; return the offset of the next event."""
        try:
            with open_regular(self.path, os.O_RDWR) as file:
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
            return stored_event(parse_json_object(line, self.path.name))
        except ValueError:
            raise damaged(Message("{path} is damaged", path=self.path.name)) from None

    def _check_size(self, size: int) -> None:
        if size > MAX_BYTES:
            raise damaged(
                Message(
                    "{what} is larger than {size} MB",
                    what=self.path.name,
                    size=MAX_BYTES >> 20,
                )
            )
