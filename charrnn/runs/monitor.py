"""Monitor a worker from the app: its events, its memory, and whether it hangs.

A process that hangs cannot report that, and one that takes too much memory may not get to. So the
app checks each worker several times a second.
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

_SILENCE_SHARE_OF_AGE = 0.03  # longer runs write events less often
_ANONYMOUS = re.compile(rb"RssAnon:\s*(\d+) kB")


class WorkerMonitor:
    """Monitors one worker. Times are of the monotonic clock, which is never set back."""

    def __init__(self, run: Run, pid: int, limits: Limits) -> None:
        self.run, self.pid, self.limits = run, pid, limits
        self._offset = _size(run.event_log.path)
        self._start_time = self._last_event_time = time.monotonic()
        self._remaining_seconds: float | None = None
        with suppress(DamagedRunUserError):  # its worker will report that
            self._remaining_seconds = expected_seconds(run)

    def check(self) -> EndReason | None:
        """Read the worker's new events; return why it must be killed, or None."""
        events, now = self._new_events(), time.monotonic()
        for event in events:
            self._last_event_time = now
            if event["event"] == "progress":
                self._remaining_seconds = event["remaining_seconds"]
        if (
            self.limits.memory_mb is not None
            and private_bytes(self.pid) > self.limits.memory_mb << 20
        ):
            return EndReason.OUT_OF_MEMORY
        silence, age = now - self._last_event_time, self._last_event_time - self._start_time
        if (
            self.limits.silence is not None
            and silence > self.limits.silence + _SILENCE_SHARE_OF_AGE * age
        ):
            return EndReason.UNRESPONSIVE
        return None

    def _new_events(self) -> list[Event]:
        try:
            events, self._offset = self.run.read_events(self._offset)
        except DamagedRunUserError:  # it counts as silent
            return []
        return events

    @property
    def remaining_seconds(self) -> float | None:
        """Seconds until the run ends; None if that is unknown."""
        if self._remaining_seconds is None:
            return None
        now, longest = time.monotonic(), self.limits.seconds
        left = self._remaining_seconds - (now - self._last_event_time)
        if longest is not None:
            left = min(left, longest - (now - self._start_time))
        return max(0.0, left)


def expected_seconds(run: Run) -> float | None:
    """Return how many seconds a run will train, from its start or from where it resumes.

    Returns None if that is unknown, as for a run whose length is given in epochs.
    """
    manifest = run.manifest
    seconds: float | None = manifest["training"]["seconds"]
    if seconds is None:
        return None
    last = run.event_log.find_last("progress", "end") or {"seconds": 0.0}
    return max(0.0, seconds - float(last["seconds"]))


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except FileNotFoundError:
        return 0


def private_bytes(pid: int) -> int:
    """Return the bytes of a process's private memory.

    Returns 0 if the process has ended, or if the operating system does not report it.
    """
    try:
        found = _ANONYMOUS.search(Path(f"/proc/{pid}/status").read_bytes())
    except OSError:
        return 0
    return int(found[1]) << 10 if found else 0
