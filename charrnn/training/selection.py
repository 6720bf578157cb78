"""Which weights of a run are kept: the best on held-out text, or without any the latest."""

from __future__ import annotations

import math
import time
from typing import Any

import torch
from torch import Tensor

from ..evaluation import held_out_nats
from ..model import CharRNN
from ..vocabulary import Ids
from .learner import Learner

_PATIENCE = 6  # evaluations without improvement before the plateau schedule goes down
_DESCENTS = 3  # times it goes down before it has nothing left to try
_SHARE = 0.1  # of the time of a run may go into evaluation,
_GRACE = 0.2  # after the first moment, in seconds
_AT_ONCE = 25_000  # characters that are measured at once, whatever it takes
_FORWARD = 0.5  # of what training on a text takes, at most, goes into reading it


class Selection:
    """Evaluates the model now and then and remembers the best weights so far.

    All perplexities here are mean nats per character. In an open-ended run, and with the plateau
    schedule, it also counts the descents of the learning rate: one each time that nothing has
    improved for a while.
    """

    def __init__(self, learner: Learner, held_out: Ids) -> None:
        self._learner, self._held_out = learner, held_out
        config = learner.config
        self._descends = config.open_ended or config.schedule == "plateau"
        self.nats: float | None = None  # as last measured
        self.best_nats, self.best_step = math.inf, 0
        self.best: dict[str, Tensor] = learner.weights()
        self.descents = 0
        self.seconds = 0.0  # that the last evaluation took
        self._stale = 0
        self._spent = 0.0
        self._step = -1
        self._candidate: tuple[dict[str, Tensor], int] | None = None

    def expect(self, characters_per_second: float) -> None:
        """Before the first evaluation: how long it will take, from the speed of training."""
        many = len(self._held_out) > _AT_ONCE
        if many and not self._spent and characters_per_second > 0:
            self.seconds = _FORWARD * len(self._held_out) / characters_per_second

    def affordable(self, elapsed: float) -> bool:
        """Whether another evaluation keeps to its share of the time."""
        return self._spent + self.seconds <= _SHARE * elapsed + _GRACE

    def evaluate(self, step: int) -> None:
        """Measure the weights of this step, once, and keep them if they are the best."""
        if step == self._step:
            return
        self._step = step
        if len(self._held_out) < 2:
            self._candidate = self._learner.weights(), step
            return
        began = time.monotonic()
        self.nats = held_out_nats(self._learner.model, self._held_out)
        self.seconds = time.monotonic() - began
        self._spent += self.seconds
        self._stale = 0 if self.nats < self.best_nats - 1e-4 else self._stale + 1
        if self.nats < self.best_nats:
            self.best_nats, self.best_step = self.nats, step
            self.best = self._learner.weights()
        elif self._stale >= _PATIENCE and self._descends:
            self._stale, self.descents = 0, self.descents + 1
            self.use_best()

    def vouch(self) -> None:
        """The loss after the last evaluation was sound: without a held-out part, that is what
        makes the weights of that moment the latest good ones."""
        if self._candidate is not None:
            (self.best, self.best_step), self._candidate = self._candidate, None

    @property
    def descended(self) -> float:
        """How far down the plateau schedule is, 0 … 1: at 1 the run is over."""
        return min(1.0, self.descents / (_DESCENTS + 1))

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
            "descents": self.descents,
            "stale": self._stale,
            "spent": self._spent,
            "step": self._step,
        }

    def restore(self, best: dict[str, Tensor], counters: dict[str, Any]) -> None:
        """The reverse of `counters`, with the best weights."""
        self.best = best
        self.nats = counters["nats"]
        self.best_nats = math.inf if counters["best_nats"] is None else counters["best_nats"]
        self.best_step, self.descents = counters["best_step"], counters["descents"]
        self._stale, self._spent = counters["stale"], counters["spent"]
        self._step = counters["step"]

    def begin_anew(self) -> None:
        """A finished run goes on: the plateau schedule starts from the top."""
        self.descents = self._stale = 0
