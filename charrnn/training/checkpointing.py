"""What a run keeps in its directory: the best model so far, with its history and what lies beside
it, and the point to go on from."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

from ..checkpoint import Checkpoint
from ..checkpoint.files import about_run, save_run
from ..corpus import Corpus
from .best_model import Selection
from .config import TrainingConfig
from .recording import Recording
from .resume_state import Point, made_for, save
from .step import Learner


class Keeper:
    """Writes `checkpoint/` and `resume/` in a run's directory, and remembers what is in them."""

    def __init__(
        self,
        corpus: Corpus,
        config: TrainingConfig,
        *,
        recipe: str,
        prefixes: Sequence[str],
        learner: Learner,
        directory: Path,
    ) -> None:
        self._corpus, self._config, self._recipe = corpus, config, recipe
        self._prefixes, self.path = prefixes, directory / "checkpoint"
        self._learner, self._directory = learner, directory
        self._point: bytes | None = None  # packed, and not saved yet
        self._step, self._at = -1, 0.0  # of the model that was saved last, and when
        self.took = 0.0  # seconds, to save it

    def due(self, selection: Selection, before: float) -> bool:
        """Whether there is a better model than the one that was saved last, at `before` seconds of
        the run or earlier."""
        return selection.best_step > self._step and self._at <= before

    def save(
        self,
        selection: Selection,
        results: Mapping[str, Any],
        *,
        recording: Recording,
        final: bool,
    ) -> dict[str, Any]:
        """Save the best model; what a `checkpoint` event says of it.

        `results` is what is known of the run besides, with the `seconds` since it began.
        """
        began = time.monotonic()
        self._step, self._at = selection.best_step, results["seconds"]
        measured = {"step": self._step, **selection.kept}
        about = about_run(
            self._corpus,
            recipe=self._recipe,
            training=asdict(self._config),
            prefixes=self._prefixes,
            results={**measured, **results},
        )
        checkpoint = Checkpoint(selection.best_model(), self._corpus.vocabulary, about)
        save_run(checkpoint, self.path, log=recording.log, samples=recording.samples, picture=final)
        self.took = time.monotonic() - began
        return {**measured, "path": str(self.path)}

    @cached_property
    def _made_for(self) -> dict[str, Any]:
        return made_for(self._corpus, self._learner.model.config, self._config)

    def hold(self, selection: Selection, counters: Mapping[str, Any]) -> None:
        """Remember all that is needed to go on from here bit for bit, for `save_point`."""
        whole = {**counters, "selection": selection.counters()}
        self._point = self._learner.point(selection.best, whole, self._made_for).packed()

    def save_point(self) -> None:
        """Save what is held, if that has not been done."""
        if self._point is not None:
            save(self._point, self._directory)
            self._point = None

    def point(self) -> Point | None:
        """The point that was saved, None where there is none; see `Point.load`."""
        return Point.load(self._directory, self._made_for)

    def resumed(self, seconds: float) -> None:
        """The run goes on from where it was at `seconds`."""
        self._at = seconds
