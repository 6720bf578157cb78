"""The waiting line: who trains next, fair by visitor, and how long that may take.

Visitors take turns, however many runs each of them has in the line (fair queueing: Demers, Keshav &
Shenker 1989). Every run gets a round: a visitor's first is the round that is being served now,
each further one a round later; earlier rounds go first, and within a round who came first. With
each run that is served the round goes on by the share of one visitor, so that a stream of new
visitors cannot hold it up: nobody is overtaken for ever.

Here are no processes and no clocks; who calls holds a lock.
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
    """A run that waits, who asked for it, and whether it is to go on from where it was saved.

    `context` tells whom a GPU is lent to: Gradio keeps the visitor's request there.
    """

    run: Run
    client_id: str = ""
    resume: bool = False
    expected_seconds: float | None = None  # that its training will take; None where nobody can say
    context: Context = field(default_factory=Context)  # that it was asked for in


class FairQueue:
    """The runs that wait, in the order in which they will be trained."""

    def __init__(self) -> None:
        self._virtual_time = 0.0  # that is being served
        self._virtual_step = 0.0  # by which it goes on when the next run is served
        self._finish_tags: dict[str, float] = {}  # the round of each visitor's first waiting run
        self._arrived: list[QueuedRun] = []
        self._order: list[QueuedRun] | None = None  # as long as nothing changes

    def __len__(self) -> int:
        return len(self._arrived)

    def __iter__(self) -> Iterator[QueuedRun]:
        """In the order in which they will be trained."""
        if self._order is None:
            ahead = FairQueue()
            ahead._virtual_time, ahead._virtual_step = self._virtual_time, self._virtual_step
            ahead._finish_tags, ahead._arrived = dict(self._finish_tags), list(self._arrived)
            self._order = [ahead._pop_next() for _ in self._arrived]
        return iter(self._order)

    def add(self, one: QueuedRun) -> None:
        """Let a run wait, behind those that wait already in its round."""
        self._finish_tags[one.client_id] = max(
            self._finish_tags.get(one.client_id, 0.0), self._virtual_time
        )
        self._arrived.append(one)
        self._order = None

    def remove(self, run_id: str) -> None:
        """Take a run out that does not want to wait any more, if it is there."""
        self._keep([one for one in self._arrived if one.run.id != run_id])

    def prune(self) -> None:
        """Take out what has been called off, or has begun elsewhere."""
        self._keep([one for one in self._arrived if one.run.is_queued])

    def pop(self) -> QueuedRun | None:
        """Take out the run that is to be trained now; None where nobody waits."""
        one = self._pop_next() if self._arrived else None
        self._keep(self._arrived)
        return one

    def clear(self) -> None:
        """Send everybody away."""
        self._keep([])

    def _pop_next(self) -> QueuedRun:
        """Take out the first of those who wait, of whom there are some."""
        heads: dict[str, QueuedRun] = {}
        for one in self._arrived:
            heads.setdefault(one.client_id, one)
        client_id = min(
            heads, key=lambda client_id: self._finish_tags[client_id]
        )  # of equals, the first
        self._virtual_time += self._virtual_step
        self._virtual_step = 1 / len(heads)
        self._finish_tags[client_id] = max(self._finish_tags[client_id], self._virtual_time) + 1
        self._arrived.remove(heads[client_id])
        return heads[client_id]

    def _keep(self, waiting: list[QueuedRun]) -> None:
        """Let nobody else wait. Nothing is kept of visitors whose turn would not be later than
        that of a new one."""
        self._arrived, self._order = waiting, None
        here = {one.client_id for one in waiting}
        self._finish_tags = {
            client_id: finish_tag
            for client_id, finish_tag in self._finish_tags.items()
            if client_id in here or finish_tag > self._virtual_time
        }


def estimate_waits(
    training: Sequence[float | None], lengths: Sequence[float | None]
) -> list[float | None]:
    """How long each run in a line has to wait, in seconds; None where nobody can say.

    `training` is what remains of each run that trains now, 0 for a place that is free; `lengths`
    is how long each waiting run will take, in the line's order; None is unknown.
    """
    free = [math.inf if left is None else left for left in training]
    heapq.heapify(free)
    answers: list[float | None] = []
    for length in lengths:
        begin = heapq.heappop(free) if free else math.inf
        answers.append(begin if math.isfinite(begin) else None)
        heapq.heappush(free, begin + (math.inf if length is None else length))
    return answers
