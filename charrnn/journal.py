"""events.jsonl: what happened in a run, one JSON object a line, only ever appended to.

Anybody may read at any time; only who holds the run's lock writes (`charrnn.runs`).
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from .training import Event

_DURABLE = ("start", "checkpoint", "end")  # and all before them: they outlive a power cut
_BLOCK = 4096  # bytes: more than most events take


class Journal:
    """The events of a run. A place in it is a byte offset at which a line begins."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, offset: int = 0) -> tuple[list[Event], int]:
        """The events from an offset on, and the offset to go on from."""
        try:
            with self.path.open("rb") as file:
                file.seek(offset)
                data = file.read()
        except FileNotFoundError:
            return [], offset
        whole = data[: data.rfind(b"\n") + 1]
        return [json.loads(line) for line in whole.splitlines()], offset + len(whole)

    def latest(self, *names: str) -> Event | None:
        """The latest event of one of these names."""
        events, _ = self.read()
        return next((event for event in reversed(events) if event["event"] in names), None)

    def last(self, offset: int, name: str) -> Event | None:
        """The last event of all, if it has that name and was written at `offset` or later.

        However long the journal is, only its end is read.
        """
        try:
            with self.path.open("rb") as file:
                size, block = file.seek(0, 2), _BLOCK
                while True:
                    start = max(offset, size - block)
                    file.seek(start)
                    data = file.read(max(0, size - start))
                    stop = data.rfind(b"\n")
                    before = data.rfind(b"\n", 0, max(0, stop))
                    if before >= 0 or start == offset:
                        break
                    block *= 8
        except FileNotFoundError:
            return None
        event: Event = json.loads(data[before + 1 : stop]) if stop >= 0 else {"event": None}
        return event if event["event"] == name else None

    def append(self, event: Event) -> None:
        """Write an event: the whole of it, or on a full disk nothing."""
        line = (json.dumps(event, ensure_ascii=False, allow_nan=False) + "\n").encode()
        self.mend()
        with self.path.open("ab", buffering=0) as file:
            before = file.seek(0, 2)
            try:
                while line:
                    line = line[file.write(line) :]
                if event["event"] in _DURABLE:
                    os.fsync(file.fileno())
            except BaseException:
                file.truncate(before)
                raise

    def mend(self) -> int:
        """Cut off a last line that was never finished; the place where the next one begins."""
        try:
            with self.path.open("r+b") as file:
                size = file.seek(0, 2)
                if size == 0:
                    return 0
                file.seek(size - 1)
                if file.read(1) == b"\n":
                    return size
                file.seek(0)
                return file.truncate(file.read().rfind(b"\n") + 1)
        except FileNotFoundError:
            return 0
