"""Measure how much a model recites: compare a text that it generates with its training text.

The figures are kept in a checkpoint's metadata, and its model card shows them. The length and the
seed of the text follow from the model, so the figures are the same each time.
"""

from __future__ import annotations

from typing import Any

from ..checkpoint import Checkpoint
from ..corpus import Corpus
from ..generation import generate
from .memorization import Novelty, novelty

SEED = 0
MIN_CHARACTERS, MAX_CHARACTERS = 300, 1_000  # of the generated text: fewer for a large model
_MAX_MULTIPLICATIONS = 2e9  # to generate it: one for each parameter and character
MAX_TRAINING_CHARACTERS = 5_000_000  # of a training text; comparing takes a second or two


def measure_recitation(checkpoint: Checkpoint, corpus: Corpus, prefix: str) -> dict[str, Any]:
    """Generate a text after `prefix` and return the figures of its `Novelty`, by name.

    `characters` and `seed` are the length and the seed of the generated text. `copied`, `longest`,
    `lines`, `copied_lines` and `min_characters` are the fields of `Novelty`, and `new_4` … `new_24`
    the shares of new n-grams. `held_out_copied` and `held_out_new_4` … are the same for a held-out
    text of this length. The result is empty for a bidirectional model, which cannot generate, and
    for a training text that is too long.
    """
    model = checkpoint.model
    if model.config.bidirectional or len(corpus.training) > MAX_TRAINING_CHARACTERS:
        return {}
    affordable = int(_MAX_MULTIPLICATIONS / model.parameter_count)
    length = max(MIN_CHARACTERS, min(MAX_CHARACTERS, affordable))
    written = generate(checkpoint, prefix, length, seed=SEED)[len(prefix) :]
    training = corpus.vocabulary.decode(corpus.training.tolist())
    found = novelty(written, training)
    figures: dict[str, Any] = {"characters": length, "seed": SEED} | _shares(found, "")
    for name in ("longest", "lines", "copied_lines", "min_characters"):
        figures[name] = getattr(found, name)
    if len(corpus.held_out):
        held_out = corpus.vocabulary.decode(corpus.held_out[:length].tolist())
        figures |= _shares(novelty(held_out, training), "held_out_")
    return figures


def _shares(found: Novelty, before: str) -> dict[str, Any]:
    """Return the shares of copied characters and new n-grams, with `before` before their names."""
    new = {f"{before}new_{n}": share for n, share in found.new_ngrams.items() if share is not None}
    return {f"{before}copied": found.copied} | {name: round(new[name], 4) for name in new}
