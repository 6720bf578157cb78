"""The origin, license and language of the texts that charrnn knows, for model cards."""

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
    """What charrnn knows of a training text; the defaults are for an unknown one.

    Attributes:
        license: The license of a model that is trained on it, as the Hub spells it.
        rights: Who may use the text, in words.
        origin: Where the text comes from, in Markdown; empty if that is unknown.
        hub_dataset: Its `owner/name` among the Hub's datasets, None if it is not there.
        language: Its ISO 639-1 code, None if the language is unknown.
    """

    license: str = UNKNOWN_LICENSE
    rights: str = UNKNOWN_RIGHTS
    origin: str = ""
    hub_dataset: str | None = None
    language: str | None = None


_EMBEDDED = "which comes with charrnn"
# By the names of the datasets.
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
    """Return what is known of a model's training text: only defaults, unless it is a dataset."""
    name = corpus_name(checkpoint)
    entry = next((entry for entry in datasets.DATASETS if entry.title == name), None)
    if entry is None:
        return TrainingText()
    known = _KNOWN[entry.name]
    source = line_of(entry.title)
    if entry.url:  # all of these sites support HTTPS
        source = f"[{source}]({entry.url.replace('http:', 'https:')})"
    return TrainingText(
        known.license,
        known.rights,
        f"{source}, {known.origin}",
        known.hub_dataset,
        _LANGUAGES.get(entry.language),
    )


def text_name(checkpoint: Checkpoint) -> str:
    """Return the name of a model's training text in its metadata, "a text" without one."""
    return str(corpus_name(checkpoint) or "a text")
