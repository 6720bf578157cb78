"""Write what a run keeps in its directory: the best model so far, and the resume state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

from ..checkpoint import Checkpoint
from ..checkpoint.files import make_metadata, write_checkpoint_dir
from ..checkpoint.known_lines import MAX_LINES, KnownLines
from ..corpus import Corpus
from ..inspection.recitation import measure_recitation
from .best_model import BestModel
from .config import TrainingConfig
from .events import Clock
from .resume_state import ResumeState, compatibility_key, save
from .run_log import RunLog
from .step import TrainStep
from .transfer import StartedFrom


class CheckpointWriter:
    """Write `checkpoint/` and `resume/` in a run's directory."""

    def __init__(
        self,
        corpus: Corpus,
        config: TrainingConfig,
        *,
        recipe: str,
        prefixes: Sequence[str],
        train_step: TrainStep,
        directory: Path,
        clock: Clock,
        started_from: StartedFrom | None = None,
    ) -> None:
        self._corpus, self._config, self._recipe = corpus, config, recipe
        self._prefixes, self.path = prefixes, directory / "checkpoint"
        self._train_step, self._directory, self._clock = train_step, directory, clock
        self._start_digest = None if started_from is None else started_from.digest
        self._staged: bytes | None = None  # serialized, and not written yet
        self._saved_step, self._saved_at = -1, 0.0  # of the saved model, and when
        self.last_save_seconds = 0.0

    def due(self, best_model: BestModel, before: float) -> bool:
        """Check for a better model than the saved one, if that was saved `before` or earlier.

        `before` is in seconds since the run began.
        """
        return best_model.best_step > self._saved_step and self._saved_at <= before

    def save(
        self,
        best_model: BestModel,
        results: Mapping[str, Any],
        *,
        run_log: RunLog,
        final: bool,
        started_from: StartedFrom | None = None,
    ) -> dict[str, Any]:
        """Save the best model; return the fields of its `checkpoint` event.

        `results` holds further figures of the run, with the `seconds` since it began.
        """
        began = self._clock()
        self._saved_step, self._saved_at = best_model.best_step, results["seconds"]
        measured = {"step": self._saved_step, **best_model.best_perplexities}
        metadata = make_metadata(
            self._corpus,
            recipe=self._recipe,
            training=asdict(self._config),
            prefixes=self._prefixes,
            results={**measured, **results},
            started_from=None if started_from is None else started_from.as_dict(),
        )
        model, vocabulary = best_model.build_model(), self._corpus.vocabulary
        checkpoint = Checkpoint(model, vocabulary, metadata, known_lines=self._known_lines)
        if final:
            self._add_recitation(checkpoint)
        write_checkpoint_dir(
            checkpoint, self.path, log=run_log.log, samples=run_log.samples, picture=final
        )
        self.last_save_seconds = self._clock() - began
        return {**measured, "path": str(self.path)}

    def _add_recitation(self, checkpoint: Checkpoint) -> None:
        """Measure how much the model recites, for its model card."""
        prefix = self._prefixes[0] if self._prefixes else ""
        if found := measure_recitation(checkpoint, self._corpus, prefix):
            checkpoint.about["recitation"] = found

    @cached_property
    def _known_lines(self) -> KnownLines | None:
        """The lines of a text of lines, or its parts, as hashes."""
        if self._config.documents not in ("lines", "blank-lines"):
            return None
        lines = self._corpus.document_texts()
        return KnownLines.of(lines) if len(lines) <= MAX_LINES else None

    @cached_property
    def _compatibility_key(self) -> dict[str, Any]:
        return compatibility_key(
            self._corpus, self._train_step.model.config, self._config, self._start_digest
        )

    def stage_resume_state(self, best_model: BestModel, counters: Mapping[str, Any]) -> None:
        """Serialize the resume state in memory; `save_resume_state` writes it."""
        whole = {**counters, "selection": best_model.counters()}
        self._staged = self._train_step.resume_state(
            best_model.best, whole, self._compatibility_key
        ).serialize()

    def save_resume_state(self) -> None:
        """Write the staged resume state, unless that has been done."""
        if self._staged is not None:
            save(self._staged, self._directory)
            self._staged = None

    def load_resume_state(self) -> ResumeState | None:
        """Load the saved resume state, None if there is none; see `ResumeState.load`."""
        return ResumeState.load(self._directory, self._compatibility_key)

    def resume_at(self, seconds: float) -> None:
        """Note that the run continues from where it was at `seconds`."""
        self._saved_at = seconds
