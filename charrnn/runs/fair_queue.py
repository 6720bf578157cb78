"""Fair queue of runs: which run trains next, fair by user, and estimates of the waits.

Users take turns, however many runs each of them has queued (start-time fair queueing: Goyal, Vin &
Cheng 1996). Each user has a start tag: the virtual time at which the user's next run is due. The
user with the smallest tag goes first; of equal tags, the run that arrived first. Each run that is
served moves the user's tag on by 1, and virtual time by 1 / (number of waiting users), so that a
stream of new users cannot overtake a run forever.

There are no processes and no clocks here, and no locks: the caller holds one.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Sequence
from contextvars import Context
from dataclasses import dataclass, field

from .run import Run


@dataclass(frozen=True)
class QueuedRun:
    """A run in the queue, its user, and whether it resumes from where it was saved.

    `context` holds the Gradio request of the user: a ZeroGPU Space counts GPU time against it.
    """

    run: Run
    client_id: str = ""
    resume: bool = False
    expected_seconds: float | None = None  # of training; None if unknown
    context: Context = field(default_factory=Context)


class FairQueue:
    """Queued runs, iterated over in the order in which they will be trained."""

    def __init__(self) -> None:
        self._virtual_time = 0.0
        self._virtual_step = 0.0  # added when the next run is served
        self._start_tags: dict[str, float] = {}  # by user
        self._arrived: list[QueuedRun] = []
        self._order: list[QueuedRun] | None = None  # cached until the queue changes

    def __len__(self) -> int:
        return len(self._arrived)

    def __iter__(self) -> Iterator[QueuedRun]:
        """Iterate over the runs in the order in which they will be trained."""
        if self._order is None:
            ahead = FairQueue()
            ahead._virtual_time, ahead._virtual_step = self._virtual_time, self._virtual_step
            ahead._start_tags, ahead._arrived = dict(self._start_tags), list(self._arrived)
            self._order = [ahead._pop_next() for _ in self._arrived]
        return iter(self._order)

    def add(self, queued: QueuedRun) -> None:
        """Add a run, behind those that arrived before it with the same tag."""
        self._start_tags[queued.client_id] = max(
            self._start_tags.get(queued.client_id, 0.0), self._virtual_time
        )
        self._arrived.append(queued)
        self._order = None

    def remove(self, run_id: str) -> None:
        """Remove a run by id, if it is queued."""
        self._keep([queued for queued in self._arrived if queued.run.id != run_id])

    def prune(self) -> None:
        """Remove the runs that were stopped, or that another process has started."""
        self._keep([queued for queued in self._arrived if queued.run.is_queued])

    def pop(self) -> QueuedRun | None:
        """Remove and return the next run; None if the queue is empty."""
        queued = self._pop_next() if self._arrived else None
        self._keep(self._arrived)
        return queued

    def clear(self) -> None:
        """Remove all runs."""
        self._keep([])

    def _pop_next(self) -> QueuedRun:
        """Remove and return the next run of a queue that is not empty."""
        heads: dict[str, QueuedRun] = {}
        for queued in self._arrived:
            heads.setdefault(queued.client_id, queued)
        client_id = min(heads, key=self._start_tags.__getitem__)  # of equal tags, the first
        self._virtual_time += self._virtual_step
        self._virtual_step = 1 / len(heads)
        self._start_tags[client_id] = max(self._start_tags[client_id], self._virtual_time) + 1
        self._arrived.remove(heads[client_id])
        return heads[client_id]

    def _keep(self, waiting: list[QueuedRun]) -> None:
        """Keep only these runs.

        A user without runs is forgotten once their tag is no later than that of a new user.
        """
        self._arrived, self._order = waiting, None
        here = {queued.client_id for queued in waiting}
        self._start_tags = {
            client_id: start_tag
            for client_id, start_tag in self._start_tags.items()
            if client_id in here or start_tag > self._virtual_time
        }


def estimate_waits(
    training: Sequence[float | None], lengths: Sequence[float | None]
) -> list[float | None]:
    """Estimate the wait of each queued run in seconds; None if it is unknown.

    `training` has the remaining seconds of each active run, and 0 for each idle worker; `lengths`
    has the expected seconds of each queued run, in order. None means unknown.
    """
    free = [math.inf if left is None else left for left in training]
    heapq.heapify(free)
    answers: list[float | None] = []
    for length in lengths:
        begin = heapq.heappop(free) if free else math.inf
        answers.append(begin if math.isfinite(begin) else None)
        heapq.heappush(free, begin + (math.inf if length is None else length))
    return answers
