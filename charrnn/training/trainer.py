"""The training loop behind `charrnn.training.train`."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from torch import Tensor

from ..checkpoint import Checkpoint
from ..corpus import Corpus
from ..model import ModelConfig
from ..ngrams.soft_targets import NgramSoftTargets
from .checkpointing import CheckpointWriter
from .config import TrainingConfig
from .events import Clock, Commands, Event, MaxThreads
from .holdout import baselines_of
from .messages import end_report
from .metrics import Meter, RunningTotals
from .minibatches import carried_rows, make_minibatches, minibatch_before
from .resume_state import ResumeState, restore_errors
from .run_state import RunState
from .schedule import RunProgress, Segment
from .transfer import StartedFrom

_DIVERGED_NATS = 10.0  # above the loss of a uniform guess
_COUNTERS = {  # attributes by their keys in the resume state
    "step": "step", "epoch": "epoch", "position": "position",
    "train_perplexity": "train_perplexity", "_rate_used": "_learning_rate",
    "_reported_step": "_reported_step",
}  # fmt: skip
SAVE_SECONDS = 5.0  # between two saves of the model, and of the resume state
_MAX_SAVES_PER_DOUBLING = 1_000  # of the model while the elapsed time of a long run doubles, about
_PLOT_SECONDS = 0.4  # to plot the perplexity, mostly for importing matplotlib


class Trainer(RunState):
    """One run, from the first event to the last."""

    def __init__(
        self,
        corpus: Corpus,
        model: ModelConfig,
        training: TrainingConfig,
        *,
        recipe: str,
        prefixes: Sequence[str],
        directory: Path | None,
        commands: Commands,
        max_threads: MaxThreads = lambda: None,
        clock: Clock,
        start: Checkpoint | None = None,
    ) -> None:
        super().__init__(corpus, model, training, prefixes, clock, start)
        self.recipe, self.directory = recipe, directory
        self.commands, self.max_threads = commands, max_threads
        self.soft_targets = NgramSoftTargets()
        self.max_loss = math.log(len(corpus.vocabulary)) + _DIVERGED_NATS
        self.start_event: Event = {}
        self.writer = directory and CheckpointWriter(
            corpus, training, recipe=recipe, prefixes=self.prefixes, train_step=self.train_step,
            directory=directory, clock=clock, started_from=self.started_from,
        )  # fmt: skip
        self._resume_saved_at = 0.0
        self._last_minibatch: tuple[Tensor, Tensor] | None = None

    # The run

    def run(self, *, resume: bool, segment: Segment) -> Iterator[Event]:
        """Yield all events of the run, from `start` to `end`."""
        self.progress, self._began = RunProgress(self.config, segment), self._clock()
        resumed_from = self._restore() if resume else None
        corpus, train_step = self.corpus, self.train_step
        train_step.set_max_threads(self.max_threads())
        if resumed_from is None:
            self._evaluate_start()
        baselines = baselines_of(corpus)
        self.start_event = self._event(
            "start",
            run=None if self.directory is None else self.directory.name,
            characters=len(corpus.ids),
            vocabulary_size=len(corpus.vocabulary),
            parameters=train_step.model.parameter_count,
            recipe=self.recipe,
            model=asdict(train_step.model.config),
            training=asdict(self.config),
            baselines=baselines.as_dict(),
            device=train_step.device_label,
            resumed_from=resumed_from,
            started_from=None if self.started_from is None else self.started_from.as_dict(),
            warnings=[warning.as_dict() for warning in self.warnings],
        )
        yield self.start_event
        yield from self._due_samples()
        if self.config.epochs is None and resumed_from is None:
            self.best_model.schedule.start_cosines(len(self.minibatches))
        stopped = self.config.smoothing and (yield from self._fit_soft_targets())
        self.meter.start(self._elapsed())
        reason = "stopped" if stopped else (yield from self._train())
        yield from self._finish(reason)

    def _evaluate_start(self) -> None:
        """Limit what is held out to what there is time for; measure what the run starts from."""
        if self.config.epochs is None:
            self.best_model.limit_held_out(self.config.seconds)
        if self.started_from is not None:
            self.best_model.evaluate(0)
            self.started_from = self.started_from.measured(self.best_model.perplexity)

    def _fit_soft_targets(self) -> Generator[Event, None, bool]:
        """Fit the n-gram models; return whether the run was stopped meanwhile."""
        for _ in self.soft_targets.fit(self.corpus.training, len(self.corpus.vocabulary)):
            asked = self.commands()
            if "sample" in asked:
                yield from self._write_samples(extra=True)
            if "stop" in asked:
                return True
        return False

    def _train(self) -> Generator[Event, None, str]:
        """Train until there is a reason to end; return the reason."""
        whole_epoch = self.config.truncate == "epoch"  # nothing is learned before its end
        # Even the shortest run does one step; one killed at an epoch's end still ends that epoch.
        while self.step == 0 or self._is_at_epoch_end() or not self._is_over():
            minibatches = make_minibatches(self.corpus, self.config, self.epoch)
            self.minibatches = minibatches
            if self.position == 0:
                self.train_step.begin_epoch()
                self.meter.epoch = RunningTotals()
            while self.position < len(minibatches):
                X, Y = minibatches[self.position]  # (B, T) each
                self._last_minibatch = X, Y
                last = self.position + 1 == len(minibatches)
                last = last or (whole_epoch and self._ends_within_epoch())
                self._learning_rate = self.progress.learning_rate(*self._run_position())
                self.train_step.set_max_threads(self.max_threads())
                update = self.train_step.train_on(
                    X, Y, learning_rate=self._learning_rate, last=last,
                    soft_targets=self.soft_targets.for_minibatch(minibatches, self.position),
                    carried=carried_rows(minibatches, self.position),
                )  # fmt: skip
                if update is None or update.loss > self.max_loss:
                    self._overflowed = update is None
                    return "diverged"
                self.best_model.confirm_candidate()
                self.meter.add(update.loss, update.characters, update.norm, self.config.clip)
                self.step, self.position = self.step + 1, self.position + 1
                asked = self.commands()
                self.best_model.maybe_restart_schedule(self.step, train_loss=self._train_loss())
                yield from self._between_minibatches(asked)
                if self._overflowed:
                    return "diverged"
                if "stop" in asked:
                    return "stopped"
                if self._ends_within_epoch() and (last or not whole_epoch):
                    return "finished"
            self.epoch, self.position = self.epoch + 1, 0
            yield from self._between_epochs()
            if self._overflowed:
                return "diverged"
            if whole_epoch:  # the only points to resume from
                self._save_resume_state(now=self._elapsed() - self._resume_saved_at >= SAVE_SECONDS)
        return "finished"

    def _finish(self, reason: str) -> Iterator[Event]:
        """Evaluate a last time, restore the best weights, save everything, and yield `end`."""
        if self._last_minibatch is not None:
            loss = self.train_step.loss(*self._last_minibatch)
            if not loss <= self.max_loss:  # NaN included
                reason = "diverged"  # the very last update broke it
                self._overflowed = self._overflowed or not math.isfinite(loss)
        if reason == "stopped":  # before an evaluation that a resumed run would not do here
            self._save_resume_state()
        train_loss = None if reason == "diverged" else self._train_loss()
        if reason != "diverged":
            self.best_model.evaluate(
                self.step, train_loss=train_loss, skip_if_slow=reason == "stopped"
            )
            self.best_model.confirm_candidate()
        if self._reported_step != self.step and self.meter.characters_seen:
            yield self._progress(train_loss)
        if reason == "finished":
            self._save_resume_state()
        self.best_model.use_best()
        if reason != "diverged":
            yield from self._write_samples()
        yield from self._save(final=True)
        yield self._event(
            "end",
            reason=reason,
            code=reason,
            **end_report(
                [self.start_event, *self.run_log.log],
                reason,
                self.step,
                self.best_model,
                broken=self._overflowed,
            ),
            step=self.step,
            epoch=round(self._run_position()[1], 4),
            kept_step=self.best_model.best_step,
            **self.best_model.results(self._train_loss()),
            checkpoint=None if self.directory is None else str(self.directory / "checkpoint"),
        )

    # Between minibatches and epochs

    def _between_minibatches(self, asked: set[str]) -> Iterator[Event]:
        now, best_model = self._elapsed(), self.best_model
        since = now - self._reported_at
        epoch_over = self.position == len(self.minibatches)
        if self.config.epochs is not None:
            if self._progress_is_due(now) and not epoch_over:  # a long epoch: say how it is going
                yield self._progress()
        elif since >= max(0.25, now / 100) or self.step == 1:
            if (epoch_over or self.config.truncate != "epoch") and best_model.due():
                best_model.evaluate(self.step, train_loss=self._train_loss())
                yield from self._save_improvement()
            yield self._progress()
        yield from self._due_samples(asked="sample" in asked)
        if now - self._resume_saved_at >= SAVE_SECONDS:
            self._save_resume_state()

    def _between_epochs(self) -> Iterator[Event]:
        epochs, every = self.config.epochs, self.config.sample_every
        if epochs is None:
            return
        # At most about 500 evaluations; which epochs have one does not depend on the clock.
        if self.epoch % max(1, epochs // 500) == 0 or self.epoch == epochs:
            self.best_model.evaluate(self.step, train_loss=self._train_loss())
            yield self._progress()
            yield from self._save_improvement()
        elif self._progress_is_due(self._elapsed()):  # short epochs, and very many
            yield self._progress()
        if every is not None and self.epoch % every == 0 and self.epoch < epochs:
            yield from self._write_samples(
                extra=True, fraction_done=self.progress.fraction_done(*self._run_position())
            )

    def _progress_is_due(self, now: float) -> bool:
        """Check whether a progress event is due; the interval grows with the run."""
        return now - self._reported_at >= max(0.5, now / 200)

    def _is_at_epoch_end(self) -> bool:
        """Check whether the run resumes after the last minibatch of an epoch, before the next."""
        return self.config.epochs is not None and self.position == len(self.minibatches)

    def _is_over(self) -> bool:
        # What is still to be done then: an evaluation, samples, saving, and the plot.
        closing = self.best_model.evaluation_seconds + self.sample_writer.seconds
        if self.writer:
            closing += 2 * self.writer.last_save_seconds + _PLOT_SECONDS
        return self.progress.is_over(*self._run_position(), closing=closing)

    def _ends_within_epoch(self) -> bool:
        """Check whether a run that is not counted by epochs ends here."""
        return self.config.epochs is None and self._is_over()

    # Saving and restoring

    def _save_improvement(self) -> Iterator[Event]:
        """Save the best model so far, every few seconds at most."""
        now = self._elapsed()
        # The longer a run, the rarer: else a run of days would emit ever more events.
        every = max(SAVE_SECONDS, now / _MAX_SAVES_PER_DOUBLING)
        if self.writer and self.writer.due(self.best_model, now - every):
            yield from self._save(final=False)

    def _save(self, *, final: bool) -> Iterator[Event]:
        if self.writer:
            results = {
                **self.best_model.results(self._train_loss()),
                "last_step": self.step,
                "baselines": self.start_event["baselines"],
                "seconds": round(self._elapsed(), 1),
            }
            saved = self.writer.save(
                self.best_model, results, run_log=self.run_log, final=final,
                started_from=self.started_from,
            )  # fmt: skip
            yield self._event("checkpoint", **saved)

    def _save_resume_state(self, *, now: bool = True) -> None:
        """Save everything needed to resume bit for bit.

        A graph cannot be saved, so a run with gradients through whole epochs resumes from the end
        of the last epoch; its state is kept in memory until it is due or the run ends.
        """
        if not self.writer:
            return
        if self.config.truncate != "epoch" or not self.position:
            counters = {key: getattr(self, name) for key, name in _COUNTERS.items()}
            if self.started_from is not None:
                counters["started_from"] = asdict(self.started_from)
            counters |= {"seconds": self._elapsed(), "meter": self.meter.counters()}
            counters |= self.run_log.counters() | self.sample_writer.counters()
            self.writer.stage_resume_state(self.best_model, counters)
        if now:
            self._resume_saved_at = self._elapsed()
            self.writer.save_resume_state()

    def _restore(self) -> int | None:
        """Restore the saved state; return its step, or None if nothing was saved yet."""
        point = self.writer.load_resume_state() if self.writer else None
        if not self.writer or point is None:
            return None
        with restore_errors(point.version):
            self._load(point)
        begun = self.progress.segment.seconds
        if self._elapsed_before <= begun:  # a finished run continues: in a new segment
            self._elapsed_before = begun
            self.sample_writer.begin_segment()
            self.best_model.schedule.restart(self.step)
        self._reported_at = self._resume_saved_at = self._elapsed_before
        self.writer.resume_at(self._elapsed_before)
        return self.step

    def _load(self, point: ResumeState) -> None:
        self.train_step.load_state(point)
        counters = point.counters
        if self.started_from is not None:
            self.started_from = StartedFrom(**counters["started_from"])
        for key, name in _COUNTERS.items():
            setattr(self, name, counters[key])
        self.run_log.restore(counters)
        self.sample_writer.restore(counters)
        self._elapsed_before = counters["seconds"]
        self.meter = Meter.restored(counters["meter"], self.window)
        self.best_model.restore(point.best, counters["selection"])
        self.minibatches = make_minibatches(self.corpus, self.config, self.epoch)
        if self.step:  # the end of a run needs its last minibatch
            self._last_minibatch = minibatch_before(
                self.corpus, self.config, self.epoch, self.position
            )
