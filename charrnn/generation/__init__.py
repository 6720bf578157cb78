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
from numpy.typing import NDArray

from ..errors import UserError, short_repr
from ..model import CharRNN
from ..utils import validation
from ..vocabulary import Vocabulary, empty_vocabulary_error
from .document_decoder import begin_decoder
from .numpy_decoder import Decoder
from .prefill import prefilled_decoders
from .stopping import Ending, check_sentence_after, check_stop

if TYPE_CHECKING:
    from ..checkpoint import Checkpoint

MODES = ("greedy", "sample")
MAX_LENGTH = 1_000_000  # characters that one call generates
_RANDOM_BLOCK = 256  # random numbers drawn at a time
_MAX_BATCH = 64  # texts generated side by side; more wait for the next batch
_MAX_ALPHA = 1e30  # above it nothing changes, and products could overflow


@dataclass(frozen=True)
class GenerationConfig:
    """How a text is continued.

    length: how many characters to generate.
    mode: "greedy", or "sample" to draw from q ∝ p^alpha.
    seed: makes sampling repeatable; None draws a different text each time.
    stop: strings after which the text ends, if it writes one within its length. The prefix does not
        count.
    sentence_after: with a number, the text ends with the first sentence that ends after so many
        characters, if one does within its length.

    Raises UserError for a value out of range.
    """

    length: int = 200
    mode: str = "sample"
    alpha: float = 1.0
    seed: int | None = None
    stop: str | Sequence[str] = ()
    sentence_after: int | None = None

    def __post_init__(self) -> None:
        length, mode = validation.as_int(self.length, "length"), self.mode
        alpha = validation.as_float(self.alpha, "alpha")
        seed = None if self.seed is None else validation.as_int(self.seed, "seed")
        if mode not in MODES:
            raise UserError(
                "mode = {value}: choose greedy or sample.", value=short_repr(mode), field="mode"
            )
        if not math.isfinite(alpha) or alpha <= 0:
            raise UserError("alpha = {value}: give a number above 0.", value=alpha, field="alpha")
        if not 0 <= length <= MAX_LENGTH:
            raise UserError(
                "length = {value}: give 0 to {most:,} characters.",
                value=short_repr(length, 40),
                most=MAX_LENGTH,
                field="length",
            )
        if seed is not None and seed < 0:
            raise UserError(
                "seed = {value}: give a whole number of at least 0.",
                value=short_repr(seed, 40),
                field="seed",
            )
        checked = {
            "length": length,
            "alpha": alpha,
            "seed": seed,
            "stop": check_stop(self.stop),
            "sentence_after": check_sentence_after(self.sentence_after),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    @property
    def sampling_alpha(self) -> float:
        """The exponent to sample with; infinite in greedy mode."""
        return math.inf if self.mode == "greedy" else self.alpha

    def ending(self) -> Ending:
        """Build what watches one text for its end."""
        return Ending(tuple(self.stop), self.sentence_after)


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
        for chosen in _sample(decoder, config):
            if ending.is_before(symbols[chosen]):
                return
            yield symbols[chosen]
            if ending.is_reached(symbols[chosen]):
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
    texts: list[list[str]] = [[] for _ in configs]
    going = {number: config.ending() for number, config in enumerate(configs)}
    for ids in _sample_batch(decoder, configs):
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
    log_p = _log_probabilities(_begin(checkpoint, text).logits.astype(np.float64))
    p, q = np.exp(log_p), np.exp(_normalize(min(alpha, _MAX_ALPHA) * log_p))
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
    for chosen in _sample(decoder, config):
        if ending.is_before(symbols[chosen]):
            return
        log_p = _log_probabilities(decoder.logits.astype(np.float64))
        yield GeneratedChar(symbols[chosen], float(-log_p[chosen - 1] / math.log(2)))
        if ending.is_reached(symbols[chosen]):
            return


def random_number(seed: int, index: int) -> float:
    """Return the random number, 0 … 1, that draws the character `index` of a text, from 0 on."""
    return float(np.random.default_rng(seed).random(index + 1)[index])


def _sample(decoder: Decoder, config: GenerationConfig) -> Iterator[int]:
    """Yield the generated ids; `decoder.logits` are those that chose the latest one.

    Raises UserError if the logits overflow.
    """
    length, alpha = config.length, config.sampling_alpha
    greedy = math.isinf(alpha)
    random = np.random.default_rng(config.seed)
    weights = np.empty(decoder.logits.shape, np.float64)
    for start in range(0, length, _RANDOM_BLOCK):
        for number in random.random(min(_RANDOM_BLOCK, length - start)).tolist():
            logits = decoder.logits
            if greedy:
                chosen = int(logits.argmax())
                if not math.isfinite(logits[chosen]):
                    raise _overflow_error()
            else:
                weights[...] = logits
                chosen = _draw(weights, alpha, number)
            yield chosen + 1
            decoder.step(chosen + 1)


def _sample_batch(
    decoder: Decoder, configs: Sequence[GenerationConfig]
) -> Iterator[NDArray[np.int64]]:
    """Yield the next ids (K,) of K texts of one length, sampled as in `_sample`."""
    length = configs[0].length
    alphas = [config.sampling_alpha for config in configs]
    randoms = [np.random.default_rng(config.seed) for config in configs]
    for start in range(0, length, _RANDOM_BLOCK):
        count = min(_RANDOM_BLOCK, length - start)
        for numbers in np.stack([random.random(count) for random in randoms], axis=1):  # (K,)
            chosen = draw_each(decoder.logits.reshape(len(configs), -1), alphas, numbers)
            yield chosen
            decoder.step(chosen if len(chosen) > 1 else int(chosen[0]))


def draw_each(
    logits: NDArray[np.float32], alphas: Sequence[float], numbers: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return the ids (K,) that random numbers, 0 … 1, draw from q ∝ exp(α · logits), (K, V − 1).

    Raises UserError if the logits overflow.
    """
    highest = np.maximum.reduce(logits, axis=1, keepdims=True)
    if not math.isfinite(highest.sum(dtype=np.float64)):
        raise _overflow_error()
    weights = np.subtract(logits, highest, dtype=np.float64)
    weights *= np.minimum(alphas, _MAX_ALPHA)[:, None]
    cumulative = np.exp(weights, out=weights).cumsum(axis=1, out=weights)
    drawn = numbers[:, None] * cumulative[:, -1:]
    chosen: NDArray[np.int64] = (cumulative > drawn).argmax(axis=1) + 1
    return chosen


def _draw(logits: NDArray[np.float64], alpha: float, number: float) -> int:
    """Return the index that a random number, 0 … 1, draws from q ∝ exp(α · logits).

    Overwrites `logits`. Raises UserError if they overflow.
    """
    highest = logits.max()
    if not math.isfinite(highest):
        raise _overflow_error()
    logits -= highest
    logits *= min(alpha, _MAX_ALPHA)
    cumulative = np.exp(logits, out=logits).cumsum(out=logits)
    return int(cumulative.searchsorted(number * cumulative[-1], side="right"))


def _log_probabilities(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the log-probabilities (…, V − 1) of logits. Raises UserError if they overflow."""
    if not np.isfinite(logits).all():
        raise _overflow_error()
    return _normalize(logits)


def _overflow_error() -> UserError:
    return UserError(
        "The model's numbers overflow, so it cannot predict the next character: "
        "choose another model, or train again."
    )


def _normalize(log_weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return log-probabilities in proportion to exp(log_weights)."""
    shifted = log_weights - log_weights.max(axis=-1, keepdims=True)
    normalized: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    return normalized
