"""The run that the card shows before a visitor has trained one: that of a bundled model.

Its events are rebuilt from the training log and the samples in the checkpoint. The directory of
bundled models may be set by whoever runs the server, so any field of a checkpoint's metadata may be
missing or wrong.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from ...checkpoint import Checkpoint
from ...checkpoint.logs import log_of, samples_of
from ...errors import UserError
from ...model import ModelConfig
from ...training import TrainingConfig
from ...utils.config_fields import assign_settings
from ..services import catalog
from ..services.context import DEFAULT_TEXT_ZH, AppContext
from .view_model import RunViewModel

log = logging.getLogger(__name__)


def example_run(context: AppContext, locale: str) -> tuple[RunViewModel, str | None]:
    """Return the view of a bundled model's run, and the model's name.

    A Chinese visitor gets the run of the Chinese model. Without any model that has a training log,
    the view is idle and the name None.
    """
    models = catalog.bundled(context)
    if locale == "zh":
        models.sort(key=lambda model: model.key != DEFAULT_TEXT_ZH)
    for model in models:
        try:
            view = from_checkpoint(model)
        except UserError as error:  # damaged or just deleted
            log.warning("%s is not shown: %s", model.key, error)
            continue
        if view:
            return view, model.key
    view = RunViewModel()
    view.state = "idle"
    return view, None


def from_checkpoint(model: catalog.ModelEntry) -> RunViewModel | None:
    """Return the view of the run that made a model; None without its log and samples.

    Raises:
        UserError: The model is damaged, or was deleted meanwhile.
    """
    rows, samples = log_of(model.directory), samples_of(model.directory)
    if not rows or not samples:
        return None
    checkpoint = model.open()
    corpus = checkpoint.about.get("corpus") or {}
    view = RunViewModel(title=str(corpus.get("name") or model.key))
    for event in _events(checkpoint, [_progress(row) for row in rows], samples):
        view.apply(event)
    view.model = model.key
    view.is_example = True
    view.state = "finished"
    return view


def _events(
    checkpoint: Checkpoint, rows: list[dict[str, Any]], samples: list[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Rebuild the events of a run, as far as a checkpoint keeps them."""
    about, last = checkpoint.about, rows[-1]
    results = about.get("results") or {}
    yield {
        "event": "start",
        "characters": _count((about.get("corpus") or {}).get("characters")) or 0,
        "vocabulary_size": len(checkpoint.vocabulary),
        "parameters": checkpoint.model.parameter_count,
        "recipe": about.get("recipe") or "",
        "model": asdict(checkpoint.model.config),
        "training": _training_settings(about.get("training") or {}),
        "baselines": {n: _positive(p) for n, p in (results.get("baselines") or {}).items()},
        "device": "",
        "resumed_from": None,
    }
    pending = sorted(samples, key=lambda sample: int(sample["step"]))
    seconds = 0.0
    for row in rows:
        while pending and pending[0]["step"] < row["step"]:
            yield {"event": "sample", "seconds": seconds, **pending.pop(0)}
        seconds = row["seconds"]
        yield row
    for sample in pending:
        yield {"event": "sample", "seconds": seconds, **sample}
    held = _positive(results.get("validation_perplexity"))
    train = _positive(results.get("train_perplexity"))
    duration = _positive(results.get("seconds")) or seconds
    # In versions without `last_` figures, `train_perplexity` is not of the kept model.
    same_model = held is None or "last_train_perplexity" in results
    yield {
        "event": "checkpoint",
        "seconds": duration,
        "step": _count(results.get("step")) or last["step"],
        "path": "",
        "train_perplexity": train if same_model else None,
        "validation_perplexity": held,
    }
    yield {
        "event": "end",
        "reason": "finished",
        "message": "",
        "seconds": duration,
        "step": last["step"],
        "last_train_perplexity": _positive(last["train_perplexity"]) or train,
        "last_validation_perplexity": _positive(last["validation_perplexity"]) or held,
    }


def _progress(row: Mapping[str, Any]) -> dict[str, Any]:
    """Convert a row of the training log to a `progress` event."""
    figures = {
        name: _positive(row[name])
        for name in ("train_perplexity", "validation_perplexity", "gradient_norm")
    }
    return {
        "event": "progress",
        **row,
        **figures,
        "step": _count(row["step"]) or 0,
        "epoch": row["epoch"] or 0.0,
        "remaining_seconds": None,
    }


def _training_settings(stored: Mapping[str, object]) -> dict[str, Any]:
    """Return all training settings: valid ones as stored, the others at their defaults."""
    known: dict[str, Any] = {}
    for name, value in stored.items():
        try:
            known |= assign_settings({name: value}, ModelConfig, TrainingConfig)[1]
        except UserError:
            continue
    return asdict(TrainingConfig()) | known


def _positive(number: float | None) -> float | None:
    return number if number is not None and number > 0 else None


def _count(number: object) -> int | None:
    """Return a number that is a valid count; None for any other value."""
    return number if type(number) is int and 0 <= number < 1 << 53 else None
