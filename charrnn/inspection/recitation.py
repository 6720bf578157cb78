"""How much a model recites: a text that it writes, compared with the text it was trained on.

The figures are kept in a checkpoint's metadata, and its model card shows them. They are always
measured in the same way, so they are the same each time.
"""

from __future__ import annotations

from typing import Any

from ..checkpoint import Checkpoint
from ..corpus import Corpus
from ..generation import generate
from .memorization import Novelty, novelty

SEED = 0
MAX_CHARACTERS = 1_000  # that are written; fewer with a large model:
MIN_CHARACTERS = 300
_MAX_MULTIPLICATIONS = 2e9  # to write them, about; each parameter takes one for each character
MAX_TRAINING_CHARACTERS = 5_000_000  # of a text to compare with, which takes a second or two


def measure_recitation(checkpoint: Checkpoint, corpus: Corpus, prefix: str) -> dict[str, Any]:
    """Return how new the text is that a model writes after `prefix`, as numbers by name.

    `characters` and `seed` say how it was written, and `copied`, `longest`, `lines`,
    `copied_lines`, `min_characters` are those of `Novelty`. `new_4` … `new_24` are the shares of
    new n-grams. With `held_out_` before their names, some of them are those of as much held-out
    text. The result is empty for a model that cannot write, and for a text that is too long.
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
    new = {f"{before}new_{n}": share for n, share in found.new_ngrams.items() if share is not None}
    return {f"{before}copied": found.copied} | {name: round(new[name], 4) for name in new}
