"""The texts that a model can read on the Inspect tab."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from ...checkpoint import Checkpoint
from ...checkpoint.dataset_of_model import corpus_name, local_datasets
from ...corpus import Corpus
from ...errors import UserError
from ...text import datasets
from ...utils.validation import clean_text
from .. import i18n
from ..inspection_operations import MAX_INSPECTED_CHARACTERS
from .strings import TEXT_LABELS

OWN, HELD_OUT, TRAINING = "own", "held-out", "training"
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
        key = HELD_OUT if len(corpus.held_out) else TRAINING
        options.append([i18n.translate(TEXT_LABELS[key], locale), key])
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

    Raises UserError if the user's own text is too long.
    """
    if source == OWN:
        text = _checked_own(own)
        return ChosenText(OWN, text, len(text), is_shared=False)
    if source not in {entry.name for entry in local_datasets()}:
        source = default if source not in (HELD_OUT, TRAINING) or corpus is None else source
    if corpus is not None and source in (HELD_OUT, TRAINING):
        held_out = source == HELD_OUT and len(corpus.held_out) > 0
        ids = corpus.held_out if held_out else corpus.training
        text = corpus.vocabulary.decode(ids[:MAX_EXAMPLE_CHARACTERS].tolist())
        key = HELD_OUT if held_out else TRAINING
        return ChosenText(key, text, len(ids), is_shared=False)
    name = str(source)
    whole = datasets.load(name).text
    return ChosenText(name, whole[:MAX_EXAMPLE_CHARACTERS], len(whole), is_shared=True)


def corpus_to_count(checkpoint: Checkpoint, corpus: Corpus | None, source: str) -> Corpus | None:
    """Return the training text, to count baselines for the text `source`; None if they overlap."""
    if source in (OWN, HELD_OUT):
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


def _checked_own(value: object) -> str:
    """Return the user's text, cleaned. Raises UserError if it is too long."""
    # A browser may send two characters for each line end, and `clean_text` leaves one.
    raw = value if isinstance(value, str) else ""
    text = clean_text(raw) if len(raw) <= 2 * MAX_INSPECTED_CHARACTERS else raw
    if len(text) > MAX_INSPECTED_CHARACTERS:
        raise UserError(
            "{name} can have at most {most:,} characters: choose a part of it.",
            name="text",
            most=MAX_INSPECTED_CHARACTERS,
            field="text",
        )
    return text
