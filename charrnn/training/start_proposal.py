"""Propose a model to start training from, or none, by a sample of the text.

A model is proposed if it knows the characters of the sample and predicts it, without any training,
about as well as n-grams counted in the rest of the text. It need not predict better, since training
improves it. A text that repeats itself, such as code, is predicted well by n-grams, so no model of
prose is proposed for it.

The rule is conservative: a model of Chinese novels helps with modern songs, for which it is not
proposed. The measurements are in benchmarks/LOG.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..errors import Message
from ..evaluation import perplexity
from ..evaluation.held_out import held_out_nats
from ..ngrams.baselines import surprisals

if TYPE_CHECKING:
    from ..checkpoint import Checkpoint
    from ..corpus import Corpus

SAMPLE_CHARACTERS = 2_000  # in the middle of the text, at most
_MAX_SAMPLE_SHARE = 0.2  # of the text
_MIN_SAMPLE_CHARACTERS = 20
_MAX_COUNTED_CHARACTERS = 200_000  # around the sample, whose n-grams are counted
_MIN_KNOWN_SHARE = 0.9  # of the sample's characters, which a model must know
_MAX_PERPLEXITY_RATIO = 1.1  # of the model's perplexity to that of n-grams


@dataclass(frozen=True)
class StartProposal:
    """The model to start from, if any, and why.

    Attributes:
        name: The name of the model among those to choose from, None for random weights.
        reason: The reason as a sentence, with the figures.
        perplexity: That of the best model on the sample; None if no model knows its characters, or
            the text is too short.
        counting: That of n-grams on the sample, None as well.
    """

    name: str | None
    reason: Message
    perplexity: float | None = None
    counting: float | None = None


def propose_start(corpus: Corpus, models: Mapping[str, Checkpoint]) -> StartProposal:
    """Return which of some models, given by name, a run on a text should start from.

    A model of 512 units takes about a tenth of a second.
    """
    middle = len(corpus.ids) // 2
    size = min(SAMPLE_CHARACTERS, round(len(corpus.ids) * _MAX_SAMPLE_SHARE))
    if size < _MIN_SAMPLE_CHARACTERS:
        return StartProposal(None, Message("The text is too short to see which model knows it."))
    sample = slice(middle - size // 2, middle - size // 2 + size)
    text = corpus.vocabulary.decode(corpus.ids[sample])
    found = {name: _perplexity(model, text) for name, model in models.items()}
    known = {name: value for name, value in found.items() if value is not None}
    if not known:
        return StartProposal(None, Message("No model to start from knows this script."))
    around = np.concatenate([corpus.ids[sample.stop :], corpus.ids[: sample.start]])
    _, nats = surprisals(
        around[-_MAX_COUNTED_CHARACTERS:], corpus.ids[sample], len(corpus.vocabulary)
    )
    counting = perplexity(float(nats.mean()))
    name = min(known, key=lambda name: known[name])
    helps = known[name] <= _MAX_PERPLEXITY_RATIO * counting
    return StartProposal(
        name if helps else None,
        _reason(helps, models[name].name, known[name], counting),
        known[name],
        counting,
    )


def _reason(helps: bool, model: str, reached: float, counting: float) -> Message:
    """Return a sentence with both perplexities, the model's and that of n-grams."""
    figures = {"model": model, "perplexity": _shown(reached), "counting": _shown(counting)}
    if helps:
        return Message(
            "“{model}” knows texts like this: perplexity {perplexity} before any training, where "
            "counting in this text reaches {counting}.",
            **figures,
        )
    return Message(
        "“{model}” does not know texts like this: perplexity {perplexity} before any training, "
        "where counting in this text reaches {counting}.",
        **figures,
    )


def _perplexity(model: Checkpoint, text: str) -> float | None:
    """Return a model's perplexity on a text; None if it knows too few of the characters.

    None also for a bidirectional model. An unknown character counts as a uniform guess.
    """
    ids = model.vocabulary.encode(text)
    unknown = 1 - np.count_nonzero(ids) / len(ids)
    if unknown > 1 - _MIN_KNOWN_SHARE or model.model.config.bidirectional:
        return None
    guess = math.log(len(model.vocabulary))
    return perplexity((1 - unknown) * held_out_nats(model.model, ids) + unknown * guess)


def _shown(value: float) -> str:
    """Return a perplexity as text, with three digits."""
    return f"{value:.3g}" if value < 1e3 else f"{value:,.0f}"
