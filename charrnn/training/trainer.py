"""The training loop behind `charrnn.training.train`: what happens when, and the events it makes."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch import Tensor

from ..artifacts import about_run, save_run
from ..baselines import baselines
from ..batches import Epoch
from ..checkpoint import Checkpoint
from ..corpus import Corpus
from ..errors import UserError
from ..model import ModelConfig
from .config import TrainingConfig
from .events import Commands, Event
from .learner import Learner
from .pace import Leg, Pace
from .progress import Meter, Tally, ending, finite_perplexity
from .resume import Point
from .selection import Selection

MARKS = (0.0, 0.1, 0.25, 0.5)  # shares of a run after which a sample is written; and at its end
_EXPLODED = 10.0  # nats above a uniform guess
_COUNTERS = ("step", "epoch", "position", "train_perplexity", "marks", "log", "samples")
_SAVE_EVERY = 5.0  # seconds between saves of the model, and of the point to resume from
_PICTURE = 0.3  # seconds that the perplexity picture takes, most of them matplotlib's import


class Trainer:
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
    ) -> None:
        self.corpus, self.config, self.recipe = corpus, training, recipe
        self.prefixes, self.directory, self.commands = tuple(prefixes), directory, commands
        self.step = self.epoch = self.position = 0
        self._elapsed_before, self._began = 0.0, time.monotonic()
        self.pace = Pace(training)
        self.minibatches = self._minibatches()
        self.learner = Learner(model, training, len(corpus.vocabulary))
        self.selection = Selection(self.learner, corpus.held_out)
        self.meter = Meter()
        self.bound = math.log(len(corpus.vocabulary)) + _EXPLODED
        self.train_perplexity: float | None = None
        self.references: dict[str, float | None] = {}
        self.log: list[Event] = []
        self.samples: list[Event] = []
        self.marks = list(MARKS)
        self._reported_at = self._saved_at = self._pointed_at = 0.0
        self._reported_step = self._saved_step = -1
        self._sampling = self._saving = 0.0  # seconds that each took when last done
        self._rate_used = self._rate()
        self._last: tuple[Tensor, Tensor] | None = None
        self._broken = False

    # The run

    def run(self, *, resume: bool, leg: Leg) -> Iterator[Event]:
        """All events of the run, from `start` to `end`."""
        self.pace, self._began = Pace(self.config, leg), time.monotonic()
        resumed_from = self._restore() if resume else None
        corpus, learner = self.corpus, self.learner
        self.references = baselines(
            corpus.training, corpus.held_out, len(corpus.vocabulary)
        ).as_dict()
        yield self._event(
            "start",
            run=None if self.directory is None else self.directory.name,
            characters=len(corpus.ids),
            vocabulary_size=len(corpus.vocabulary),
            parameters=learner.model.parameter_count,
            recipe=self.recipe,
            model=asdict(learner.model.config),
            training=asdict(self.config),
            baselines=self.references,
            device=learner.device,
            resumed_from=resumed_from,
        )
        yield from self._due_samples()
        if self.config.epochs is None and resumed_from is None:
            self.selection.fit(self.config.seconds)
        self.meter.start(self._clock())
        reason = yield from self._train()
        yield from self._finish(reason)

    def _train(self) -> Generator[Event, None, str]:
        """Go on until there is a reason to end; returns it."""
        while self.step == 0 or not self._over():  # the shortest run learns something
            minibatches = self.minibatches = self._minibatches()
            if self.position == 0:
                self.learner.begin_epoch()
                self.meter.epoch = Tally()
            while self.position < len(minibatches):
                X, Y = minibatches[self.position]  # (B, T) each
                last = self.position + 1 == len(minibatches)
                self._rate_used, self._last = self._rate(), (X, Y)
                update = self.learner.train_on(X, Y, learning_rate=self._rate_used, last=last)
                if update is None or update.nats > self.bound:
                    return "diverged"
                self.selection.vouch()
                self.meter.add(update.nats, Y.numel(), update.norm, self.config.clip)
                self.step, self.position = self.step + 1, self.position + 1
                asked = self.commands()
                yield from self._between_minibatches(asked)
                if self._broken:
                    return "diverged"
                if "stop" in asked:
                    return "stopped"
                if self.config.epochs is None and self._over():
                    return "finished"
            self.epoch, self.position = self.epoch + 1, 0
            yield from self._between_epochs()
            if self._broken:
                return "diverged"
        return "finished"

    def _finish(self, reason: str) -> Iterator[Event]:
        """The last look, the best model back in place, everything saved."""
        if self._last is not None and not self.learner.loss(*self._last) <= self.bound:
            reason = "diverged"  # the last update of all broke it
        if reason != "diverged":
            self.selection.evaluate(self.step, hurried=reason == "stopped")
            self.selection.vouch()
        if self._reported_step != self.step and self.meter.characters_seen:
            yield self._progress()
        if reason != "diverged":
            self._save_point()
        self.selection.use_best()
        if reason != "diverged":
            yield from self._write_samples()
        if self.directory is not None:
            yield self._save(final=True)
        yield self._event(
            "end",
            reason=reason,
            message=ending(
                reason, self.step, self.selection.best_step, self.selection.best_perplexity
            ),
            step=self.step,
            epoch=round(self._now()[1], 4),
            train_perplexity=self.train_perplexity,
            validation_perplexity=self.selection.perplexity,
            checkpoint=None if self.directory is None else str(self.directory / "checkpoint"),
        )

    # Between minibatches and epochs

    def _between_minibatches(self, asked: set[str]) -> Iterator[Event]:
        now, selection = self._clock(), self.selection
        since = now - self._reported_at
        epoch_over = self.position == len(self.minibatches)
        if self.config.epochs is not None:
            if since >= 0.5 and not epoch_over:  # a long epoch: say how it is going
                yield self._progress()
        elif since >= max(0.25, now / 100) or self.step == 1:
            updated = epoch_over or self.config.truncate != "epoch"
            if updated and selection.due():
                selection.evaluate(self.step)
                yield from self._save_improvement()
            yield self._progress()
        yield from self._due_samples(asked="sample" in asked)
        if now - self._pointed_at >= _SAVE_EVERY:
            self._save_point()

    def _between_epochs(self) -> Iterator[Event]:
        if self.config.truncate == "epoch":  # the only moments to go on from
            self._save_point()
        epochs, every = self.config.epochs, self.config.sample_every
        if epochs is None:
            return
        # At most about 500 measurements; which epochs are measured does not depend on the clock.
        if self.epoch % max(1, epochs // 500) == 0 or self.epoch == epochs:
            self.selection.evaluate(self.step)
            yield self._progress()
            yield from self._save_improvement()
        elif self._clock() - self._reported_at >= 0.5:  # short epochs, and very many
            yield self._progress()
        if every is not None and self.epoch % every == 0 and self.epoch < epochs:
            yield from self._write_samples()

    def _now(self) -> tuple[float, float, float]:
        """How far the run is: in seconds, in epochs, and down the plateau schedule."""
        part = self.position / len(self.minibatches) if self.position else 0.0
        return self._clock(), self.epoch + part, self.selection.descended

    def _rate(self) -> float:
        return self.pace.rate(*self._now())

    def _over(self) -> bool:
        # What is still to be done then: a last look, samples, saving; the picture, drawn once.
        closing = self.selection.seconds + self._sampling + 2 * self._saving
        if self.directory is not None:
            closing += _PICTURE
        return self.pace.over(*self._now(), closing=closing)

    def _minibatches(self) -> Epoch:
        return self.config.minibatches(self.corpus.training, self.epoch)

    # Keeping

    def _save_improvement(self) -> Iterator[Event]:
        """Save the best model so far, every few seconds at most."""
        new = self.selection.best_step > self._saved_step
        if self.directory is not None and new and self._clock() - self._saved_at >= _SAVE_EVERY:
            yield self._save(final=False)

    def _save(self, *, final: bool) -> Event:
        assert self.directory is not None
        began = self._saved_at = self._clock()
        self._saved_step = self.selection.best_step
        about = about_run(
            self.corpus,
            recipe=self.recipe,
            training=asdict(self.config),
            prefixes=self.prefixes,
            results={
                "step": self.selection.best_step,
                "train_perplexity": self.train_perplexity,
                "validation_perplexity": self.selection.best_perplexity,
                "baselines": self.references,
                "seconds": round(self._clock(), 1),
            },
        )
        path = self.directory / "checkpoint"
        checkpoint = Checkpoint(self.selection.best_model(), self.corpus.vocabulary, about)
        save_run(checkpoint, path, log=self.log, samples=self.samples, picture=final)
        self._saving = self._clock() - began
        return self._event(
            "checkpoint",
            step=self.selection.best_step,
            path=str(path),
            validation_perplexity=self.selection.best_perplexity,
        )

    def _save_point(self) -> None:
        """Save all that is needed to go on bit for bit."""
        if self.directory is None or (self.config.truncate == "epoch" and self.position):
            return  # a graph cannot be saved: the last epoch's end is the point to go on from
        self._pointed_at = self._clock()
        counters = {
            **{name: getattr(self, name) for name in _COUNTERS},
            "seconds": self._clock(),
            "meter": self.meter.counters(),
            "selection": self.selection.counters(),
        }
        self.learner.point(self.selection.best, counters).save(self.directory)

    def _restore(self) -> int | None:
        """Go back to the saved point; its step, or None where nothing was saved yet."""
        point = None if self.directory is None else Point.load(self.directory)
        if point is None:
            return None
        self.learner.go_on_from(point)
        counters = point.counters
        for name in _COUNTERS:
            setattr(self, name, counters[name])
        self._elapsed_before = counters["seconds"]
        self.meter = Meter.restored(counters["meter"])
        self.selection.restore(point.best, counters["selection"])
        self.minibatches = self._minibatches()
        if self._elapsed_before <= self.pace.leg.seconds:  # a finished run goes on: a new leg
            self._elapsed_before = self.pace.leg.seconds  # which began when the last one ended
            self.marks = list(MARKS[1:])
            self.selection.begin_anew()
        self._reported_at = self._saved_at = self._pointed_at = self._elapsed_before
        return self.step

    # Events

    def _progress(self) -> Event:
        meter, now = self.meter, self._clock()
        recent = meter.since_report if self.config.epochs is None else meter.epoch
        if recent.mean_nats is not None:
            self.train_perplexity = finite_perplexity(recent.mean_nats)
        remaining = self.pace.remaining(*self._now())
        event = self._event(
            "progress",
            step=self.step,
            epoch=round(self._now()[1], 4),
            train_perplexity=self.train_perplexity,
            validation_perplexity=self.selection.perplexity,
            learning_rate=self._rate_used,
            remaining_seconds=None if remaining is None else round(remaining, 2),
            **meter.report(now),
        )
        self.log.append(event)
        self._reported_at, self._reported_step = now, self.step
        return event

    def _due_samples(self, *, asked: bool = False) -> Iterator[Event]:
        due = asked
        while self.marks and self.pace.share(*self._now()) >= self.marks[0]:
            self.marks.pop(0)
            due = True
        if due:
            yield from self._write_samples()

    def _write_samples(self) -> Iterator[Event]:
        began = self._clock()
        try:
            texts = self.learner.texts(self.corpus.vocabulary, self.prefixes)
        except UserError:  # its numbers overflow: the update before this broke it
            self._broken = True
            return
        self._sampling = self._clock() - began
        for prefix, text in zip(self.prefixes, texts, strict=True):
            sample = self._event("sample", step=self.step, prefix=prefix, text=text)
            self.samples.append(sample)
            yield sample

    def _event(self, name: str, **details: Any) -> Event:
        return {"event": name, "seconds": round(self._clock(), 3), **details}

    def _clock(self) -> float:
        return self._elapsed_before + time.monotonic() - self._began
