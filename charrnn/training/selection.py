"""Which weights of a run are kept: the best on held-out text, or without any the latest."""

from __future__ import annotations

import math
import time
from collections import deque
from typing import Any

import torch
from torch import Tensor

from ..evaluation import held_out_nats
from ..model import CharRNN
from ..vocabulary import Ids
from .learner import Learner
from .precision import autocast
from .progress import finite_perplexity

_PATIENCE = 6  # evaluations without improvement before the plateau schedule comes down,
_WAIT = 0.25  # and so much of the steps that it took to come this far
_DESCENT = 0.75  # of the steps before it: how long it takes to come down
FIRST_EPOCHS, _STEPS = 20, 2000  # of the first cosine of an open-ended run, at least
_GAIN = 0.001  # nats that a cosine has to gain, for another one to be worth it
_TRAINING = 24  # times as long as an evaluation takes, at least, is trained between two of them
_GLANCE = 25_000  # characters that are measured whatever it takes
_LOOK = 0.015  # of the time of a run, at most, that one evaluation may take
_PATIENT = 60.0  # seconds that count as the time of a run with no end set
_AT_ONCE = 1.0  # seconds that somebody who pressed stop is made to wait, at most


class Selection:
    """Evaluates the model now and then and remembers the best weights so far.

    All perplexities here are mean nats per character. With the plateau schedule it also says when
    nothing has improved for a while, so that the learning rate should come down from its peak to
    the end of the run. An open-ended run by cosines consists of several, each from the best weights
    so far and twice as long as the last, until one gains nothing (warm restarts: Loshchilov and
    Hutter 2017).
    """

    def __init__(self, learner: Learner, held_out: Ids) -> None:
        self._learner, self._held_out = learner, held_out
        config = learner.config
        self._descends = config.open_ended or config.schedule == "plateau"
        self.nats: float | None = None  # as last measured
        self.best_nats, self.best_step = math.inf, 0
        self.best: dict[str, Tensor] = learner.weights()
        self._down: int | None = None  # the step at which the learning rate began to come down
        self._took: deque[float] = deque(maxlen=3)  # seconds, of the last evaluations
        self._next = -math.inf  # when another one is due
        self._stale = self._begun = 0
        self._length = 0  # steps of the cosine that began then, in a run of them; 0 in others
        self._before = math.inf  # the best before it began
        self._step = -1
        self._candidate: tuple[dict[str, Tensor], int] | None = None

    @property
    def perplexity(self) -> float | None:
        """On the held-out part, as last measured; None where it never was, or overflowed."""
        return finite_perplexity(self.nats)

    @property
    def best_perplexity(self) -> float | None:
        """That of the weights that are kept."""
        return finite_perplexity(self.best_nats)

    @property
    def seconds(self) -> float:
        """What an evaluation takes; a stall of a busy machine does not count."""
        return min(self._took, default=0.0)

    def fit(self, budget: float | None) -> None:
        """Measure no more of the held-out part than a run of `budget` seconds has the time for:
        its beginning, where that is too little for all of it."""
        if len(self._held_out) <= _GLANCE:
            return
        glance = self._held_out[:_GLANCE]
        took = min(self._timed(glance)[1] for _ in range(2))  # the first pays for what is set up
        most = _LOOK * (_PATIENT if budget is None else budget) / took
        self._held_out = self._held_out[: max(_GLANCE, int(most * _GLANCE))]

    def due(self) -> bool:
        """Whether another evaluation leaves the training its share of the time."""
        return time.monotonic() >= self._next

    def evaluate(self, step: int, *, hurried: bool = False) -> None:
        """Measure the weights of this step, once, and keep them if they are the best.

        Somebody who is `hurried` gets the last measurement if a new one would take long; weights
        are then kept by that, or the latest if there was none.
        """
        if step == self._step:
            return
        slow = self.seconds > _AT_ONCE or (not self._took and len(self._held_out) > _GLANCE)
        if len(self._held_out) < 2 or (hurried and slow and self.nats is None):
            self._step, self._candidate = step, (self._learner.weights(), step)
            return
        if hurried and slow:
            return
        self._step = step
        self.nats, took = self._timed(self._held_out)
        self._took.append(took)
        self._next = time.monotonic() + _TRAINING * self.seconds
        self._stale = 0 if self.nats < self.best_nats - 1e-4 else self._stale + 1
        if self.nats < self.best_nats:
            self.best_nats, self.best_step = self.nats, step
            self.best = self._learner.weights()
        elif self._descends and not self._length and self._down is None and self._stuck(step):
            self._down = step
            self.use_best()

    def _stuck(self, step: int) -> bool:
        since = max(self.best_step, self._begun)
        return self._stale >= _PATIENCE and step - since >= _WAIT * (since - self._begun)

    def _timed(self, ids: Ids) -> tuple[float, float]:
        """Mean nats per character, and the seconds that it took to measure them."""
        began = time.monotonic()
        with autocast(self._learner.bfloat16):
            nats = held_out_nats(self._learner.model, ids)
        return nats, time.monotonic() - began

    def vouch(self) -> None:
        """The loss after the last evaluation was sound: without a held-out part, that is what
        makes the weights of that moment the latest good ones."""
        if self._candidate is not None:
            (self.best, self.best_step), self._candidate = self._candidate, None

    def plan_cosines(self, epoch: int) -> None:
        """The run begins, with `epoch` minibatches in each epoch: of cosines, if it has no end."""
        config = self._learner.config
        if config.open_ended and config.schedule == "cosine":
            self._length = epoch * max(FIRST_EPOCHS, math.ceil(_STEPS / epoch))

    def turn(self, step: int) -> None:
        """Where a cosine ends at this step: begin another one, if it was worth it."""
        if not self._length or step - self._begun < self._length:
            return
        self.evaluate(step)
        if self.best_nats < self._before - _GAIN:
            self._before, self._begun, self._length = self.best_nats, step, 2 * self._length
            self.use_best()

    def descended(self, step: int) -> float:
        """How far down the learning rate of an open-ended run, or of the plateau schedule, is at a
        step, 0 … 1: at 1 the run is over."""
        if self._length:
            return min(1.0, (step - self._begun) / self._length)
        if self._down is None:
            return 0.0
        return min(1.0, (step - self._down) / max(1.0, _DESCENT * (self._down - self._begun)))

    def use_best(self) -> None:
        """Put the best weights back into the model."""
        self._learner.model.load_state_dict(self.best)

    def best_model(self) -> CharRNN:
        """A model of its own with the best weights."""
        with torch.device("meta"):  # without first weights, which would draw random numbers
            model = CharRNN(self._learner.model.config, self._learner.model.vocabulary_size)
        weights = {name: weight.clone() for name, weight in self.best.items()}
        model.load_state_dict(weights, assign=True)
        return model

    def counters(self) -> dict[str, Any]:
        """What to save beside the best weights, as JSON."""
        best = self.best_nats if math.isfinite(self.best_nats) else None
        return {
            "nats": self.nats,
            "best_nats": best,
            "best_step": self.best_step,
            "begun": self._begun,
            "down": self._down,
            "length": self._length,
            "before": self._before if math.isfinite(self._before) else None,
            "stale": self._stale,
            "step": self._step,
            "measured": len(self._held_out),
            "candidate": self._candidate is not None,  # the weights of the moment
        }

    def restore(self, best: dict[str, Tensor], counters: dict[str, Any]) -> None:
        """The reverse of `counters`, with the best weights."""
        self.best = best
        self.nats = counters["nats"]
        self.best_nats = math.inf if counters["best_nats"] is None else counters["best_nats"]
        self.best_step, self._step = counters["best_step"], counters["step"]
        self._begun, self._down = counters["begun"], counters["down"]
        self._stale, self._length = counters["stale"], counters["length"]
        self._before = math.inf if counters["before"] is None else counters["before"]
        self._held_out = self._held_out[: counters["measured"]]
        if counters["candidate"]:
            self._candidate = self._learner.weights(), self._step

    def begin_anew(self, step: int) -> None:
        """A finished run goes on from a step: the learning rate starts from the top."""
        self._begun, self._down, self._stale, self._before = step, None, 0, math.inf
