"""Find the dataset that a model was trained on, if it can be read without a download."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from ..corpus import Corpus
from ..text import datasets
from . import Checkpoint


def local_datasets() -> list[datasets.Dataset]:
    """Return the datasets that can be read without a download."""
    return [entry for entry in datasets.DATASETS if datasets.is_local(entry.name)]


def corpus_name(checkpoint: Checkpoint) -> object:
    """Return the name of a checkpoint's training text in its metadata, None if there is none."""
    return (checkpoint.about.get("corpus") or {}).get("name")


def dataset_corpus(checkpoint: Checkpoint) -> Corpus | None:
    """Return the dataset that a model was trained on, with the same part held out.

    None if its text is not a local dataset, has another length by now, or nothing is known of what
    was held out. Raises UserError if the metadata have an impossible split.
    """
    name = corpus_name(checkpoint)
    entry = next((entry for entry in local_datasets() if entry.title == name), None)
    if entry is None or _split_of(checkpoint)[0] is None:
        return None
    corpus = _corpus(entry.name, *_split_of(checkpoint))
    described: Any = checkpoint.about.get("corpus") or {}
    return corpus if described.get("characters") == len(corpus.ids) else None


def split_as_trained(corpus: Corpus, checkpoint: Checkpoint) -> Corpus:
    """Return a model's training text with the part held out that its training held out.

    Raises UserError if the metadata have an impossible split.
    """
    return corpus.with_validation(*_split_of(checkpoint))


def _split_of(checkpoint: Checkpoint) -> tuple[float | None, str | None, int | None]:
    """Return `validation`, `holdout` and `seed` of a model's training; None for unknown ones."""
    training = checkpoint.about.get("training") or {}
    share, holdout, seed = (training.get(name) for name in ("validation", "holdout", "seed"))
    return (
        share if isinstance(share, int | float) else None,
        holdout if isinstance(holdout, str) else None,
        seed if isinstance(seed, int) and seed >= 0 else None,
    )


@lru_cache(maxsize=4)
def _corpus(name: str, share: float | None, holdout: str | None, seed: int | None) -> Corpus:
    return Corpus.from_text(datasets.load(name)).with_validation(share, holdout, seed)
