"""The texts that a model can read on the Inspect tab."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ...checkpoint import Checkpoint
from ...checkpoint.dataset_of_model import corpus_name, local_datasets
from ...corpus import Corpus
from ...corpus.split import SPREAD
from ...text import datasets
from ...vocabulary import Ids
from .. import i18n
from ..operations.arguments import checked_text
from ..operations.inspection import MAX_INSPECTED_CHARACTERS
from .strings import TEXT_LABELS

OWN, HELD_OUT, TRAINING = "own", "held-out", "training"
PASSAGE = ":"  # before the number of a held-out passage, in its key
MAX_PASSAGES = 12  # held-out passages that are offered
MAX_EXAMPLE_CHARACTERS = 20_000  # of a text that is not the user's own
_SAMPLE_CHARACTERS = 2_000  # of a dataset, to see whether a model knows its characters


@dataclass(frozen=True)
class ChosenText:
    """A text to read.

    source: its key, one of `text_options`.
    text: its first `MAX_EXAMPLE_CHARACTERS`, or all of the user's own.
    total: the number of characters of the whole text.
    is_shared: whether every user of the model may choose this text.
    """

    source: str
    text: str
    total: int
    is_shared: bool


def text_options(checkpoint: Checkpoint, corpus: Corpus | None, locale: str) -> list[list[str]]:
    """Return the label and the key of each text, the best one for this model first."""
    options = []
    if corpus is not None:
        options += [
            [i18n.translate(TEXT_LABELS[label], locale, **values), key]
            for key, (label, values, _) in _own_parts(corpus).items()
        ]
    unknown = {entry.name: _unknown_share(checkpoint, entry.name) for entry in local_datasets()}
    for entry in sorted(local_datasets(), key=lambda entry: unknown[entry.name]):
        title = entry.title_zh if locale == "zh" else entry.title
        if corpus_name(checkpoint) == entry.title:
            title = i18n.translate(TEXT_LABELS["learned"], locale, title=title)
        options.append([title, entry.name])
    return [*options, [i18n.translate(TEXT_LABELS[OWN], locale), OWN]]


def choose_text(
    checkpoint: Checkpoint, corpus: Corpus | None, source: object, own: object, default: str
) -> ChosenText:
    """Return the text with this key, or that of `default` if the model has no such text.

    Raises UserError if the user's own text, `own`, is too long.
    """
    if source == OWN:
        text = checked_text(own or "", "text", MAX_INSPECTED_CHARACTERS)
        return ChosenText(OWN, text, len(text), is_shared=False)
    parts = {} if corpus is None else _own_parts(corpus)
    if source == TRAINING and corpus is not None:
        parts = {TRAINING: (TRAINING, {}, corpus.training)}
    if source not in parts and source not in {entry.name for entry in local_datasets()}:
        source = default
    if corpus is not None and source in parts:
        ids = parts[str(source)][2]
        text = corpus.vocabulary.decode(ids[:MAX_EXAMPLE_CHARACTERS].tolist())
        return ChosenText(str(source), text, len(ids), is_shared=False)
    name = str(source)
    whole = datasets.load(name).text
    return ChosenText(name, whole[:MAX_EXAMPLE_CHARACTERS], len(whole), is_shared=True)


def is_held_out(source: str) -> bool:
    """Check whether a key is that of the held-out part of a text, or of a passage of it."""
    return source.partition(PASSAGE)[0] == HELD_OUT


def _own_parts(corpus: Corpus) -> dict[str, tuple[str, dict[str, int], Ids]]:
    """Return the parts of a model's own text to read: label, its values and ids of each, by key.

    It is the held-out part, or else the training text. Held-out passages from all over a text are
    parts by themselves, since each is read from a zero state; of many, some are offered.
    """
    if not len(corpus.held_out):
        return {TRAINING: (TRAINING, {}, corpus.training)}
    blocks = corpus.held_out_blocks
    if corpus.holdout != SPREAD or len(blocks) == 1:
        return {HELD_OUT: (HELD_OUT, {}, corpus.held_out)}
    places = np.linspace(0, len(blocks) - 1, min(MAX_PASSAGES, len(blocks))).astype(int).tolist()
    return {
        f"{HELD_OUT}{PASSAGE}{i + 1}": ("passage", {"n": i + 1, "of": len(blocks)}, blocks[i])
        for i in places
    }


def corpus_to_count(checkpoint: Checkpoint, corpus: Corpus | None, source: str) -> Corpus | None:
    """Return the training text, to count baselines for the text `source`; None if they overlap."""
    if source == OWN or is_held_out(source):
        return corpus
    titles = {entry.name: entry.title for entry in local_datasets()}
    learned = source == TRAINING or titles.get(source) == corpus_name(checkpoint)
    return None if learned else corpus


def _unknown_share(checkpoint: Checkpoint, name: str) -> float:
    ids = checkpoint.vocabulary.encode(_sample(name))
    return float((ids == 0).mean())


@lru_cache(maxsize=len(datasets.DATASETS))
def _sample(name: str) -> str:
    return datasets.load(name).text[:_SAMPLE_CHARACTERS]
