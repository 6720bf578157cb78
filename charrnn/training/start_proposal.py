"""Propose a model to start from, or none, by a quick look at the text.

A model helps where it knows the text's characters and predicts a sample of it, before any training,
about as well as counting in the rest of the text does. Training goes on from there, so that it need
not be better. A text that repeats itself, such as code, is soon counted; a model of prose is of no
use for it. The rule is careful: a model of Chinese novels helps with modern songs that it does not
seem to know. The figures behind this are in benchmarks/LOG.md.
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

SAMPLE_CHARACTERS = 2_000  # of the text that is looked at, in its middle
_SAMPLE_SHARE = 0.2  # of a short text
_MIN_SAMPLE = 20  # characters, below which nothing can be said
_MAX_COUNTED = 200_000  # characters around the sample
_MIN_KNOWN = 0.9  # share of the sample's characters that a model must know
_TOLERANCE = 1.1  # how far above that of counting a model's perplexity may be


@dataclass(frozen=True)
class StartProposal:
    """The model to start from, and why.

    name: a key of the models to choose from; None for nothing.
    reason: the figures, as a sentence.
    perplexity: of that model, or else of the best one, on the sample; None if no model knows its
        characters.
    counting: that of n-grams counted in the rest of the text; None if the text is too short.
    """

    name: str | None
    reason: Message
    perplexity: float | None = None
    counting: float | None = None


def propose_start(
    corpus: Corpus, models: Mapping[str, Checkpoint], titles: Mapping[str, str] | None = None
) -> StartProposal:
    """Choose among models, given by name, the one that a run on a text should start from.

    `titles` are the names by which the reason calls the models, by default their own. Two models
    of 512 units take about a tenth of a second each.
    """
    middle = len(corpus.ids) // 2
    size = min(SAMPLE_CHARACTERS, round(len(corpus.ids) * _SAMPLE_SHARE))
    if size < _MIN_SAMPLE:
        return StartProposal(None, Message("The text is too short to see which model knows it."))
    sample = slice(middle - size // 2, middle - size // 2 + size)
    text = corpus.vocabulary.decode(corpus.ids[sample])
    found = {name: _perplexity(model, text) for name, model in models.items()}
    known = {name: value for name, value in found.items() if value is not None}
    if not known:
        return StartProposal(None, Message("No model to start from knows this script."))
    around = np.concatenate([corpus.ids[sample.stop :], corpus.ids[: sample.start]])
    _, nats = surprisals(around[-_MAX_COUNTED:], corpus.ids[sample], len(corpus.vocabulary))
    counting = perplexity(float(nats.mean()))
    name = min(known, key=lambda name: known[name])
    helps = known[name] <= _TOLERANCE * counting
    return StartProposal(
        name if helps else None,
        _reason(helps, (titles or {}).get(name, models[name].name), known[name], counting),
        known[name],
        counting,
    )


def _reason(helps: bool, title: str, reached: float, counting: float) -> Message:
    figures = {"model": title, "perplexity": _shown(reached), "counting": _shown(counting)}
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

    Each unknown character counts as a uniform guess.
    """
    ids = model.vocabulary.encode(text)
    unknown = 1 - np.count_nonzero(ids) / len(ids)
    if unknown > 1 - _MIN_KNOWN or model.model.config.bidirectional:
        return None
    guess = math.log(len(model.vocabulary))
    return perplexity((1 - unknown) * held_out_nats(model.model, ids) + unknown * guess)


def _shown(value: float) -> str:
    return f"{value:.3g}" if value < 1e3 else f"{value:,.0f}"
