"""The text that a model was trained on, where it is at hand and the user may read it.

The text of a run belongs to the run's owner, so nobody else can read it here. Everyone can read the
datasets.
"""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from typing import Any

from ...checkpoint import Checkpoint
from ...corpus import Corpus
from ...errors import UserError
from ...runs.run import Run
from ...text import datasets
from .catalog import ModelEntry


def training_corpus(model: ModelEntry, checkpoint: Checkpoint) -> Corpus | None:
    """Return the text that a model was trained on, split as then; None where it is not at hand."""
    share = (checkpoint.about.get("training") or {}).get("validation")
    with suppress(UserError):
        if model.source == "run":
            return Run(model.directory.parent).corpus.with_validation(share)
        entry = _dataset_of(checkpoint)
        if entry is not None and isinstance(share, int | float):
            corpus = _dataset_corpus(entry.name, share)
            described: Any = checkpoint.about.get("corpus") or {}
            return corpus if described.get("characters") == len(corpus.ids) else None
    return None


def local_datasets() -> list[datasets.Dataset]:
    """Return the datasets that can be read without a download."""
    return [entry for entry in datasets.DATASETS if datasets.is_local(entry.name)]


def corpus_name(checkpoint: Checkpoint) -> object:
    """Return what a checkpoint says about the name of its training text."""
    return (checkpoint.about.get("corpus") or {}).get("name")


def _dataset_of(checkpoint: Checkpoint) -> datasets.Dataset | None:
    """Return the dataset that a model says it was trained on, if that can be read."""
    name = corpus_name(checkpoint)
    return next((entry for entry in local_datasets() if entry.title == name), None)


@lru_cache(maxsize=4)
def _dataset_corpus(name: str, share: float | None) -> Corpus:
    return Corpus.from_text(datasets.load(name)).with_validation(share)
