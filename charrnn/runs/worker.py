"""The worker process of a run: train it within its limits of time, memory and CPU.

After the longest time allowed, the run ends and its model is saved. The process cannot allocate
more memory than allowed, and computes on the share of the CPU cores that the app wrote into the
run's directory. The app handles what a process cannot do itself, such as ending when it hangs
(`charrnn.runs.monitor`).
"""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from ..training import Event
from ..utils.atomic import atomic_write
from ..utils.log_stream import protect_output
from ..utils.process import disable_malloc_trim, limit_memory, lower_priority
from ..utils.regular_files import DamagedRunUserError, read_regular
from .app_lock import OrphanDetector
from .end_reasons import EndReason, noted
from .limits import Limits
from .run import Run
from .run_directory import no_such_run

CPU_SHARE_FILE = "share"
_MAX_SHARE_BYTES = 20  # of the file
_CHECK_SECONDS = 0.5  # between two checks whether the run was deleted

_NO_MEMORY = re.compile("not enough memory|can't allocate memory|bad_alloc|out of memory")


class LimitedRun(Run):
    """A run that obeys the limits of its app."""

    def __init__(self, directory: Path, limits: Limits) -> None:
        super().__init__(directory)
        self._limits, self._start_time, self._time_up = limits, time.monotonic(), False
        self._cpu_share_read: tuple[int, int | None] = (0, None)
        self._next_check = 0.0

    def limit_memory(self) -> None:
        """Limit the memory of this process."""
        if self._limits.memory_mb is not None:
            limit_memory(self._limits.memory_mb << 20)

    def _take_commands(self) -> set[str]:
        self._check_exists()
        commands = super()._take_commands()
        longest = self._limits.seconds
        if longest is not None and time.monotonic() - self._start_time >= longest:
            self._time_up = self._time_up or "stop" not in commands
            commands.add("stop")
        return commands

    def _check_exists(self) -> None:
        """Raise UserError if the run was deleted: saving would recreate half of its directory."""
        now = time.monotonic()
        if now >= self._next_check:
            self._next_check = now + _CHECK_SECONDS
            if not os.path.lexists(self._file("run.json")):
                raise no_such_run()

    def _cpu_share(self) -> int | None:
        """Return the share, which is read again only when its file has changed."""
        try:
            changed = self._file(CPU_SHARE_FILE).lstat().st_mtime_ns
            if changed != self._cpu_share_read[0]:
                cores = int(read_regular(self._file(CPU_SHARE_FILE), _MAX_SHARE_BYTES) or b"0")
                self._cpu_share_read = (changed, cores if cores > 0 else None)
        except (FileNotFoundError, ValueError, DamagedRunUserError):  # as many as are useful
            return None
        return self._cpu_share_read[1]

    def _train(self, *, resume: bool) -> Iterator[Event]:
        for event in super()._train(resume=resume):
            if event["event"] == "end" and event["reason"] == "stopped" and self._time_up:
                event = noted(event, EndReason.TIME_LIMIT)
            yield event

    def _end_of_error(self, error: BaseException) -> Event:
        if isinstance(error, MemoryError) or (
            isinstance(error, RuntimeError) and _NO_MEMORY.search(str(error))
        ):
            return self.make_end_event(EndReason.OUT_OF_MEMORY)
        return super()._end_of_error(error)


def run_worker(directory: Path, resume: bool, app: str, limits: Limits) -> None:
    """Train the run in `directory`. Runs in the worker process.

    SIGINT is ignored: at Ctrl+C the app asks its workers to stop.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    protect_output()
    disable_malloc_trim()
    lower_priority()
    run = LimitedRun(directory, limits)
    run.should_abort = OrphanDetector(directory.parent / app)
    run.limit_memory()
    for _ in run.train(resume=resume, app=app):
        pass


def write_cpu_share(directory: Path, cores: int) -> None:
    """Write how many CPU cores the worker of the run in `directory` may use."""
    atomic_write(directory / CPU_SHARE_FILE, str(cores).encode())
