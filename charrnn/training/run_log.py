"""What a run keeps of its own events, within limits: its log, and its samples.

The log has at most MAX_LOG_ROWS `progress` events: when it is full, every second one is dropped.
The samples of a run have a budget of bytes that follows from its settings (`samples_budget`), so
that disk space can be reserved before the run begins. Samples that are due, at fixed fractions of
the run and its end, are always taken; extra ones only while the budget lasts, spread over the run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from .config import TrainingConfig
from .events import Event

MAX_LOG_ROWS = 4_000
MIN_SAMPLES_BYTES, MAX_SAMPLES_BYTES = 64 << 10, 2 << 20

_DUE = 5  # samples of each prefix: at fixed fractions of a run, and at its end
_ASKED = 20  # more samples of each prefix, on request
_CHARACTER_BYTES = 3  # in UTF-8, in most scripts at most
_EVENT_BYTES = 100  # of a sample without its text
_FIRST_SHARE = 0.1  # share of the budget that is free at the beginning of a run


def samples_budget(config: TrainingConfig, prefixes: Sequence[str]) -> int:
    """Return how many bytes the samples of a run may have, as JSON."""
    count = _DUE + _ASKED
    if config.epochs is not None and config.sample_every is not None:
        count += config.epochs // config.sample_every
    texts = (_CHARACTER_BYTES * (len(prefix) + config.sample_length) for prefix in prefixes)
    size = count * sum(_EVENT_BYTES + text for text in texts)
    return min(max(size, MIN_SAMPLES_BYTES), MAX_SAMPLES_BYTES)


class RunLog:
    """The log and the samples of one run."""

    def __init__(self, config: TrainingConfig, prefixes: Sequence[str]) -> None:
        self.log: list[Event] = []
        self.samples: list[Event] = []
        self.budget = samples_budget(config, prefixes)
        self._bytes = 0  # of all samples that the run has written
        self._kept_bytes = 0  # of those that are still in `samples`
        self._latest_bytes = 0  # of the latest, one for each prefix

    def add_progress(self, event: Event) -> None:
        """Add a `progress` event to the log."""
        self.log.append(event)
        if len(self.log) > MAX_LOG_ROWS:
            self.log = [*self.log[:-1:2], event]

    def add_samples(self, events: Sequence[Event]) -> None:
        """Add the `sample` events of one step, one for each prefix."""
        self.samples += events
        self._latest_bytes = sum(map(_size, events))
        self._bytes += self._latest_bytes
        self._kept_bytes += self._latest_bytes
        while self._kept_bytes > self.budget and len(self.samples) > len(events):
            self._thin()

    def has_room(self, fraction_done: float = 1.0) -> bool:
        """Check whether extra samples fit at this point of the run."""
        allowed = self.budget * max(fraction_done, _FIRST_SHARE)
        return self._bytes + self._latest_bytes <= allowed

    def counters(self) -> dict[str, Any]:
        """Return what to save, as JSON."""
        return {"log": self.log, "samples": self.samples, "samples_bytes": self._bytes}

    def restore(self, counters: Mapping[str, Any]) -> None:
        """Restore what `counters` returned."""
        self.log, self.samples = counters["log"], counters["samples"]
        self._kept_bytes = sum(map(_size, self.samples))
        self._bytes = counters.get("samples_bytes", self._kept_bytes)  # older states have no sum

    def _thin(self) -> None:
        """Drop the samples of every second step; the first and the last ones stay."""
        steps = sorted({sample["step"] for sample in self.samples})
        kept = {*steps[::2], steps[-1]} if len(steps) > 2 else {steps[-1]}
        self.samples = [sample for sample in self.samples if sample["step"] in kept]
        self._kept_bytes = sum(map(_size, self.samples))


def _size(sample: Event) -> int:
    return len(json.dumps(sample, ensure_ascii=False).encode())
