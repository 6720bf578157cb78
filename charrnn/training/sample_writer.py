"""Texts that the model writes during training: at fixed fractions of the run, and on request."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ..errors import UserError
from ..vocabulary import Vocabulary
from .events import Clock, Event
from .run_log import RunLog
from .step import TrainStep

# Fractions of a run after which a sample is written; another one is written at its end.
SAMPLE_FRACTIONS = (0.0, 0.1, 0.25, 0.5)
FEWER_SAMPLES = (
    "The space for samples during training is used up: from here on there are fewer of them, or "
    "none."
)


class SampleWriter:
    """Write the samples of one run."""

    def __init__(
        self,
        train_step: TrainStep,
        vocabulary: Vocabulary,
        prefixes: Sequence[str],
        run_log: RunLog,
        clock: Clock,
    ) -> None:
        self._train_step, self._vocabulary, self._prefixes = train_step, vocabulary, prefixes
        self._run_log, self._clock = run_log, clock
        self._marks = list(SAMPLE_FRACTIONS)  # those at which a sample is still to be written
        self._noted = False  # whether the `note` that extra samples are left out was written
        self.seconds = 0.0  # that sampling took the last time
        self.overflowed = False  # whether the model's numbers overflowed

    def due(self, fraction_done: float) -> bool:
        """Check whether the run has passed one of `SAMPLE_FRACTIONS` since the last call."""
        before = len(self._marks)
        self._marks = [mark for mark in self._marks if mark > fraction_done]
        return len(self._marks) < before

    def write(
        self, event: Callable[..., Event], *, extra: bool, fraction_done: float = 1.0
    ) -> Iterator[Event]:
        """Sample every prefix; yield what `event` makes of an event's name and fields.

        `extra` samples, which are not due, are left out if the log has no room for them at this
        point of the run; a `note` event says so, once.
        """
        if extra and not self._run_log.has_room(fraction_done):
            if not self._noted:
                self._noted = True
                yield event("note", code="fewer-samples", message=FEWER_SAMPLES)
            return
        began = self._clock()
        try:
            texts = self._train_step.samples(self._vocabulary, self._prefixes)
        except UserError:  # the model overflows: its last update broke it
            self.overflowed = True
            return
        self.seconds = self._clock() - began
        pairs = zip(self._prefixes, texts, strict=True)
        samples = [event("sample", prefix=prefix, text=text) for prefix, text in pairs]
        self._run_log.add_samples(samples)
        yield from samples

    def begin_segment(self) -> None:
        """Expect all fractions but the first again: a finished run continues."""
        self._marks = list(SAMPLE_FRACTIONS[1:])

    def counters(self) -> dict[str, Any]:
        """Return what to save, as JSON."""
        return {"marks": self._marks}

    def restore(self, counters: Mapping[str, Any]) -> None:
        """Restore what `counters` returned."""
        self._marks = counters["marks"]
