"""What a run has done so far, and the events that tell it: its clock, its reports, its samples."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from ..corpus import Corpus
from ..model import ModelConfig
from . import holdout
from .best_model import Selection
from .config import TrainingConfig
from .events import Event
from .metrics import WINDOW, Meter, Window, finite_perplexity
from .recording import Recording
from .sampler import Sampler
from .schedule import Pace
from .step import Learner


class Recorder:
    """The state of a run, of which `trainer.Trainer` is the part that changes it."""

    def __init__(
        self,
        corpus: Corpus,
        model: ModelConfig,
        training: TrainingConfig,
        prefixes: Sequence[str],
    ) -> None:
        self.corpus, self.config, self.prefixes = corpus, training, tuple(prefixes)
        self.step = self.epoch = self.position = 0
        self._elapsed_before, self._began = 0.0, time.monotonic()
        self.pace = Pace(training)
        self.minibatches = training.minibatches(corpus.training, 0)
        counts = corpus.counts() if training.prior else None
        self.learner = Learner(model, training, len(corpus.vocabulary), counts)
        self.warnings = holdout.check(corpus)
        trusted = not holdout.DOUBTFUL & {warning.code for warning in self.warnings}
        self.selection = Selection(self.learner, corpus.held_out, trusted=trusted)
        self.window = min(WINDOW, self.minibatches.characters)
        self.meter = Meter(Window(self.window))
        self.train_perplexity: float | None = None
        self.recording = Recording(training, self.prefixes)
        self.sampler = Sampler(self.learner, corpus.vocabulary, self.prefixes, self.recording)
        self._reported_step, self._reported_at = -1, 0.0
        self._rate_used = self.pace.rate(*self._now())
        self._broken = False

    def _now(self) -> tuple[float, float, float]:
        """How far the run is: in seconds, in epochs, and down the plateau schedule."""
        part = self.position / len(self.minibatches) if self.position else 0.0
        return self._clock(), self.epoch + part, self.selection.descent.descended(self.step)

    def _trained_nats(self) -> float | None:
        """Mean nats of the minibatches up to here, as they were trained on: of the epoch that ends
        here in a run counted by epochs, else of the latest ones."""
        whole = self.config.epochs is not None and self.position in (0, len(self.minibatches))
        return (self.meter.epoch if whole else self.meter.window).mean_nats

    def _progress(self, trained: float | None = None) -> Event:
        """The event; `trained` are the mean nats of training if not those since the last report."""
        meter, now = self.meter, self._clock()
        if trained is None:
            trained = (meter.since_report if self.config.epochs is None else meter.epoch).mean_nats
        if trained is not None:
            self.train_perplexity = finite_perplexity(trained)
        event = self._event(
            "progress",
            step=self.step,
            epoch=round(self._now()[1], 4),
            train_perplexity=self.train_perplexity,
            validation_perplexity=self.selection.perplexity,
            learning_rate=self._rate_used,
            remaining_seconds=self.pace.remaining(*self._now()),
            **meter.report(now),
        )
        self.recording.add_progress(event)
        self._reported_at, self._reported_step = now, self.step
        return event

    def _due_samples(self, *, asked: bool = False) -> Iterator[Event]:
        due = self.sampler.due(self.pace.share(*self._now()))
        if asked or due:
            yield from self._write_samples(extra=not due)

    def _write_samples(self, *, extra: bool = False, share: float = 1.0) -> Iterator[Event]:
        event = partial(self._event, step=self.step)
        yield from self.sampler.write(event, extra=extra, share=share)
        self._broken = self._broken or self.sampler.overflowed

    def _event(self, name: str, **details: Any) -> Event:
        return {"event": name, "seconds": round(self._clock(), 3), **details}

    def _clock(self) -> float:
        return self._elapsed_before + time.monotonic() - self._began
