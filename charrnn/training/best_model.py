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
from .metrics import finite_perplexity
from .plateau import Descent
from .step import Learner

_TRAINING = 24  # times as long as an evaluation takes, at least, is trained between two of them,
_AT_FIRST = 4  # but sooner after the first ones: a watcher wants to see the model begin to learn
_LOOK = 0.015  # of the time of a run, at most, that one evaluation may take;
_GLANCE, _LONGEST = 16_384, 0.06  # so many characters it measures even so, up to that share,
_FEWEST = 8_193  # and so many whatever it takes
_PATIENT = 60.0  # seconds that count as the time of a run with no end set
_AT_ONCE = 1.0  # seconds that somebody who pressed stop is made to wait, at most


class Selection:
    """Evaluates the model now and then and remembers the best weights so far.

    What is called nats is the mean per character. What it measures also tells the `descent` of the
    learning rate when to begin, which it does from the best weights.

    A held-out part that is not `trusted`, since it is of another kind than the rest, decides only
    once the model does better on it than a blind guess; until then the latest weights are kept.
    """

    def __init__(self, learner: Learner, held_out: Ids, *, trusted: bool = True) -> None:
        self._learner, self._held_out = learner, held_out
        self._blind_guess = math.inf if trusted else math.log(learner.model.vocabulary_size)
        self.descent = Descent(learner.config)
        self.nats: float | None = None  # as last measured
        self.best_nats, self.best_step = math.inf, 0
        self.best_train: float | None = None  # nats of the minibatches up to the best step
        self.best: dict[str, Tensor] = learner.weights()
        self._took: deque[float] = deque(maxlen=3)  # seconds, of the last evaluations
        self._looks, self._next = 0, -math.inf  # how many there were; when another one is due
        self._step = -1
        self._candidate: tuple[dict[str, Tensor], int, float | None] | None = None

    @property
    def perplexity(self) -> float | None:
        """On the held-out part, as last measured; None where it never was, or overflowed."""
        return finite_perplexity(self.nats)

    @property
    def best_perplexity(self) -> float | None:
        """The held-out perplexity of the kept weights."""
        return finite_perplexity(self.best_nats)

    @property
    def kept(self) -> dict[str, float | None]:
        """Perplexities of the kept weights, measured at the same step."""
        return {
            "train_perplexity": finite_perplexity(self.best_train),
            "validation_perplexity": self.best_perplexity,
        }

    def results(self, last_train: float | None) -> dict[str, float | None]:
        """Perplexities of the kept weights, and those of now; `last_train` is in nats."""
        return {
            **self.kept,
            "last_train_perplexity": finite_perplexity(last_train),
            "last_validation_perplexity": self.perplexity,
        }

    @property
    def seconds(self) -> float:
        """What an evaluation takes; a stall of a busy machine does not count."""
        return min(self._took, default=0.0)

    def fit(self, budget: float | None) -> None:
        """Measure no more of the held-out part than a run of `budget` seconds has the time for:
        its beginning, where that is too little for all of it."""
        if len(self._held_out) <= _FEWEST:
            return
        few = self._held_out[:_FEWEST]
        took = min(self._timed(few)[1] for _ in range(2))  # the first pays for what is set up
        # What all the time of the run would be enough for:
        whole = (_PATIENT if budget is None else budget) / took * _FEWEST
        most = max(_FEWEST, int(_LOOK * whole), min(_GLANCE, int(_LONGEST * whole)))
        self._held_out = self._held_out[:most]

    def due(self) -> bool:
        """Whether another evaluation leaves the training its share of the time."""
        return time.monotonic() >= self._next

    def evaluate(self, step: int, *, train: float | None = None, hurried: bool = False) -> None:
        """Measure the weights of this step, once, and keep them if they are the best.

        `train` is the mean nats of the minibatches that led to them. `hurried` skips a measurement
        that would take long: the last one then decides which weights are kept, or, where there was
        none, the latest are.
        """
        if step == self._step:
            return
        slow = self.seconds > _AT_ONCE or (not self._took and len(self._held_out) > _GLANCE)
        if len(self._held_out) < 2 or (hurried and slow and self.nats is None):
            self._step, self._candidate = step, (self._learner.weights(), step, train)
            return
        if hurried and slow:
            return
        self._step = step
        self.nats, took = self._timed(self._held_out)
        self._took.append(took)
        self._looks += 1
        wait = min(_TRAINING, _AT_FIRST * self._looks**2)
        self._next = time.monotonic() + wait * self.seconds
        begins = self.descent.begins(step, self.nats, self.best_nats, self.best_step)
        undecided = min(self.nats, self.best_nats) >= self._blind_guess
        if self.nats < self.best_nats or undecided:
            self.best_nats, self.best_step, self.best_train = self.nats, step, train
            self.best = self._learner.weights()
        elif begins:
            self.use_best()

    def _timed(self, ids: Ids) -> tuple[float, float]:
        """Mean nats per character, and the seconds that it took to measure them."""
        began = time.monotonic()
        with self._learner.arithmetic.forward():
            nats = held_out_nats(self._learner.model, ids)
        return nats, time.monotonic() - began

    def vouch(self) -> None:
        """The loss after the last evaluation was sound: without a held-out part, that is what
        makes the weights of that moment the latest good ones."""
        if self._candidate is not None:
            self.best, self.best_step, self.best_train = self._candidate
            self._candidate = None

    def turn(self, step: int, *, train: float | None = None) -> None:
        """Where a cosine ends at this step: begin another one, if it was worth it."""
        if not self.descent.ends_cosine(step):
            return
        self.evaluate(step, train=train)
        if self.descent.begins_cosine(step, self.best_nats):
            self.use_best()

    def use_best(self) -> None:
        """Put the best weights back into the model."""
        self._learner.put_back(self.best)

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
            "best_train": self.best_train,
            "step": self._step,
            "measured": len(self._held_out),
            "candidate": self._candidate is not None,  # the weights of the moment
            "candidate_train": self._candidate and self._candidate[2],
            **self.descent.counters(),
        }

    def restore(self, best: dict[str, Tensor], counters: dict[str, Any]) -> None:
        """The reverse of `counters`, with the best weights."""
        self.best = best
        self.nats = counters["nats"]
        self.best_nats = math.inf if counters["best_nats"] is None else counters["best_nats"]
        self.best_step, self._step = counters["best_step"], counters["step"]
        self.best_train = counters.get("best_train")  # older points have none
        self.descent.restore(counters)
        self._held_out = self._held_out[: counters["measured"]]
        if counters["candidate"]:
            train = counters.get("candidate_train")
            self._candidate = self._learner.weights(), self._step, train
