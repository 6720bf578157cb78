"""Model selection: when to evaluate, and which weights to keep.

The best weights are those with the lowest validation loss or, if nothing is held out, the latest.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from ..evaluation.held_out import blocks_nats, limit_blocks
from ..model import CharRNN
from ..vocabulary import Ids
from .events import Clock
from .metrics import finite_perplexity
from .schedule import DecaySchedule
from .step import TrainStep

# Training time between two evaluations, at least, as a multiple of the time of an evaluation.
_TRAIN_TO_EVAL_RATIO = 24
# The same after the first evaluation; it grows, so that early ones show that the model learns.
_FIRST_TRAIN_TO_EVAL_RATIO = 4
_MAX_TIME_SHARE = 0.015  # share of a run's time that one evaluation may take
GLANCE_CHARACTERS = 16_384  # held-out characters for which an evaluation may take longer
_MAX_GLANCE_SHARE = 0.06  # share of a run's time that evaluating `GLANCE_CHARACTERS` may take
MIN_CHARACTERS = 8_193  # held-out characters that are evaluated even if that takes longer
_OPEN_ENDED_SECONDS = 60.0  # how long an open-ended run is taken to last
_SLOW_SECONDS = 1.0  # an evaluation that takes longer is skipped when a user presses stop


class BestModel:
    """Evaluate the model from time to time and keep the best weights so far.

    Losses are mean nats per character. Each evaluation also tells the `schedule` whether the
    learning rate should decay, which it does from the best weights.

    `held_out` are stretches of text, each evaluated from a zero state. They decide only once the
    model has learned something of them: once it beats `unlearned_loss`, that of a uniform guess
    unless another is given. Until then the latest weights are kept, not those of the first step.
    """

    def __init__(
        self,
        train_step: TrainStep,
        held_out: Sequence[Ids],
        *,
        unlearned_loss: float = math.inf,
        clock: Clock = time.monotonic,
        evaluate: Callable[[CharRNN, Ids], float] | None = None,
    ) -> None:
        """Evaluate `held_out` with `evaluate`, or each stretch as a text."""
        self._measure = evaluate
        self._train_step, self._held_out, self._clock = train_step, tuple(held_out), clock
        self._uniform_loss = math.log(train_step.model.vocabulary_size)
        self._decides_below = min(self._uniform_loss, unlearned_loss)
        self._max_characters: int | None = None  # of the held-out part, to be evaluated
        self.schedule = DecaySchedule(train_step.config)
        self.val_loss: float | None = None  # as last measured
        self.best_val_loss, self.best_step = math.inf, 0
        self.best_train_loss: float | None = None  # of the minibatches up to the best step
        self.best: dict[str, Tensor] = train_step.weights()
        self._durations: deque[float] = deque(maxlen=3)  # seconds, of the last evaluations
        self._evaluations = 0  # how many there were
        self._next_due = -math.inf  # when another one is due, by the clock
        self._step = -1
        self._candidate: tuple[dict[str, Tensor], int, float | None] | None = None

    @property
    def perplexity(self) -> float | None:
        """The latest validation perplexity; None if never evaluated, or if it overflowed."""
        return finite_perplexity(self.val_loss)

    @property
    def best_perplexity(self) -> float | None:
        """The validation perplexity of the kept weights."""
        return finite_perplexity(self.best_val_loss)

    @property
    def best_perplexities(self) -> dict[str, float | None]:
        """Training and validation perplexity of the kept weights, measured at the same step."""
        return {
            "train_perplexity": finite_perplexity(self.best_train_loss),
            "validation_perplexity": self.best_perplexity,
        }

    def results(self, last_train_loss: float | None) -> dict[str, float | None]:
        """Return perplexities of the kept and of the latest weights."""
        return {
            **self.best_perplexities,
            "last_train_perplexity": finite_perplexity(last_train_loss),
            "last_validation_perplexity": self.perplexity,
        }

    @property
    def evaluation_seconds(self) -> float:
        """How long an evaluation takes: the fastest of the last, to discount a busy machine."""
        return min(self._durations, default=0.0)

    def limit_held_out(self, budget: float | None) -> None:
        """Shorten the held-out part to what a run of `budget` seconds has the time to evaluate."""
        if self._characters <= MIN_CHARACTERS:
            return
        few = limit_blocks(self._held_out, MIN_CHARACTERS)
        took = min(self._timed(few)[1] for _ in range(2))  # the first includes set-up
        # How many characters all the time of the run would be enough for:
        in_all = (_OPEN_ENDED_SECONDS if budget is None else budget) / took * MIN_CHARACTERS
        most = max(
            MIN_CHARACTERS,
            int(_MAX_TIME_SHARE * in_all),
            min(GLANCE_CHARACTERS, int(_MAX_GLANCE_SHARE * in_all)),
        )
        self._limit(most)

    @property
    def _characters(self) -> int:
        """How many held-out characters are evaluated."""
        return sum(map(len, self._held_out))

    def _limit(self, most: int) -> None:
        if self._characters > most:
            self._held_out, self._max_characters = limit_blocks(self._held_out, most), most

    def due(self) -> bool:
        """Check whether another evaluation leaves training its share of the time."""
        return self._clock() >= self._next_due

    def evaluate(
        self, step: int, *, train_loss: float | None = None, skip_if_slow: bool = False
    ) -> None:
        """Evaluate the weights of this step, once, and keep them if they are the best.

        `train_loss` is the mean loss of the minibatches that led to them. `skip_if_slow` skips an
        evaluation that would take long: the last one then decides which weights are kept, or,
        without one, the latest are.
        """
        if step == self._step:
            return
        slow = self.evaluation_seconds > _SLOW_SECONDS or (
            not self._durations and self._characters > GLANCE_CHARACTERS
        )
        if self._characters < 2 or (skip_if_slow and slow and self.val_loss is None):
            self._step, self._candidate = step, (self._train_step.weights(), step, train_loss)
            return
        if skip_if_slow and slow:
            return
        self._step = step
        self.val_loss, took = self._timed(self._held_out)
        self._durations.append(took)
        self._evaluations += 1
        wait = min(_TRAIN_TO_EVAL_RATIO, _FIRST_TRAIN_TO_EVAL_RATIO * self._evaluations**2)
        self._next_due = self._clock() + wait * self.evaluation_seconds
        decay_begins = self.schedule.maybe_begin_decay(
            step, self.val_loss, self.best_val_loss, self.best_step
        )
        if self.val_loss < self.best_val_loss or self._is_undecided(self.val_loss, train_loss):
            self.best_val_loss, self.best_step = self.val_loss, step
            self.best_train_loss = train_loss
            self.best = self._train_step.weights()
        elif decay_begins:
            self.use_best()

    def _is_undecided(self, val_loss: float, train_loss: float | None) -> bool:
        """Check whether the held-out part says nothing yet, and the minibatches no worse."""
        learned = min(val_loss, self.best_val_loss) < self._decides_below
        return not learned and (train_loss is None or train_loss < self._uniform_loss)

    def _timed(self, blocks: Sequence[Ids]) -> tuple[float, float]:
        """Return the mean loss, and the seconds that measuring it took."""
        began = self._clock()
        with self._train_step.arithmetic.forward():
            loss = (
                blocks_nats(self._train_step.model, blocks)
                if self._measure is None
                else self._measure(self._train_step.model, blocks[0])
            )
        return loss, self._clock() - began

    def confirm_candidate(self) -> None:
        """Accept the pending weights: call after a finite loss when nothing is held out."""
        if self._candidate is not None:
            self.best, self.best_step, self.best_train_loss = self._candidate
            self._candidate = None

    def maybe_restart_schedule(self, step: int, *, train_loss: float | None = None) -> None:
        """Start another cosine if one ends at this step and has gained enough."""
        if not self.schedule.cosine_ended(step):
            return
        self.evaluate(step, train_loss=train_loss)
        if self.schedule.maybe_restart_cosine(step, self.best_val_loss):
            self.use_best()

    def use_best(self) -> None:
        """Load the best weights into the model."""
        self._train_step.load_weights(self.best)

    def build_model(self) -> CharRNN:
        """Build a separate model with the best weights."""
        with torch.device("meta"):  # without initial weights, which would draw random numbers
            model = CharRNN(self._train_step.model.config, self._train_step.model.vocabulary_size)
        weights = {name: weight.clone() for name, weight in self.best.items()}
        model.load_state_dict(weights, assign=True)
        return model

    def counters(self) -> dict[str, Any]:
        """Return what to save beside the best weights, as JSON."""
        best = self.best_val_loss if math.isfinite(self.best_val_loss) else None
        return {
            "nats": self.val_loss,  # in nats per character, as the next
            "best_nats": best,
            "best_step": self.best_step,
            "best_train": self.best_train_loss,
            "step": self._step,
            "measured": self._max_characters or self._characters,
            "candidate": self._candidate is not None,  # the current weights
            "candidate_train": self._candidate and self._candidate[2],
            **self.schedule.counters(),
        }

    def restore(self, best: dict[str, Tensor], counters: dict[str, Any]) -> None:
        """Restore the best weights and what `counters` returned."""
        self.best = best
        self.val_loss = counters["nats"]
        self.best_val_loss = math.inf if counters["best_nats"] is None else counters["best_nats"]
        self.best_step, self._step = counters["best_step"], counters["step"]
        self.best_train_loss = counters.get("best_train")  # older states have none
        self.schedule.restore(counters)
        self._limit(counters["measured"])
        if counters["candidate"]:
            train_loss = counters.get("candidate_train")
            self._candidate = self._train_step.weights(), self._step, train_loss
