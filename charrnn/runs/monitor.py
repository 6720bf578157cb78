"""A worker as seen from the app: what it says, what memory it takes, whether it hangs.

A process that is stuck cannot say so, and one that takes all memory may not get to. So somebody
else looks, a few times a second.
"""

from __future__ import annotations

import re
import time
from contextlib import suppress
from pathlib import Path

from ..training import Event
from ..utils.regular_files import DamagedRunUserError
from .end_reasons import EndReason
from .limits import Limits
from .run import Run

_PATIENCE = 0.03  # of a run's age: the longer it takes, the rarer are its events
_ANONYMOUS = re.compile(rb"RssAnon:\s*(\d+) kB")


class Watch:
    """Looks at one worker. Times are of the monotonic clock, which nobody sets back."""

    def __init__(self, run: Run, pid: int, limits: Limits) -> None:
        self.run, self.pid, self.limits = run, pid, limits
        self._offset = _size(run.journal.path)
        self._began = self._heard = time.monotonic()
        self._left: float | None = None
        with suppress(DamagedRunUserError):  # its worker will say so
            self._left = length(run)

    def look(self) -> EndReason | None:
        """Take note of what the worker said; why it should be killed, or None."""
        events, now = self._said(), time.monotonic()
        for event in events:
            self._heard = now
            if event["event"] == "progress":
                self._left = event["remaining_seconds"]
        if self.limits.memory_mb is not None and memory(self.pid) > self.limits.memory_mb << 20:
            return EndReason.OUT_OF_MEMORY
        silence, age = now - self._heard, self._heard - self._began
        if self.limits.silence is not None and silence > self.limits.silence + _PATIENCE * age:
            return EndReason.UNRESPONSIVE
        return None

    def _said(self) -> list[Event]:
        try:
            events, self._offset = self.run.read_events(self._offset)
        except DamagedRunUserError:  # it is heard no more
            return []
        return events

    @property
    def left(self) -> float | None:
        """Seconds that the run still takes; None where nobody can say."""
        if self._left is None:
            return None
        now, longest = time.monotonic(), self.limits.seconds
        left = self._left - (now - self._heard)
        if longest is not None:
            left = min(left, longest - (now - self._began))
        return max(0.0, left)


def length(run: Run) -> float | None:
    """Seconds that a run will take from its beginning, or from where it goes on."""
    request = run.request
    seconds: float | None = request["training"]["seconds"]
    if seconds is None:
        return None
    last = run.journal.latest("progress", "end") or {"seconds": 0.0}
    return max(0.0, seconds - float(last["seconds"]))


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except FileNotFoundError:
        return 0


def memory(pid: int) -> int:
    """Bytes of memory that a process has for itself; 0 where the system does not tell, or the
    process is gone."""
    try:
        found = _ANONYMOUS.search(Path(f"/proc/{pid}/status").read_bytes())
    except OSError:
        return 0
    return int(found[1]) << 10 if found else 0
