"""Time slices for threads that compute: one generates at a time, for 4 ms.

Python executes one thread at a time. Threads that all compute would interrupt each other and the
page at random: with twenty of them a click waits for seconds. Here a thread computes while it has a
slot, and the others sleep until their next slice. Users take turns, however many threads each of
them has. Streams without a first character go first for a moment, so that every user sees a text
begin at once.

A slice ends between two characters, or at a yield point (`charrnn.utils.yield_points`). A
computation has a thread for each slot that nobody else needs, if that makes it faster
(`compute_threads`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from ...utils.process import available_cores
from ...utils.yield_points import at_yield_points, yield_point
from ..server.round_robin import RoundRobin
from .compute_threads import ComputeThreads

T = TypeVar("T")

SLICE_SECONDS = 0.004  # for which a thread computes before the next one does
NEWCOMER_SECONDS = 0.05  # of the first slice, usually until the first character
MAX_NEWCOMERS_IN_A_ROW = 8  # before one of the others
FRAME_SECONDS = 0.1  # between two frames of a generated text
MAX_FULL_RATE_STREAMS = 6  # with more streams, each sends fewer frames


class TimeSlicer:
    """The slots for threads that compute: `slots` threads at once."""

    def __init__(self, slots: int = 1) -> None:
        self._lock = threading.Lock()
        self._slots = self._free = slots
        self._newcomers: RoundRobin[threading.Lock] = RoundRobin()
        self._others: RoundRobin[threading.Lock] = RoundRobin()
        self._in_a_row = 0  # newcomers served since one of the others was
        self.streams = 0  # texts that are being generated

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
        threads = ComputeThreads(min(self._slots, available_cores()))

        def pause() -> None:
            stream.pause()
            threads.adapt(self._is_slot_free())

        try:
            stream.acquire()
            with at_yield_points(pause):
                return call()
        finally:
            threads.end()
            stream.release()

    @property
    def waiting(self) -> int:
        """Number of threads that wait for a slot."""
        with self._lock:
            return len(self._newcomers) + len(self._others)

    def _is_slot_free(self) -> bool:
        """Return whether there is a slot in which nobody computes."""
        with self._lock:
            return self._free > 0

    @property
    def load_factor(self) -> float:
        """Factor by which streams should lengthen the time between frames, which take CPU time."""
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
        mine.acquire()  # until the thread that leaves its slot releases it

    def release(self) -> None:
        """Pass the slot on to the next thread."""
        with self._lock:
            is_newcomer = bool(self._newcomers) and (
                not self._others or self._in_a_row < MAX_NEWCOMERS_IN_A_ROW
            )
            waiting = (self._newcomers if is_newcomer else self._others).pop()
            self._in_a_row = self._in_a_row + 1 if is_newcomer and self._others else 0
            if waiting:
                waiting[1].release()
            else:
                self._free += 1


class Stream:
    """One computation in slices. One thread at a time may use it, not always the same."""

    def __init__(self, slicer: TimeSlicer, user: str) -> None:
        self._slicer, self._user = slicer, user
        self._is_new = True
        self._since: float | None = None  # when it got its slot; None without one

    def sliced(self, characters: Iterator[T]) -> Iterator[T]:
        """Yield the same characters, each computed in a slot; in between, others may have it.

        The consumer must `release` the stream before it waits for anything else.
        """
        self.acquire()
        with at_yield_points(self.pause):  # during the prefill
            one = next(characters, None)
        while one is not None:
            if self._is_new or self._slice_is_over():
                self.release()
                yield_point()
            yield one
            if self._since is None:
                self.acquire()
            one = next(characters, None)

    def pause(self) -> None:
        """Let other threads compute if this slice is over."""
        if self._slice_is_over():
            self.release()
            self.acquire()

    def acquire(self) -> None:
        """Wait for a slot."""
        self._slicer.acquire(self._user, new=self._is_new)
        self._since = time.perf_counter()

    def release(self) -> None:
        """Release the slot, if this stream has one."""
        if self._since is not None:
            self._since, self._is_new = None, False
            self._slicer.release()

    def _slice_is_over(self) -> bool:
        seconds = NEWCOMER_SECONDS if self._is_new else SLICE_SECONDS
        return self._since is not None and time.perf_counter() - self._since > seconds


SLICER = TimeSlicer()
SCORING_SLICER = TimeSlicer(slots=2)  # scoring computes in torch, beside generation
