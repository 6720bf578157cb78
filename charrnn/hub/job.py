"""A piece of work for the Hub: its deadline, its progress, and whether it is still wanted."""

from __future__ import annotations

import math
import threading
import time

from ..errors import UserError
from .errors import deadline_exceeded


class Job:
    """The state of one piece of work, shared by its thread and its caller's.

    `retries` says that its requests are repeated where the Hub refuses them for a while.
    """

    def __init__(self, seconds: float, *, retries: bool = False) -> None:
        self.seconds = seconds
        self.retries = retries
        self.until = time.monotonic() + seconds
        self.done = 0  # bytes
        self.total: int | None = None  # bytes
        self.committing = False  # the Hub has been asked for the commit
        self.heads: set[str] = set()  # addresses whose headers were asked for
        self._again: float | None = None  # when the Hub is asked again, if it has refused
        self._cancelled = threading.Event()

    def check(self) -> None:
        """Raise UserError if the work was cancelled or its deadline is over.

        Called between two steps.
        """
        if self._cancelled.is_set():
            raise UserError("Cancelled.")
        if self.left() <= 0:
            raise deadline_exceeded(self.seconds)

    def left(self) -> float:
        """Return the seconds until the deadline."""
        return self.until - time.monotonic()

    def commit(self) -> None:
        """Note that all is sent: from now on the commit may be there."""
        self.committing, self.done = True, self.total or 0

    def backoff(self, seconds: int | None) -> None:
        """Note that the Hub has refused a request, which is repeated after this many seconds."""
        wait = 0 if seconds is None else seconds + 1  # the client itself waits one second longer
        self._again = time.monotonic() + wait

    def go_on(self) -> None:
        """Note that the Hub is asked again."""
        self._again = None

    @property
    def retry_in(self) -> int | None:
        """Seconds until the Hub is asked again, 0 if it did not say; None if it has not refused."""
        again = self._again
        return None if again is None else max(0, math.ceil(again - time.monotonic()))

    def cancel(self) -> None:
        """End the work at its next step."""
        self._cancelled.set()
