"""One desk, at which all texts are written: who writes sits there for a moment, then lets another.

Python computes one thing at a time. Threads that all compute would take each other's time in
pieces of chance length, and the page's: with twenty of them a click waits for seconds. Here one
computes, the others sleep in a line, and whoever has not written a character yet goes first, so
that every visitor sees a text begin at once.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

SITTING = 0.004  # seconds at the desk before it is another's turn
FEW = 6  # writers, up to which each shows what is new as often as it likes


class Desk:
    """Turns at computing, for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken = False
        self._new: deque[threading.Lock] = deque()  # those without a character yet
        self._others: deque[threading.Lock] = deque()
        self.writers = 0  # texts that are being written

    @contextmanager
    def writer(self) -> Iterator[Writer]:
        """A text that is going to be written."""
        writer = Writer(self)
        with self._lock:
            self.writers += 1
        try:
            yield writer
        finally:
            writer.get_up()
            with self._lock:
                self.writers -= 1

    @property
    def crowd(self) -> float:
        """How many times as long as usual a writer should wait between two frames: each of them
        takes time that others need."""
        return max(1.0, self.writers / FEW)

    def sit_down(self, *, new: bool) -> None:
        """Wait for the desk, and take it."""
        with self._lock:
            if not self._taken:
                self._taken = True
                return
            mine = threading.Lock()
            mine.acquire()
            (self._new if new else self._others).append(mine)
        mine.acquire()  # until whoever gets up says so

    def get_up(self) -> None:
        """Leave the desk to the next."""
        with self._lock:
            line = self._new or self._others
            if line:
                line.popleft().release()
            else:
                self._taken = False


class Writer:
    """One text at the desk. Only one thread at a time may use it, though not always the same."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._new = True
        self._since: float | None = None  # it has the desk; None: it has not

    def at_the_desk(self, characters: Iterator[T]) -> Iterator[T]:
        """The same characters, each computed at the desk; between two of them another may have it.
        Before who takes them waits for anything else, it has to `get_up`."""
        while True:
            if self._since is None:
                self._desk.sit_down(new=self._new)
                self._since = time.perf_counter()
            one = next(characters, None)
            if one is None:
                return
            if self._new or time.perf_counter() - self._since > SITTING:
                self._new = False
                self.get_up()
            yield one

    def get_up(self) -> None:
        """Leave the desk, if this writer has it."""
        if self._since is not None:
            self._since = None
            self._desk.get_up()


DESK = Desk()
