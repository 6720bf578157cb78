"""The perplexity of trivial models: a uniform guess, single symbols, n-grams.

Every number is the perplexity of the held-out part, exp of the mean nats per character, by counts
of the training part. A recurrent network that does not beat the n-grams has learned nothing that
counting could not. They are built to be a serious opponent (`kneser_ney`); the held-out part plays
no part in fitting their weights. On Tiny Shakespeare they reach 4.32, where the best single order
reaches 4.43, and Witten-Bell smoothing 5.05.

The start of a run waits for these numbers, so they look at the last 1,000,000 characters of the
training part and the first 100,000 of the held-out part at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..vocabulary import Ids
from .kneser_ney import Floats, KneserNeyModels, Mixture

MAX_TRAINING_CHARACTERS = 1_000_000  # the last ones
MAX_HELD_OUT_CHARACTERS = 100_000  # the first ones


@dataclass(frozen=True)
class Baselines:
    """Perplexities per character; `ngram` is None where nothing is held out."""

    uniform: float
    unigram: float
    ngram: float | None

    def as_dict(self) -> dict[str, float | None]:
        """Return the three numbers by name, as the `start` event of a run holds them."""
        return {"uniform": self.uniform, "unigram": self.unigram, "ngram": self.ngram}


def baseline_perplexities(training: Ids, held_out: Ids, vocabulary_size: int) -> Baselines:
    """Return the perplexities of `held_out`, which directly follows `training` in the text.

    Both are one-dimensional arrays of ids below `vocabulary_size`, which counts `<unk>` too.
    `uniform` is the vocabulary size: a model has an output for `<unk>` as well, so this is the
    perplexity of one that has learned nothing. `unigram` and `ngram` are the models of order 1 and
    of all orders. With an empty `held_out`, `unigram` is exp of the entropy of the training part's
    own characters.
    """
    uniform = float(vocabulary_size)
    if len(held_out) == 0:
        return Baselines(uniform, _own_perplexity(training[-MAX_TRAINING_CHARACTERS:]), None)
    unigram, ngram = surprisals(training, held_out[:MAX_HELD_OUT_CHARACTERS], vocabulary_size)
    return Baselines(uniform, float(np.exp(unigram.mean())), float(np.exp(ngram.mean())))


def block_baselines(training: Ids, blocks: Sequence[Ids], vocabulary_size: int) -> Baselines:
    """Return the perplexities of stretches of a text, each without what precedes it.

    The first character of each is not scored, as a model's evaluation does not score it. At most
    the first `MAX_HELD_OUT_CHARACTERS` are looked at, a share of each stretch.
    """
    recent = training[-MAX_TRAINING_CHARACTERS:]
    total = sum(map(len, blocks))
    share = min(1.0, MAX_HELD_OUT_CHARACTERS / total)
    pieces = [block[: max(2, round(share * len(block)))] for block in blocks]
    mixture = Mixture.of(recent, vocabulary_size)
    p, met = KneserNeyModels(recent, vocabulary_size).score_blocks(pieces)
    unigram, ngram = -np.log(p[0]), -np.log(mixture.mix(p, met))
    return Baselines(
        float(vocabulary_size), float(np.exp(unigram.mean())), float(np.exp(ngram.mean()))
    )


def _own_perplexity(ids: Ids) -> float:
    counts = np.bincount(ids)
    p = counts[counts > 0] / len(ids)
    return float(np.exp(-(p * np.log(p)).sum()))


def surprisals(training: Ids, text: Ids, vocabulary_size: int) -> tuple[Floats, Floats]:
    """Return the nats of each character of `text` after `training`: by unigrams, by n-grams."""
    training = training[-MAX_TRAINING_CHARACTERS:]
    mixture = Mixture.of(training, vocabulary_size)
    p, met = KneserNeyModels(training, vocabulary_size).score(text, before=training)
    return -np.log(p[0]), -np.log(mixture.mix(p, met))
