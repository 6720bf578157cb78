"""The progress of a run, its learning rate there, and when the learning rate decays."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .config import TrainingConfig

# The first cosine of an open-ended run has at least this many epochs, and this many steps.
FIRST_COSINE_EPOCHS, FIRST_COSINE_STEPS = 20, 2000

_MIN_CLOSING_SECONDS = 0.05  # kept back at the end of a time budget, besides the measured closing
_MAX_CLOSING_SHARE = 0.25  # share of a time budget that is kept back at most
_PLATEAU_FLOOR = 0.01  # learning rate at the end of the plateau schedule, as a share of the peak
PATIENCE = 6  # evaluations without improvement before the plateau schedule decays
# Steps without improvement before it decays, as a share of the steps up to the last improvement.
_MIN_WAIT_SHARE = 0.25
_DECAY_SHARE = 0.75  # steps that the decay takes, as a share of the steps before it
_MIN_IMPROVEMENT_NATS = 1e-4  # how far below the best loss counts as an improvement
_MIN_COSINE_GAIN_NATS = 0.001  # by which a cosine must lower the best loss for another to follow


@dataclass(frozen=True)
class Segment:
    """Where a run, or its continuation, begins: the seconds and epochs before it.

    A run that is continued after it finished is trained in several segments; one that was stopped
    and resumed is still in the same segment. In `run.json` the latest segment is the key `leg`.

    The learning-rate schedule and the sample marks run from here to the end.
    """

    seconds: float = 0.0
    epochs: float = 0.0


@dataclass(frozen=True)
class RunProgress:
    """The length of a run in epochs or seconds, or open-ended, and what follows from it.

    Its methods take the position of the run: the seconds and epochs so far, and the
    `fraction_decayed` of its schedule (`DecaySchedule`).
    """

    config: TrainingConfig
    segment: Segment = Segment()

    def fraction_done(self, seconds: float, epochs: float, fraction_decayed: float) -> float:
        """Return how much of the segment is done, 0 … 1.

        For an open-ended run this is the fraction that its schedule has decayed.
        """
        if self.config.epochs is not None:
            begun, end, now = self.segment.epochs, float(self.config.epochs), epochs
        elif self.config.seconds is not None:
            begun, end, now = self.segment.seconds, self.config.seconds, seconds
        else:
            return fraction_decayed
        return min(1.0, max(0.0, (now - begun) / (end - begun))) if end > begun else 1.0

    def is_over(
        self, seconds: float, epochs: float, fraction_decayed: float, *, closing: float
    ) -> bool:
        """Check whether training ends here; `closing` is how many seconds its last steps take."""
        if self.config.epochs is not None:
            return epochs >= self.config.epochs
        if self.config.seconds is not None:
            budget = self.config.seconds - self.segment.seconds
            kept_back = min(closing + _MIN_CLOSING_SECONDS, _MAX_CLOSING_SHARE * budget)
            return seconds + kept_back >= self.config.seconds
        return fraction_decayed >= 1

    def learning_rate(self, seconds: float, epochs: float, fraction_decayed: float) -> float:
        """Return the learning rate now; the plateau schedule decays linearly."""
        if self.config.schedule == "plateau":
            return self.config.learning_rate * (1 - (1 - _PLATEAU_FLOOR) * fraction_decayed)
        return learning_rate_at(
            self.fraction_done(seconds, epochs, fraction_decayed),
            peak=self.config.learning_rate,
            schedule=self.config.schedule,
        )

    def remaining_seconds(
        self, seconds: float, epochs: float, fraction_decayed: float
    ) -> float | None:
        """Estimate the seconds left; None before the first step and in an open-ended run."""
        if self.config.epochs is not None:
            done = self.fraction_done(seconds, epochs, fraction_decayed)
            left = (seconds - self.segment.seconds) * (1 - done) / done if done > 0 else None
            return None if left is None else round(left, 2)
        if self.config.seconds is not None:
            return max(0.0, round(self.config.seconds - seconds, 2))
        return None


def learning_rate_at(
    fraction_done: float,
    *,
    peak: float,
    schedule: str,
    warm_up: float = 0.02,
    floor: float = 0.02,
) -> float:
    """Return the learning rate when `fraction_done` (0 … 1) of the run is over.

    "constant" stays at `peak`; "cosine" rises over the first `warm_up` of the run and falls along
    half a cosine to `floor` times the peak at its end.
    """
    if schedule == "constant":
        return peak
    if fraction_done < warm_up:
        return peak * max(fraction_done / warm_up, 0.05)
    fallen = (1 + math.cos(math.pi * min(1.0, (fraction_done - warm_up) / (1 - warm_up)))) / 2
    return peak * (floor + (1 - floor) * fallen)


class DecaySchedule:
    """Decides when the learning rate decays, and so when an open-ended run ends.

    The plateau schedule begins to decay when the validation loss has not improved for a while. An
    open-ended run with the cosine schedule consists of several cosines, each from the best weights
    so far and twice as long as the one before, until one gains nothing (warm restarts: Loshchilov
    and Hutter 2017). Losses are mean nats per character.
    """

    def __init__(self, config: TrainingConfig) -> None:
        self._config = config
        self._decays = config.open_ended or config.schedule == "plateau"
        self._decay_step: int | None = None  # the step at which the decay began
        self._begun = self._stale = 0  # the step of the last start; evaluations without improvement
        self._cosine_steps = 0  # length of the current cosine; 0 if the run has none
        self._loss_before = math.inf  # the best loss before the current cosine

    def start_cosines(self, epoch_steps: int) -> None:
        """Start the first cosine of an open-ended run, with `epoch_steps` minibatches an epoch."""
        if self._config.open_ended and self._config.schedule == "cosine":
            epochs = max(FIRST_COSINE_EPOCHS, math.ceil(FIRST_COSINE_STEPS / epoch_steps))
            self._cosine_steps = epoch_steps * epochs

    def fraction_decayed(self, step: int) -> float:
        """Return how far the decay has come at a step, 0 … 1; at 1 an open-ended run is over."""
        if self._cosine_steps:
            return min(1.0, (step - self._begun) / self._cosine_steps)
        if self._decay_step is None:
            return 0.0
        length = max(1.0, _DECAY_SHARE * (self._decay_step - self._begun))
        return min(1.0, (step - self._decay_step) / length)

    def maybe_begin_decay(self, step: int, loss: float, best_loss: float, best_step: int) -> bool:
        """Begin the decay of the plateau schedule here if it is due; return whether it began.

        `loss` was measured here, and the best loss before, `best_loss`, at `best_step`. The caller
        then continues from the best weights.
        """
        self._stale = 0 if loss < best_loss - _MIN_IMPROVEMENT_NATS else self._stale + 1
        decaying = bool(self._cosine_steps) or self._decay_step is not None
        if not self._decays or decaying or loss < best_loss:
            return False
        since = max(best_step, self._begun)
        waited = step - since >= _MIN_WAIT_SHARE * (since - self._begun)
        if self._stale < PATIENCE or not waited:
            return False
        self._decay_step = step
        return True

    def cosine_ended(self, step: int) -> bool:
        """Check whether a cosine ends at this step, so that its gain has to be measured."""
        return self._cosine_steps > 0 and step - self._begun >= self._cosine_steps

    def maybe_restart_cosine(self, step: int, best_loss: float) -> bool:
        """Start another cosine at this step if the last one gained enough; return whether it did.

        The caller then continues from the best weights.
        """
        if best_loss >= self._loss_before - _MIN_COSINE_GAIN_NATS:
            return False
        self._loss_before, self._begun = best_loss, step
        self._cosine_steps = 2 * self._cosine_steps
        return True

    def restart(self, step: int) -> None:
        """Start at the peak again: a finished run is continued from a step."""
        self._begun, self._decay_step, self._stale = step, None, 0

    def counters(self) -> dict[str, Any]:
        """Return what to save, as JSON."""
        best = self._loss_before if math.isfinite(self._loss_before) else None
        return {
            "begun": self._begun,
            "down": self._decay_step,  # the step at which the decay began, None before
            "length": self._cosine_steps,  # of the current cosine
            "before": best,  # the best loss before the current cosine
            "stale": self._stale,
        }

    def restore(self, counters: dict[str, Any]) -> None:
        """Restore what `counters` returned."""
        self._begun, self._decay_step = counters["begun"], counters["down"]
        self._stale, self._cosine_steps = counters["stale"], counters["length"]
        self._loss_before = math.inf if counters["before"] is None else counters["before"]
