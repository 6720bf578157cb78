"""Generation: prefill the model with a prefix, then continue it one character at a time.

Each next character is the most likely one (greedy) or is sampled from q ∝ p^α. α = 1 is the model's
own distribution, a larger α is safer, a smaller one bolder, and α → ∞ is greedy; α is
1 / temperature. `<unk>` is never generated. The prefix may be anything: characters that the model
does not know are read as `<unk>`, and an empty prefix means that a new line has just begun. A model
of documents, such as lines, begins from a zero state after each that it has ended.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

import numpy as np

from ..errors import UserError
from ..model import CharRNN
from ..utils import validation
from ..vocabulary import Vocabulary, empty_vocabulary_error
from .config import GenerationConfig
from .document_decoder import begin_decoder
from .numpy_decoder import Decoder
from .prefill import prefilled_decoders
from .sampling import MAX_ALPHA, log_probabilities, normalize, sample, sample_batch

if TYPE_CHECKING:
    from ..checkpoint import Checkpoint

_MAX_BATCH = 64  # texts generated side by side; more wait for the next batch


@dataclass(frozen=True)
class GeneratedChar:
    """A generated character and its surprisal: −log₂ p under the model's own p, in bits."""

    character: str
    surprisal: float


@dataclass(frozen=True)
class Candidate:
    """A possible next character: its probability p, and q ∝ p^α, which sampling draws from."""

    character: str
    p: float
    q: float


def generate(
    checkpoint: Checkpoint,
    prefix: str = "",
    length: int = 200,
    mode: str = "sample",
    alpha: float = 1.0,
    seed: int | None = None,
    stop: str | Sequence[str] = (),
    sentence_after: int | None = None,
) -> str:
    """Return `prefix` followed by `length` generated characters; see `GenerationConfig`."""
    return prefix + "".join(
        stream(checkpoint, prefix, length, mode, alpha, seed, stop, sentence_after)
    )


def stream(
    checkpoint: Checkpoint,
    prefix: str = "",
    length: int = 200,
    mode: str = "sample",
    alpha: float = 1.0,
    seed: int | None = None,
    stop: str | Sequence[str] = (),
    sentence_after: int | None = None,
) -> Iterator[str]:
    """Yield the characters after `prefix` one by one; see `GenerationConfig` for the arguments.

    Bad arguments raise UserError at once, before the first character is asked for.
    """
    check_generation(checkpoint, prefix)
    config = GenerationConfig(length, mode, alpha, seed, stop, sentence_after)

    def characters() -> Iterator[str]:
        decoder = _begin(checkpoint, prefix)
        symbols, ending = checkpoint.vocabulary.symbols, config.ending()
        watches = ending.watches
        for chosen in sample(decoder, config):
            if watches and ending.is_before(symbols[chosen]):
                return
            yield symbols[chosen]
            if watches and ending.is_reached(symbols[chosen]):
                return

    return characters()


def iter_characters(
    checkpoint: Checkpoint, prefix: str = "", config: GenerationConfig = GenerationConfig()
) -> Iterator[GeneratedChar]:
    """Yield the characters that a checkpoint generates after `prefix`, with their surprisal.

    Raises UserError at once for a checkpoint that cannot generate.
    """
    check_generation(checkpoint, prefix)
    return iter_from_model(
        checkpoint.model, checkpoint.vocabulary, prefix, config, checkpoint.documents
    )


def iter_from_model(
    model: CharRNN,
    vocabulary: Vocabulary,
    prefix: str,
    config: GenerationConfig,
    documents: str = "none",
) -> Iterator[GeneratedChar]:
    """Yield characters as `iter_characters` does, from a model without a checkpoint."""
    decoder = begin_decoder(model, vocabulary, prefix, documents)
    yield from _iter_generated(vocabulary, decoder, config)


def iter_side_by_side(
    checkpoint: Checkpoint, prefix: str, configs: Sequence[GenerationConfig]
) -> Iterator[list[GeneratedChar | None]]:
    """Continue one prefix several times at once, as each of `configs` says.

    Yields the next character of every text, None for one that has ended. Each text is what
    `iter_characters` would yield alone.
    Raises UserError at once for a checkpoint that cannot generate.
    """
    check_generation(checkpoint, prefix)

    def characters() -> Iterator[list[GeneratedChar | None]]:
        model, vocabulary = checkpoint.model, checkpoint.vocabulary
        decoders: list[Decoder]
        if checkpoint.documents == "none":
            decoders = prefilled_decoders(model, vocabulary, prefix, len(configs))
        else:
            decoders = [_begin(checkpoint, prefix) for _ in configs]
        pairs = zip(decoders, configs, strict=True)
        texts = [_iter_generated(vocabulary, decoder, config) for decoder, config in pairs]
        for together in zip_longest(*texts):
            yield list(together)

    return characters()


def generate_many(
    checkpoint: Checkpoint, prefix: str, configs: Sequence[GenerationConfig]
) -> list[str]:
    """Generate a text for each of `configs`, all of one length, in batches: much faster than alone.

    A product of several rows rounds its last digit differently from that of one row, and a draw
    within that digit of a border falls on the other side. Of texts of 200 characters, about one in
    two hundred differs from what its seed gives alone.
    """
    check_generation(checkpoint, prefix)
    texts: list[str] = []
    for start in range(0, len(configs), _MAX_BATCH):
        batch = configs[start : start + _MAX_BATCH]
        decoder = _begin(checkpoint, prefix, len(batch))
        texts += [prefix + text for text in _texts_of_batch(checkpoint.vocabulary, decoder, batch)]
    return texts


def _texts_of_batch(
    vocabulary: Vocabulary, decoder: Decoder, configs: Sequence[GenerationConfig]
) -> list[str]:
    """Return the text of each of K configurations; ends when all of them have."""
    going = {number: config.ending() for number, config in enumerate(configs)}
    batches = sample_batch(decoder, configs)
    if not any(ending.watches for ending in going.values()):
        columns = np.array(list(batches), np.int64).reshape(-1, len(configs)).T
        return [vocabulary.decode(column) for column in columns.tolist()]
    texts: list[list[str]] = [[] for _ in configs]
    for ids in batches:
        chosen = ids.tolist()
        for number, ending in list(going.items()):
            character = vocabulary.symbols[chosen[number]]
            if ending.is_before(character):
                del going[number]
                continue
            texts[number].append(character)
            if ending.is_reached(character):
                del going[number]
        if not going:
            break
    return ["".join(text) for text in texts]


def top_candidates(
    checkpoint: Checkpoint, text: str, *, alpha: float = 1.0, count: int = 10
) -> list[Candidate]:
    """Return the `count` most likely characters after `text`, best first, with p and q ∝ p^α."""
    alpha, count = validation.as_float(alpha, "alpha"), validation.as_int(count, "count")
    if not math.isfinite(alpha) or alpha <= 0:
        raise UserError("alpha = {value}: give a number above 0.", value=alpha, field="alpha")
    validation.check_checkpoint(checkpoint)
    if len(checkpoint.vocabulary) < 2:
        raise empty_vocabulary_error()
    log_p = log_probabilities(_begin(checkpoint, text).logits.astype(np.float64))
    p, q = np.exp(log_p), np.exp(normalize(min(alpha, MAX_ALPHA) * log_p))
    best = np.argsort(-log_p, kind="stable")[:count]
    symbols = checkpoint.vocabulary.symbols
    return [Candidate(symbols[i + 1], float(p[i]), float(q[i])) for i in best.tolist()]


def check_generation(checkpoint: Checkpoint, prefix: str) -> None:
    """Raise UserError unless the checkpoint can continue the prefix."""
    validation.check_checkpoint(checkpoint)
    validation.as_text(prefix, "prefix")
    if len(checkpoint.vocabulary) < 2:
        raise empty_vocabulary_error()


def _begin(checkpoint: Checkpoint, prefix: str, count: int = 1) -> Decoder:
    return begin_decoder(
        checkpoint.model, checkpoint.vocabulary, prefix, checkpoint.documents, count
    )


def _iter_generated(
    vocabulary: Vocabulary, decoder: Decoder, config: GenerationConfig
) -> Iterator[GeneratedChar]:
    symbols, ending = vocabulary.symbols, config.ending()
    for chosen in sample(decoder, config):
        if ending.is_before(symbols[chosen]):
            return
        log_p = log_probabilities(decoder.logits.astype(np.float64))
        yield GeneratedChar(symbols[chosen], float(-log_p[chosen - 1] / math.log(2)))
        if ending.is_reached(symbols[chosen]):
            return
