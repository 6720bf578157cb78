"""The state of a run and the events made from it: its clock, progress reports and samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from ..corpus import Corpus
from ..evaluation.documents import document_nats
from ..model import CharRNN, ModelConfig
from ..vocabulary import Ids
from . import holdout
from .best_model import BestModel
from .config import TrainingConfig
from .events import Clock, Event
from .metrics import WINDOW, Meter, Window, finite_perplexity
from .minibatches import make_minibatches
from .run_log import RunLog
from .sample_writer import SampleWriter
from .schedule import RunProgress
from .step import TrainStep
from .transfer import StartedFrom, transferred_model

if TYPE_CHECKING:
    from ..checkpoint import Checkpoint


class RunState:
    """The state of a run, which `trainer.Trainer` changes as it trains."""

    def __init__(
        self,
        corpus: Corpus,
        model: ModelConfig,
        training: TrainingConfig,
        prefixes: Sequence[str],
        clock: Clock,
        start: Checkpoint | None = None,
    ) -> None:
        self.corpus, self.config, self.prefixes = corpus, training, tuple(prefixes)
        self.step = self.epoch = self.position = 0
        self._clock = clock
        self._elapsed_before, self._began = 0.0, clock()
        self.progress = RunProgress(training)
        self.minibatches = make_minibatches(corpus, training, 0)
        self.started_from = None if start is None else StartedFrom.of(start, corpus.vocabulary)
        weights = None
        if start is not None:
            weights = transferred_model(start, model, corpus.vocabulary).state_dict()
        counts = corpus.counts() if training.prior else None
        self.train_step = TrainStep(model, training, len(corpus.vocabulary), counts, weights)
        self.warnings = holdout.check(corpus)
        self.best_model = BestModel(
            self.train_step,
            corpus.held_out_blocks,
            unlearned_loss=holdout.unlearned_loss(corpus, self.warnings),
            clock=clock,
            evaluate=_evaluation_of(corpus),
        )
        self.window = min(WINDOW, self.minibatches.characters)
        self.meter = Meter(Window(self.window))
        self.train_perplexity: float | None = None
        self.run_log = RunLog(training, self.prefixes)
        self.sample_writer = SampleWriter(
            self.train_step, corpus.vocabulary, self.prefixes, self.run_log, clock
        )
        self._reported_step, self._reported_at = -1, 0.0
        self._learning_rate = self.progress.learning_rate(*self._run_position())
        self._overflowed = False

    def _run_position(self) -> tuple[float, float, float]:
        """Return the run's seconds and epochs so far, and how far its schedule has decayed."""
        part = self.position / len(self.minibatches) if self.position else 0.0
        return (
            self._elapsed(),
            self.epoch + part,
            self.best_model.schedule.fraction_decayed(self.step),
        )

    def _train_loss(self) -> float | None:
        """Return the mean training loss up to here, in nats per character.

        A run counted by epochs averages over the epoch that ends here, others over the latest
        minibatches.
        """
        at_epoch_end = self.position in (0, len(self.minibatches))
        by_epochs = self.config.epochs is not None and at_epoch_end
        return (self.meter.epoch if by_epochs else self.meter.window).mean_loss

    def _progress(self, train_loss: float | None = None) -> Event:
        """Make a `progress` event with this training loss; None for that since the last event."""
        meter, now = self.meter, self._elapsed()
        if train_loss is None:
            recent = meter.since_report if self.config.epochs is None else meter.epoch
            train_loss = recent.mean_loss
        if train_loss is not None:
            self.train_perplexity = finite_perplexity(train_loss)
        event = self._event(
            "progress",
            step=self.step,
            epoch=round(self._run_position()[1], 4),
            train_perplexity=self.train_perplexity,
            validation_perplexity=self.best_model.perplexity,
            learning_rate=self._learning_rate,
            remaining_seconds=self.progress.remaining_seconds(*self._run_position()),
            **meter.report(now),
        )
        self.run_log.add_progress(event)
        self._reported_at, self._reported_step = now, self.step
        return event

    def _due_samples(self, *, asked: bool = False) -> Iterator[Event]:
        due = self.sample_writer.due(self.progress.fraction_done(*self._run_position()))
        if asked or due:
            yield from self._write_samples(extra=not due)

    def _write_samples(self, *, extra: bool = False, fraction_done: float = 1.0) -> Iterator[Event]:
        event = partial(self._event, step=self.step)
        yield from self.sample_writer.write(event, extra=extra, fraction_done=fraction_done)
        self._overflowed = self._overflowed or self.sample_writer.overflowed

    def _event(self, name: str, **details: Any) -> Event:
        return {"event": name, "seconds": round(self._elapsed(), 3), **details}

    def _elapsed(self) -> float:
        return self._elapsed_before + self._clock() - self._began


def _evaluation_of(corpus: Corpus) -> Callable[[CharRNN, Ids], float] | None:
    """Return how the held-out documents of a corpus are evaluated; None for one text."""
    if corpus.documents == "none":
        return None
    return partial(document_nats, vocabulary=corpus.vocabulary, documents=corpus.documents)
