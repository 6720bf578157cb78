"""What a model card can say of the text that a model was trained on: its origin and its license."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..text import datasets
from .dataset_of_model import corpus_name
from .escaping import line_of

if TYPE_CHECKING:
    from . import Checkpoint

UNKNOWN_LICENSE = "unknown"  # the Hub knows the word
UNKNOWN_RIGHTS = "its license is unknown"
PUBLIC_DOMAIN = "in the public domain"
_LANGUAGES = {"English": "en", "Chinese": "zh"}


@dataclass(frozen=True)
class TrainingText:
    """A text that charrnn knows by its name.

    license: of a model of it, as the Hub spells it.
    rights: the same in words.
    origin: where the text comes from, in Markdown.
    hub_dataset: its `owner/name` among the Hub's datasets, None if it is not there.
    language: as ISO 639-1 spells it, None if it is unknown.
    """

    license: str = UNKNOWN_LICENSE
    rights: str = UNKNOWN_RIGHTS
    origin: str = ""
    hub_dataset: str | None = None
    language: str | None = None


_EMBEDDED = "which comes with charrnn"
_KNOWN = {
    "tide-clock": TrainingText("apache-2.0", "an original story under Apache-2.0", _EMBEDDED),
    "songs": TrainingText("apache-2.0", "original lyrics under Apache-2.0", _EMBEDDED),
    "python-manual": TrainingText(
        "psf-2.0", "Python's manual, under the PSF License 2.0", "which comes with Python"
    ),
    "time-machine": TrainingText(rights=PUBLIC_DOMAIN, origin="by H. G. Wells"),
    "tiny-shakespeare": TrainingText(
        rights=PUBLIC_DOMAIN,
        origin="from plays by Shakespeare",
        hub_dataset="karpathy/tiny_shakespeare",
    ),
}
HUB_DATASETS = frozenset(text.hub_dataset for text in _KNOWN.values() if text.hub_dataset)


def training_text(checkpoint: Checkpoint) -> TrainingText:
    """Return what is known of a model's training text: little, unless it is a dataset."""
    name = corpus_name(checkpoint)
    entry = next((entry for entry in datasets.DATASETS if entry.title == name), None)
    if entry is None:
        return TrainingText()
    known = _KNOWN[entry.name]
    source = line_of(entry.title)
    if entry.url:  # the places that texts are downloaded from all speak HTTPS
        source = f"[{source}]({entry.url.replace('http:', 'https:')})"
    return TrainingText(
        known.license,
        known.rights,
        f"{source}, {known.origin}",
        known.hub_dataset,
        _LANGUAGES.get(entry.language),
    )


def text_name(checkpoint: Checkpoint) -> str:
    """Return the name of a model's training text, as its metadata have it."""
    return str(corpus_name(checkpoint) or "a text")
