"""An earlier run, for a page that has none of its own yet: the log of a shipped model.

The shelf may hold what a stranger made: of all that such a model could say of its making, nothing
need be there.
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
    """What the card shows before any run: that of a shipped model, and the model's name.

    A Chinese visitor is shown how the Chinese model learned. Without any model the card is idle.
    """
    models = catalog.bundled(context)
    if locale == "zh":
        models.sort(key=lambda model: model.key != DEFAULT_TEXT_ZH)
    for model in models:
        try:
            view = from_checkpoint(model)
        except UserError as error:  # damaged; or gone at this moment
            log.warning("%s is not shown: %s", model.key, error)
            continue
        if view:
            return view, model.key
    view = RunViewModel()
    view.state = "idle"
    return view, None


def from_checkpoint(model: catalog.ModelEntry) -> RunViewModel | None:
    """The view of the run that made a model; None without its log and samples.

    Raises UserError if the model is damaged, or gone by now.
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
    """The run's events again, as far as a checkpoint keeps them."""
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
    waiting = sorted(samples, key=lambda sample: int(sample["step"]))
    seconds = 0.0
    for row in rows:
        while waiting and waiting[0]["step"] < row["step"]:
            yield {"event": "sample", "seconds": seconds, **waiting.pop(0)}
        seconds = row["seconds"]
        yield row
    for sample in waiting:
        yield {"event": "sample", "seconds": seconds, **sample}
    held = _positive(results.get("validation_perplexity"))
    train = _positive(results.get("train_perplexity"))
    taken = _positive(results.get("seconds")) or seconds
    # Before there were `last_` figures, `train_perplexity` was not measured with the kept model.
    together = held is None or "last_train_perplexity" in results
    yield {
        "event": "checkpoint",
        "seconds": taken,
        "step": _count(results.get("step")) or last["step"],
        "path": "",
        "train_perplexity": train if together else None,
        "validation_perplexity": held,
    }
    yield {
        "event": "end",
        "reason": "finished",
        "message": "",
        "seconds": taken,
        "step": last["step"],
        "last_train_perplexity": _positive(last["train_perplexity"]) or train,
        "last_validation_perplexity": _positive(last["validation_perplexity"]) or held,
    }


def _progress(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the log as the event that it was."""
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
    """The settings of a training, as they are stored if they can be true."""
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
    """A number that counts something; None for anything else."""
    return number if type(number) is int and 0 <= number < 1 << 53 else None
