"""A scheduler for threads that compute: time slices, so that few compute at once and all get on.

Python computes one thing at a time. Threads that all compute would take each other's time in
pieces of chance length, and the page's: with twenty of them a click waits for seconds. Here a
thread computes while it has a slot, and others sleep until it is their turn. Users take turns,
however many threads each of them has. A newcomer goes first for a moment, so that every visitor
sees a text begin at once.

Slices end between two characters, and at yield points (`charrnn.utils.yield_points`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from ...utils.yield_points import at_yield_points, yield_point
from .round_robin import RoundRobin

T = TypeVar("T")

SLICE_SECONDS = 0.004  # that a thread computes before it is another's turn
NEWCOMER_SECONDS = 0.05  # that a newcomer computes first; usually until its first character
MAX_NEWCOMERS_IN_A_ROW = 8  # before one of the others has a turn
FRAME_SECONDS = 0.1  # between two frames of a text that is written
MAX_FULL_RATE_STREAMS = 6  # writers, up to which each shows what is new as often as it likes


class TimeSlicer:
    """The slots in which threads compute: `slots` threads at once, one unless said otherwise."""

    def __init__(self, slots: int = 1) -> None:
        self._lock = threading.Lock()
        self._free = slots
        self._newcomers: RoundRobin[threading.Lock] = RoundRobin()
        self._others: RoundRobin[threading.Lock] = RoundRobin()
        self._in_a_row = 0  # newcomers that went first lately
        self.streams = 0  # texts that are being written

    @contextmanager
    def stream(self, user: str = "") -> Iterator[Stream]:
        """Yield a stream of text, which counts for `load_factor`, in the turns of `user`."""
        stream = Stream(self, user)
        with self._lock:
            self.streams += 1
        try:
            yield stream
        finally:
            stream.release()
            with self._lock:
                self.streams -= 1

    def compute(self, user: str, call: Callable[[], T]) -> T:
        """Return what `call` returns, computed in slices between its yield points."""
        stream = Stream(self, user)
        try:
            stream.acquire()
            with at_yield_points(stream.pause):
                return call()
        finally:
            stream.release()

    @property
    def load_factor(self) -> float:
        """How many times as long as usual a writer should wait between two frames: each of them
        takes time that others need."""
        return max(1.0, self.streams / MAX_FULL_RATE_STREAMS)

    def acquire(self, user: str, *, new: bool) -> None:
        """Wait for a slot, and take it."""
        with self._lock:
            if self._free:
                self._free -= 1
                return
            mine = threading.Lock()
            mine.acquire()
            (self._newcomers if new else self._others).add(user, mine)
        mine.acquire()  # until whoever gets up releases it

    def release(self) -> None:
        """Leave the slot to the next thread."""
        with self._lock:
            is_newcomer = bool(self._newcomers) and (
                not self._others or self._in_a_row < MAX_NEWCOMERS_IN_A_ROW
            )
            following = (self._newcomers if is_newcomer else self._others).pop()
            self._in_a_row = self._in_a_row + 1 if is_newcomer and self._others else 0
            if following:
                following[1].release()
            else:
                self._free += 1


class Stream:
    """One computation at the desk. Only one thread at a time may use it, though not always the
    same."""

    def __init__(self, slicer: TimeSlicer, user: str) -> None:
        self._slicer, self._user = slicer, user
        self._new = True
        self._since: float | None = None  # it has a slot; None: it has none

    def sliced(self, characters: Iterator[T]) -> Iterator[T]:
        """Yield the same characters, each computed in a slot; in between, others may have it.
        Before who takes them waits for anything else, it has to `release`."""
        self.acquire()
        with at_yield_points(self.pause):  # while the prefix is read
            one = next(characters, None)
        while one is not None:
            if self._new or self._slice_is_over():
                self.release()
                yield_point()
            yield one
            if self._since is None:
                self.acquire()
            one = next(characters, None)

    def pause(self) -> None:
        """Let others compute, if this slice is over."""
        if self._slice_is_over():
            self.release()
            self.acquire()

    def acquire(self) -> None:
        """Wait for a slot."""
        self._slicer.acquire(self._user, new=self._new)
        self._since = time.perf_counter()

    def release(self) -> None:
        """Leave the slot, if this writer has one."""
        if self._since is not None:
            self._since, self._new = None, False
            self._slicer.release()

    def _slice_is_over(self) -> bool:
        seconds = NEWCOMER_SECONDS if self._new else SLICE_SECONDS
        return self._since is not None and time.perf_counter() - self._since > seconds


SLICER = TimeSlicer()
SCORING_SLICER = TimeSlicer(slots=2)  # scoring computes in torch, beside what writes
