"""When the learning rate comes down: in a run that has no end set, or by the plateau schedule."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .config import TrainingConfig

_PATIENCE = 6  # measurements without improvement before the plateau schedule comes down,
_WAIT = 0.25  # and so much of the steps that it took to come this far
_DESCENT = 0.75  # of the steps before it: how long it takes to come down
_BETTER = 1e-4  # nats below the best that count as improvement
FIRST_EPOCHS, _STEPS = 20, 2000  # of the first cosine of an open-ended run, at least
_GAIN = 0.001  # nats that a cosine has to gain, for another one to be worth it


class Descent:
    """How far down the learning rate is, from its peak to the end of the run.

    With the plateau schedule it begins to come down when nothing has improved for a while. An
    open-ended run by cosines consists of several, each from the best weights so far and twice as
    long as the last, until one gains nothing (warm restarts: Loshchilov and Hutter 2017). What is
    called nats is the mean per character on the held-out part.
    """

    def __init__(self, config: TrainingConfig) -> None:
        self._config = config
        self._plateau = config.open_ended or config.schedule == "plateau"
        self._down: int | None = None  # the step at which the learning rate began to come down
        self._begun = self._stale = 0
        self._length = 0  # steps of the cosine that began then, in a run of them; 0 in others
        self._before = math.inf  # the best nats before it began

    def plan_cosines(self, epoch: int) -> None:
        """The run begins, with `epoch` minibatches in each epoch: of cosines, if it has no end."""
        if self._config.open_ended and self._config.schedule == "cosine":
            self._length = epoch * max(FIRST_EPOCHS, math.ceil(_STEPS / epoch))

    def descended(self, step: int) -> float:
        """How far down the learning rate of an open-ended run, or of the plateau schedule, is at a
        step, 0 … 1: at 1 the run is over."""
        if self._length:
            return min(1.0, (step - self._begun) / self._length)
        if self._down is None:
            return 0.0
        return min(1.0, (step - self._down) / max(1.0, _DESCENT * (self._down - self._begun)))

    def begins(self, step: int, nats: float, best_nats: float, best_step: int) -> bool:
        """Whether it begins to come down at this step, where `nats` were measured, and the best
        before at `best_step`: then from the best weights."""
        self._stale = 0 if nats < best_nats - _BETTER else self._stale + 1
        if not self._plateau or self._length or self._down is not None or nats < best_nats:
            return False
        since = max(best_step, self._begun)
        if self._stale < _PATIENCE or step - since < _WAIT * (since - self._begun):
            return False
        self._down = step
        return True

    def ends_cosine(self, step: int) -> bool:
        """Whether a cosine ends at this step, so that it is time to measure what it gained."""
        return self._length > 0 and step - self._begun >= self._length

    def begins_cosine(self, step: int, best_nats: float) -> bool:
        """Whether another one begins at this step, where one ends: then from the best weights."""
        if best_nats >= self._before - _GAIN:
            return False
        self._before, self._begun, self._length = best_nats, step, 2 * self._length
        return True

    def begin_anew(self, step: int) -> None:
        """A finished run goes on from a step: the learning rate starts from the top."""
        self._begun, self._down, self._stale = step, None, 0

    def counters(self) -> dict[str, Any]:
        """What to save, as JSON."""
        return {
            "begun": self._begun,
            "down": self._down,
            "length": self._length,
            "before": self._before if math.isfinite(self._before) else None,
            "stale": self._stale,
        }

    def restore(self, counters: dict[str, Any]) -> None:
        """The reverse of `counters`."""
        self._begun, self._down = counters["begun"], counters["down"]
        self._stale, self._length = counters["stale"], counters["length"]
        self._before = math.inf if counters["before"] is None else counters["before"]
