"""How far a run is: its share done, its learning rate, what remains, whether it is over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .optimizer import learning_rate_at

if TYPE_CHECKING:
    from .config import TrainingConfig

_CLOSING = 0.05  # seconds kept back at the end of a time budget besides what was measured
_FLOOR = 0.01  # of the learning rate, at the end of the plateau schedule
_MOST = 0.25  # of a time budget that may be kept back


@dataclass(frozen=True)
class Leg:
    """Where a run, or its continuation, begins: seconds and epochs already behind it.

    The learning-rate schedule and the sample marks run from here to the end.
    """

    seconds: float = 0.0
    epochs: float = 0.0


@dataclass(frozen=True)
class Pace:
    """The length of a run in epochs or seconds, or open-ended, and what follows from it."""

    config: TrainingConfig
    leg: Leg = Leg()

    def share(self, seconds: float, epochs: float, descended: float) -> float:
        """How much of this leg is done, 0 … 1; an open-ended run is as far as `descended`, the
        share of its cosine, or of the plateau schedule, that lies behind it."""
        if self.config.epochs is not None:
            begun, end, now = self.leg.epochs, float(self.config.epochs), epochs
        elif self.config.seconds is not None:
            begun, end, now = self.leg.seconds, self.config.seconds, seconds
        else:
            return descended
        return min(1.0, max(0.0, (now - begun) / (end - begun))) if end > begun else 1.0

    def over(self, seconds: float, epochs: float, descended: float, *, closing: float) -> bool:
        """Whether training ends here; `closing` is how long what comes after it will take."""
        if self.config.epochs is not None:
            return epochs >= self.config.epochs
        if self.config.seconds is not None:
            kept_back = min(closing + _CLOSING, _MOST * (self.config.seconds - self.leg.seconds))
            return seconds + kept_back >= self.config.seconds
        return descended >= 1

    def rate(self, seconds: float, epochs: float, descended: float) -> float:
        """The learning rate now. The plateau schedule falls along a straight line on its way
        down."""
        if self.config.schedule == "plateau":
            return self.config.learning_rate * (1 - (1 - _FLOOR) * descended)
        return learning_rate_at(
            self.share(seconds, epochs, descended),
            peak=self.config.learning_rate,
            schedule=self.config.schedule,
        )

    def remaining(self, seconds: float, epochs: float, descended: float) -> float | None:
        """Seconds left, None where nobody can say."""
        if self.config.epochs is not None:
            share = self.share(seconds, epochs, descended)
            left = (seconds - self.leg.seconds) * (1 - share) / share if share > 0 else None
            return None if left is None else round(left, 2)
        if self.config.seconds is not None:
            return max(0.0, round(self.config.seconds - seconds, 2))
        return None
