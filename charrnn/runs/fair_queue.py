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
class Waiting:
    """A run that waits, who asked for it, and whether it is to go on from where it was saved.

    `context` tells whom a GPU is lent to: Gradio keeps the visitor's request there.
    """

    run: Run
    visitor: str = ""
    again: bool = False
    seconds: float | None = None  # that its training will take; None where nobody can say
    context: Context = field(default_factory=Context)  # that it was asked for in


class Line:
    """The runs that wait, in the order in which they will be trained."""

    def __init__(self) -> None:
        self._round = 0.0  # that is being served
        self._step = 0.0  # by which it goes on when the next run is served
        self._since: dict[str, float] = {}  # the round of each visitor's first waiting run
        self._arrived: list[Waiting] = []
        self._order: list[Waiting] | None = None  # as long as nothing changes

    def __len__(self) -> int:
        return len(self._arrived)

    def __iter__(self) -> Iterator[Waiting]:
        """In the order in which they will be trained."""
        if self._order is None:
            ahead = Line()
            ahead._round, ahead._step = self._round, self._step
            ahead._since, ahead._arrived = dict(self._since), list(self._arrived)
            self._order = [ahead._serve() for _ in self._arrived]
        return iter(self._order)

    def join(self, one: Waiting) -> None:
        """Let a run wait, behind those that wait already in its round."""
        self._since[one.visitor] = max(self._since.get(one.visitor, 0.0), self._round)
        self._arrived.append(one)
        self._order = None

    def leave(self, run_id: str) -> None:
        """Take a run out that does not want to wait any more, if it is there."""
        self._keep([one for one in self._arrived if one.run.id != run_id])

    def prune(self) -> None:
        """Take out what has been called off, or has begun elsewhere."""
        self._keep([one for one in self._arrived if one.run.waits])

    def next(self) -> Waiting | None:
        """Take out the run that is to be trained now; None where nobody waits."""
        one = self._serve() if self._arrived else None
        self._keep(self._arrived)
        return one

    def clear(self) -> None:
        """Send everybody away."""
        self._keep([])

    def _serve(self) -> Waiting:
        """Take out the first of those who wait, of whom there are some."""
        heads: dict[str, Waiting] = {}
        for one in self._arrived:
            heads.setdefault(one.visitor, one)
        visitor = min(heads, key=lambda visitor: self._since[visitor])  # of equals, the first
        self._round += self._step
        self._step = 1 / len(heads)
        self._since[visitor] = max(self._since[visitor], self._round) + 1
        self._arrived.remove(heads[visitor])
        return heads[visitor]

    def _keep(self, waiting: list[Waiting]) -> None:
        """Let nobody else wait. Nothing is kept of visitors whose turn would not be later than
        that of a new one."""
        self._arrived, self._order = waiting, None
        here = {one.visitor for one in waiting}
        self._since = {
            visitor: since
            for visitor, since in self._since.items()
            if visitor in here or since > self._round
        }


def waits(training: Sequence[float | None], lengths: Sequence[float | None]) -> list[float | None]:
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
