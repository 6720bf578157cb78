"""Running sums of a training run: loss, gradient norm, speed."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import asdict, dataclass, field
from typing import Any

from ..evaluation import perplexity

_BLOCKS = 16  # of a window, which moves on by one block at a time
WINDOW = 10_000  # characters that the training perplexity is averaged over, at most


@dataclass
class RunningTotals:
    """Sums over minibatches and updates. The names are keys in the resume state."""

    nats: float = 0.0  # the loss, summed over characters
    characters: int = 0
    updates: int = 0
    norms: float = 0.0
    clipped: int = 0

    def add(self, loss: float, characters: int, norm: float | None, clip: float | None) -> None:
        """Add a minibatch: its mean loss, its characters, and its gradient norm, if any."""
        self.nats += loss * characters
        self.characters += characters
        if norm is not None:
            self.updates += 1
            self.norms += norm
            self.clipped += clip is not None and norm > clip

    @property
    def mean_loss(self) -> float | None:
        """The mean loss in nats per character; None before the first minibatch."""
        return self.nats / self.characters if self.characters else None


@dataclass
class Window:
    """Sums over the latest minibatches: as many as hold `size` characters, or one block more."""

    size: int
    blocks: deque[list[float]] = field(default_factory=deque)  # [summed nats, characters] each

    def add(self, loss: float, characters: int) -> None:
        """Add a minibatch's mean loss and its characters; drop what is no longer needed."""
        if self.blocks and self.blocks[-1][1] < self.size / _BLOCKS:
            self.blocks[-1][0] += loss * characters
            self.blocks[-1][1] += characters
        else:
            self.blocks.append([loss * characters, characters])
        while self.characters - self.blocks[0][1] >= self.size:
            self.blocks.popleft()

    @property
    def characters(self) -> float:
        """How many characters the sums are over."""
        return sum(characters for _, characters in self.blocks)

    @property
    def mean_loss(self) -> float | None:
        """The mean loss in nats per character; None before the first minibatch."""
        return sum(nats for nats, _ in self.blocks) / self.characters if self.blocks else None


@dataclass
class Meter:
    """Sums since the epoch began, since the last report and over the latest minibatches.

    It also measures the speed of training.
    """

    window: Window
    epoch: RunningTotals = field(default_factory=RunningTotals)
    since_report: RunningTotals = field(default_factory=RunningTotals)
    characters_seen: int = 0
    _marks: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=12))

    def start(self, elapsed: float) -> None:
        """Begin to measure speed here."""
        self._marks.append((elapsed, self.characters_seen))

    def add(self, loss: float, characters: int, norm: float | None, clip: float | None) -> None:
        """Add a minibatch; see `RunningTotals.add`."""
        self.characters_seen += characters
        self.epoch.add(loss, characters, norm, clip)
        self.since_report.add(loss, characters, norm, clip)
        self.window.add(loss, characters)

    def speed(self, elapsed: float) -> float:
        """Return training characters per second over the last dozen reports, all work included."""
        self._marks.append((elapsed, self.characters_seen))
        (then, before), (now, after) = self._marks[0], self._marks[-1]
        return (after - before) / (now - then) if now > then else 0.0

    def report(self, elapsed: float) -> dict[str, Any]:
        """Return a `progress` event's fields about the minibatches since the last one; reset."""
        recent = self.since_report if self.since_report.updates else self.epoch
        self.since_report = RunningTotals()
        return {
            "characters_seen": self.characters_seen,
            "gradient_norm": recent.norms / recent.updates if recent.updates else None,
            "clipped": recent.clipped / recent.updates if recent.updates else None,
            "characters_per_second": round(self.speed(elapsed), 1),
        }

    def counters(self) -> dict[str, Any]:
        """Return the sums as JSON."""
        return {
            "epoch": asdict(self.epoch),
            "since_report": asdict(self.since_report),
            "characters_seen": self.characters_seen,
            "window": list(self.window.blocks),
        }

    @classmethod
    def restored(cls, counters: dict[str, Any], window: int) -> Meter:
        """Rebuild a meter from what `counters` returned, and its window (in characters)."""
        return cls(
            Window(window, deque(counters.get("window", []))),  # older states have none
            RunningTotals(**counters["epoch"]),
            RunningTotals(**counters["since_report"]),
            counters["characters_seen"],
        )


def finite_perplexity(loss: float | None) -> float | None:
    """Return exp(loss), or None without a loss or if that overflows, since JSON has no infinity."""
    value = None if loss is None else perplexity(loss)
    return value if value is not None and math.isfinite(value) else None
