"""The training loop behind `charrnn.training.train`: what happens when, and when it is saved."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from torch import Tensor

from ..corpus import Corpus
from ..model import ModelConfig
from ..ngrams.baselines import baselines
from ..ngrams.soft_targets import NgramSoftTargets
from .checkpointing import Keeper
from .config import TrainingConfig
from .events import Commands, Event, Share
from .messages import conclusion
from .metrics import Meter, Tally
from .recorder import Recorder
from .resume_state import Point, taking_up
from .schedule import Leg, Pace

_EXPLODED = 10.0  # nats above a uniform guess
_COUNTERS = (
    "step", "epoch", "position", "train_perplexity", "_rate_used", "_reported_step",
)  # fmt: skip
_SAVE_EVERY = 5.0  # seconds between saves of the model, and of the point to resume from
_SAVES = 1_000  # of the model in a long run while its length doubles, about
_PICTURE = 0.4  # seconds that the perplexity picture takes, most of them matplotlib's import


class Trainer(Recorder):
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
        share: Share = lambda: None,
    ) -> None:
        super().__init__(corpus, model, training, prefixes)
        self.recipe, self.directory, self.commands, self.share = recipe, directory, commands, share
        self.soft_targets = NgramSoftTargets()
        self.bound = math.log(len(corpus.vocabulary)) + _EXPLODED
        self.opening: Event = {}
        self.keeper = directory and Keeper(
            corpus, training, recipe=recipe, prefixes=self.prefixes, learner=self.learner,
            directory=directory,
        )  # fmt: skip
        self._pointed_at = 0.0
        self._last: tuple[Tensor, Tensor] | None = None

    # The run

    def run(self, *, resume: bool, leg: Leg) -> Iterator[Event]:
        """All events of the run, from `start` to `end`."""
        self.pace, self._began = Pace(self.config, leg), time.monotonic()
        resumed_from = self._restore() if resume else None
        corpus, learner = self.corpus, self.learner
        learner.share(self.share())
        self.opening = self._event(
            "start",
            run=None if self.directory is None else self.directory.name,
            characters=len(corpus.ids),
            vocabulary_size=len(corpus.vocabulary),
            parameters=learner.model.parameter_count,
            recipe=self.recipe,
            model=asdict(learner.model.config),
            training=asdict(self.config),
            baselines=baselines(corpus.training, corpus.held_out, len(corpus.vocabulary)).as_dict(),
            device=learner.device,
            resumed_from=resumed_from,
            warnings=[warning.as_dict() for warning in self.warnings],
        )
        yield self.opening
        yield from self._due_samples()
        if self.config.epochs is None and resumed_from is None:
            self.selection.fit(self.config.seconds)
            self.selection.descent.plan_cosines(len(self.minibatches))
        stopped = self.config.smoothing and (yield from self._fit_soft_targets())
        self.meter.start(self._clock())
        reason = "stopped" if stopped else (yield from self._train())
        yield from self._finish(reason)

    def _fit_soft_targets(self) -> Generator[Event, None, bool]:
        """Count what n-grams expect everywhere; whether the run was stopped meanwhile."""
        for _ in self.soft_targets.fit(self.corpus.training, len(self.corpus.vocabulary)):
            asked = self.commands()
            if "sample" in asked:
                yield from self._write_samples(extra=True)
            if "stop" in asked:
                return True
        return False

    def _train(self) -> Generator[Event, None, str]:
        """Go on until there is a reason to end; returns it."""
        whole = self.config.truncate == "epoch"  # nothing is learned before its end
        # The shortest run learns something, and one that was killed at an epoch's end ends it.
        while self.step == 0 or self._between() or not self._over():
            minibatches = self.config.minibatches(self.corpus.training, self.epoch)
            self.minibatches = minibatches
            if self.position == 0:
                self.learner.begin_epoch()
                self.meter.epoch = Tally()
            while self.position < len(minibatches):
                X, Y = minibatches[self.position]  # (B, T) each
                last = self.position + 1 == len(minibatches) or (whole and self._out_of_time())
                self._rate_used, self._last = self.pace.rate(*self._now()), (X, Y)
                self.learner.share(self.share())
                update = self.learner.train_on(
                    X, Y, learning_rate=self._rate_used, last=last,
                    soft_targets=self.soft_targets.for_minibatch(minibatches, self.position),
                )  # fmt: skip
                if update is None or update.nats > self.bound:
                    self._broken = update is None
                    return "diverged"
                self.selection.vouch()
                self.meter.add(update.nats, Y.numel(), update.norm, self.config.clip)
                self.step, self.position = self.step + 1, self.position + 1
                asked = self.commands()
                self.selection.turn(self.step, train=self._trained_nats())
                yield from self._between_minibatches(asked)
                if self._broken:
                    return "diverged"
                if "stop" in asked:
                    return "stopped"
                if self._out_of_time() and (last or not whole):
                    return "finished"
            self.epoch, self.position = self.epoch + 1, 0
            yield from self._between_epochs()
            if self._broken:
                return "diverged"
            if whole:  # the only moments to go on from
                self._save_point(now=self._clock() - self._pointed_at >= _SAVE_EVERY)
        return "finished"

    def _finish(self, reason: str) -> Iterator[Event]:
        """The last look, the best model back in place, everything saved."""
        if self._last is not None and not (loss := self.learner.loss(*self._last)) <= self.bound:
            reason = "diverged"  # the last update of all broke it
            self._broken = self._broken or not math.isfinite(loss)
        if reason == "stopped":  # before a look that a run which goes on does not take here
            self._save_point()
        trained = None if reason == "diverged" else self._trained_nats()
        if reason != "diverged":
            self.selection.evaluate(self.step, train=trained, hurried=reason == "stopped")
            self.selection.vouch()
        if self._reported_step != self.step and self.meter.characters_seen:
            yield self._progress(trained)
        if reason == "finished":
            self._save_point()
        self.selection.use_best()
        if reason != "diverged":
            yield from self._write_samples()
        yield from self._save(final=True)
        yield self._event(
            "end",
            reason=reason,
            message=conclusion(
                [self.opening, *self.recording.log],
                reason,
                self.step,
                self.selection,
                broken=self._broken,
            ),
            step=self.step,
            epoch=round(self._now()[1], 4),
            kept_step=self.selection.best_step,
            **self.selection.results(self._trained_nats()),
            checkpoint=None if self.directory is None else str(self.directory / "checkpoint"),
        )

    # Between minibatches and epochs

    def _between_minibatches(self, asked: set[str]) -> Iterator[Event]:
        now, selection = self._clock(), self.selection
        since = now - self._reported_at
        epoch_over = self.position == len(self.minibatches)
        if self.config.epochs is not None:
            if self._silent(now) and not epoch_over:  # a long epoch: say how it is going
                yield self._progress()
        elif since >= max(0.25, now / 100) or self.step == 1:
            if (epoch_over or self.config.truncate != "epoch") and selection.due():
                selection.evaluate(self.step, train=self._trained_nats())
                yield from self._save_improvement()
            yield self._progress()
        yield from self._due_samples(asked="sample" in asked)
        if now - self._pointed_at >= _SAVE_EVERY:
            self._save_point()

    def _between_epochs(self) -> Iterator[Event]:
        epochs, every = self.config.epochs, self.config.sample_every
        if epochs is None:
            return
        # At most about 500 measurements; which epochs are measured does not depend on the clock.
        if self.epoch % max(1, epochs // 500) == 0 or self.epoch == epochs:
            self.selection.evaluate(self.step, train=self._trained_nats())
            yield self._progress()
            yield from self._save_improvement()
        elif self._silent(self._clock()):  # short epochs, and very many
            yield self._progress()
        if every is not None and self.epoch % every == 0 and self.epoch < epochs:
            yield from self._write_samples(extra=True, share=self.pace.share(*self._now()))

    def _silent(self, now: float) -> bool:
        """Whether nothing was told for long; the longer a run, the longer, or it tells too much."""
        return now - self._reported_at >= max(0.5, now / 200)

    def _between(self) -> bool:
        """Whether the run goes on from a point between the last minibatch and the next epoch."""
        return self.config.epochs is not None and self.position == len(self.minibatches)

    def _over(self) -> bool:
        # What is still to be done then: a last look, samples, saving; the picture, drawn once.
        closing = self.selection.seconds + self.sampler.seconds
        if self.keeper:
            closing += 2 * self.keeper.took + _PICTURE
        return self.pace.over(*self._now(), closing=closing)

    def _out_of_time(self) -> bool:
        """Whether the run ends here, in the middle of an epoch."""
        return self.config.epochs is None and self._over()

    # Keeping

    def _save_improvement(self) -> Iterator[Event]:
        """Save the best model so far, every few seconds at most."""
        now = self._clock()
        every = max(_SAVE_EVERY, now / _SAVES)  # or a run of days would tell of ever so many
        if self.keeper and self.keeper.due(self.selection, now - every):
            yield from self._save(final=False)

    def _save(self, *, final: bool) -> Iterator[Event]:
        if self.keeper:
            results = {
                **self.selection.results(self._trained_nats()),
                "last_step": self.step,
                "baselines": self.opening["baselines"],
                "seconds": round(self._clock(), 1),
            }
            saved = self.keeper.save(self.selection, results, recording=self.recording, final=final)
            yield self._event("checkpoint", **saved)

    def _save_point(self, *, now: bool = True) -> None:
        """Save all that is needed to go on bit for bit. A graph cannot be saved: gradients through
        whole epochs go on from the end of the last one, whose point is kept in memory until it is
        due or the run ends."""
        if not self.keeper:
            return
        if self.config.truncate != "epoch" or not self.position:
            counters = {name: getattr(self, name) for name in _COUNTERS}
            counters |= {"seconds": self._clock(), "meter": self.meter.counters()}
            counters |= self.recording.counters() | self.sampler.counters()
            self.keeper.hold(self.selection, counters)
        if now:
            self._pointed_at = self._clock()
            self.keeper.save_point()

    def _restore(self) -> int | None:
        """Go back to the saved point; its step, or None where nothing was saved yet."""
        if not self.keeper or (point := self.keeper.point()) is None:
            return None
        with taking_up(point.version):
            self._take_up(point)
        if self._elapsed_before <= self.pace.leg.seconds:  # a finished run goes on: a new leg
            self._elapsed_before = self.pace.leg.seconds  # which began when the last one ended
            self.sampler.begin_leg()
            self.selection.descent.begin_anew(self.step)
        self._reported_at = self._pointed_at = self._elapsed_before
        self.keeper.resumed(self._elapsed_before)
        return self.step

    def _take_up(self, point: Point) -> None:
        self.learner.go_on_from(point)
        counters = point.counters
        for name in _COUNTERS:
            setattr(self, name, counters[name])
        self.recording.restore(counters)
        self.sampler.restore(counters)
        self._elapsed_before = counters["seconds"]
        self.meter = Meter.restored(counters["meter"], self.window)
        self.selection.restore(point.best, counters["selection"])
        self.minibatches = self.config.minibatches(self.corpus.training, self.epoch)
        if self.step:  # the end of a run looks at the last minibatch again
            self._last = self.config.minibatch_before(
                self.corpus.training, self.epoch, self.position
            )
