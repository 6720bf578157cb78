"""The number of threads that torch uses for one computation: more while cores are free.

A recurrent network computes step by step, and at each step the threads wait for each other. On idle
cores two threads take two thirds of the time of one. Beside a run in training, or anything else
that takes the cores, they take longer than one, because one of them always waits for a core. So a
computation tries more threads, measures whether it waits, and computes alone for a while if it
does.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import torch

_TRIAL_SECONDS = 0.02  # after which it is clear whether a computation waits
_ALONE_SECONDS = 1.0  # until more threads are tried again
# Share of its time for which a thread computes: 0.9 and more on idle cores, 0.55 on busy ones.
_MIN_BUSY_SHARE = 0.75


def set_threads_here(count: int, default: int) -> None:
    """Set torch's number of threads for the calling thread; other threads keep the `default`."""
    torch.set_num_threads(count)
    if count != default:
        # That set it for threads that have not used torch yet, too. Another thread sets it back.
        setter = threading.Thread(target=torch.set_num_threads, args=(default,), daemon=True)
        setter.start()
        setter.join()


class ComputeThreads:
    """Adapts the number of threads of a computation, in the thread that it belongs to."""

    def __init__(
        self,
        most: int,
        *,
        set_threads: Callable[[int, int], None] = set_threads_here,
        clock: Callable[[], float] = time.perf_counter,
        cpu_clock: Callable[[], float] = time.thread_time,
    ) -> None:
        self._usual = torch.get_num_threads()
        self._most = max(most, self._usual)
        self._set_threads, self._clock, self._cpu_clock = set_threads, clock, cpu_clock
        self._count = self._usual
        self._since, self._cpu_since = 0.0, 0.0  # when the measurement began
        self._alone_until = 0.0

    def adapt(self, is_core_free: bool) -> None:
        """Use more threads if nobody else needs the cores. Call it between pieces of work."""
        if self._most == self._usual:
            return
        now = self._clock()
        if self._count > self._usual and now - self._since >= _TRIAL_SECONDS:
            cpu_seconds = self._cpu_clock() - self._cpu_since
            if cpu_seconds < _MIN_BUSY_SHARE * (now - self._since):
                self._alone_until = now + _ALONE_SECONDS
            self._begin_measurement(now)
        self._use(self._most if is_core_free and now >= self._alone_until else self._usual)

    def end(self) -> None:
        """Use as many threads as at first."""
        self._use(self._usual)

    def _use(self, count: int) -> None:
        if count == self._count:
            return
        self._set_threads(count, self._usual)
        self._count = count
        self._begin_measurement(self._clock())

    def _begin_measurement(self, now: float) -> None:
        self._since, self._cpu_since = now, self._cpu_clock()
