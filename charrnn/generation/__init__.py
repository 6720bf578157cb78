"""Generation: warm up on a prefix, then write on, one character at a time.

Each next character is the likeliest (greedy) or is drawn from q ∝ p^α: α = 1 is the model's own
distribution, a larger α is safer, α → ∞ is greedy; α is 1 / temperature. `<unk>` is never
generated. The prefix may be anything: what the model does not know is fed as `<unk>`; an empty
prefix starts as if a new line had just begun.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError, short_repr
from ..model import CharRNN
from ..utils import validation
from ..vocabulary import Vocabulary, empty_vocabulary_error
from .numpy_decoder import Decoder
from .prefill import prefilled_decoder, prefilled_decoders

if TYPE_CHECKING:
    from ..checkpoint import Checkpoint

MODES = ("greedy", "sample")
MAX_LENGTH = 1_000_000  # characters one call writes at most
_RANDOM_BLOCK = 256  # random numbers drawn at a time
_MAX_BATCH = 64  # texts written side by side; more wait their turn
_MAX_ALPHA = 1e30  # α above which nothing changes, and products could overflow


_Settled = tuple[int, float, int | None]
"""What is written: the length, α (infinite where the mode is greedy), the seed."""


@dataclass(frozen=True)
class GeneratedChar:
    """A generated character and its surprisal: −log₂ p under the model's own p, in bits."""

    character: str
    surprisal: float


@dataclass(frozen=True)
class Candidate:
    """A possible next character: its probability p, and q ∝ p^α, what it is drawn from."""

    character: str
    p: float
    q: float


def iter_characters(
    checkpoint: Checkpoint,
    prefix: str = "",
    length: int = 200,
    mode: str = "sample",
    alpha: float = 1.0,
    seed: int | None = None,
) -> Iterator[GeneratedChar]:
    """The `length` characters that a checkpoint writes after `prefix`, one by one.

    `mode` is "greedy" or "sample"; sampling draws from q ∝ p^alpha and is repeatable for a given
    `seed`. Bad arguments raise UserError at once, before the first character is asked for.
    """
    settled = _settled(checkpoint, prefix, length, mode, alpha, seed)
    return iter_from_model(checkpoint.model, checkpoint.vocabulary, prefix, *settled)


def iter_from_model(
    model: CharRNN,
    vocabulary: Vocabulary,
    prefix: str,
    length: int,
    alpha: float,
    seed: int | None,
) -> Iterator[GeneratedChar]:
    """As `iter_characters`, with a bare model and sound arguments; an infinite α is greedy."""
    yield from _iter_generated(
        vocabulary, prefilled_decoder(model, vocabulary, prefix), length, alpha, seed
    )


def _iter_generated(
    vocabulary: Vocabulary, one: Decoder, length: int, alpha: float, seed: int | None
) -> Iterator[GeneratedChar]:
    symbols = vocabulary.symbols
    for chosen in _sample(one, length, alpha, seed):
        log_p = _log_probabilities(one.logits.astype(np.float64))
        yield GeneratedChar(symbols[chosen], float(-log_p[chosen - 1] / math.log(2)))


def iter_side_by_side(
    checkpoint: Checkpoint,
    prefix: str = "",
    length: int = 200,
    mode: str = "sample",
    alphas: Sequence[float] = (1.0,),
    seeds: Sequence[int | None] = (None,),
) -> Iterator[list[GeneratedChar]]:
    """Several texts after one prefix at once, one for each α and its seed; their characters, by
    turns. Each is what `iter_characters` would write alone.

    Raises UserError as `iter_characters` does.
    """
    settled = [
        _settled(checkpoint, prefix, length, mode, alpha, seed)
        for alpha, seed in zip(alphas, seeds, strict=True)
    ]

    def characters() -> Iterator[list[GeneratedChar]]:
        model, vocabulary = checkpoint.model, checkpoint.vocabulary
        apart = prefilled_decoders(model, vocabulary, prefix, len(settled))
        pairs = zip(apart, settled, strict=True)
        texts = [_iter_generated(vocabulary, one, *how) for one, how in pairs]
        for together in zip(*texts, strict=True):
            yield list(together)

    return characters()


def generate_many(
    checkpoint: Checkpoint,
    prefix: str = "",
    length: int = 200,
    mode: str = "sample",
    alpha: float = 1.0,
    seeds: Sequence[int | None] = (None,),
) -> list[str]:
    """As `generate`, a text for each seed, all at once, which is much faster.

    Products of several rows round their last digit otherwise than those of one, and a draw that
    falls within that digit of a border goes the other way: of texts of 200 characters, one in some
    two hundred is not the one that its seed gives alone.
    """
    texts: list[str] = []
    for start in range(0, len(seeds), _MAX_BATCH):
        some = seeds[start : start + _MAX_BATCH]
        settled = [_settled(checkpoint, prefix, length, mode, alpha, seed) for seed in some]
        together = prefilled_decoder(checkpoint.model, checkpoint.vocabulary, prefix, len(some))
        ids = list(_sample_batch(together, settled))
        columns = np.stack(ids, axis=1) if ids else np.empty((len(some), 0), np.int64)
        texts += [prefix + checkpoint.vocabulary.decode(column) for column in columns.tolist()]
    return texts


def _sample(one: Decoder, length: int, alpha: float, seed: int | None) -> Iterator[int]:
    """The ids that one text goes on with. `one.logits` is what each was chosen by, until the next
    is asked for.

    Raises UserError if the model's numbers overflow.
    """
    greedy = math.isinf(alpha)
    random = np.random.default_rng(seed)
    weights = np.empty(one.logits.shape, np.float64)
    for start in range(0, length, _RANDOM_BLOCK):
        for number in random.random(min(_RANDOM_BLOCK, length - start)).tolist():
            logits = one.logits
            if greedy:
                chosen = int(logits.argmax())
                if not math.isfinite(logits[chosen]):
                    raise _overflow_error()
            else:
                weights[...] = logits
                chosen = _draw(weights, alpha, number)
            yield chosen + 1
            one.step(chosen + 1)


def _sample_batch(together: Decoder, settled: Sequence[_Settled]) -> Iterator[NDArray[np.int64]]:
    """As `_sample`, the ids (K,) that several texts of one length go on with."""
    lengths, alphas, seeds = zip(*settled, strict=True)
    length = lengths[0]
    steepness = np.minimum(alphas, _MAX_ALPHA)[:, None]  # (K, 1)
    randoms = [np.random.default_rng(seed) for seed in seeds]
    for start in range(0, length, _RANDOM_BLOCK):
        count = min(_RANDOM_BLOCK, length - start)
        for numbers in np.stack([random.random(count) for random in randoms], axis=1):  # (K,)
            logits = together.logits.reshape(len(seeds), -1)  # (K, V − 1)
            highest = np.maximum.reduce(logits, axis=1, keepdims=True)
            if not math.isfinite(highest.sum(dtype=np.float64)):
                raise _overflow_error()
            weights = np.subtract(logits, highest, dtype=np.float64)
            weights *= steepness
            cumulative = np.exp(weights, out=weights).cumsum(axis=1, out=weights)
            drawn = numbers[:, None] * cumulative[:, -1:]
            chosen = (cumulative > drawn).argmax(axis=1) + 1
            yield chosen
            together.step(chosen if len(chosen) > 1 else int(chosen[0]))


def _draw(logits: NDArray[np.float64], alpha: float, number: float) -> int:
    """The place that a random number, 0 … 1, draws from q ∝ exp(α · logits); overwrites them.

    Raises UserError if they overflow.
    """
    highest = logits.max()
    if not math.isfinite(highest):
        raise _overflow_error()
    logits -= highest
    logits *= min(alpha, _MAX_ALPHA)
    cumulative = np.exp(logits, out=logits).cumsum(out=logits)
    return int(cumulative.searchsorted(number * cumulative[-1], side="right"))


def stream(
    checkpoint: Checkpoint,
    prefix: str = "",
    length: int = 200,
    mode: str = "sample",
    alpha: float = 1.0,
    seed: int | None = None,
) -> Iterator[str]:
    """The characters after `prefix`, one by one; see `iter_characters` for the arguments."""
    count, exponent, fixed = _settled(checkpoint, prefix, length, mode, alpha, seed)

    def characters() -> Iterator[str]:
        one = prefilled_decoder(checkpoint.model, checkpoint.vocabulary, prefix)
        symbols = checkpoint.vocabulary.symbols
        for chosen in _sample(one, count, exponent, fixed):
            yield symbols[chosen]

    return characters()


def generate(
    checkpoint: Checkpoint,
    prefix: str = "",
    length: int = 200,
    mode: str = "sample",
    alpha: float = 1.0,
    seed: int | None = None,
) -> str:
    """`prefix` and the `length` characters after it; see `iter_characters` for the arguments."""
    return prefix + "".join(stream(checkpoint, prefix, length, mode, alpha, seed))


def top_candidates(
    checkpoint: Checkpoint, text: str, *, alpha: float = 1.0, count: int = 10
) -> list[Candidate]:
    """The `count` likeliest characters after `text`, the likeliest first, with p and q ∝ p^α."""
    alpha, count = validation.number(alpha, "alpha"), validation.whole(count, "count")
    if not math.isfinite(alpha) or alpha <= 0:
        raise UserError("alpha = {value}: give a number above 0.", value=alpha, field="alpha")
    validation.checkpoint(checkpoint)
    if len(checkpoint.vocabulary) < 2:
        raise empty_vocabulary_error()
    log_p = _log_probabilities(
        prefilled_decoder(checkpoint.model, checkpoint.vocabulary, text).logits.astype(np.float64)
    )
    p, q = np.exp(log_p), np.exp(_normalize(min(alpha, _MAX_ALPHA) * log_p))
    best = np.argsort(-log_p, kind="stable")[:count]
    symbols = checkpoint.vocabulary.symbols
    return [Candidate(symbols[i + 1], float(p[i]), float(q[i])) for i in best.tolist()]


def _settled(
    checkpoint: Checkpoint, prefix: str, length: int, mode: str, alpha: float, seed: int | None
) -> _Settled:
    """The arguments, checked."""
    validation.checkpoint(checkpoint)
    validation.text(prefix, "prefix")
    length, alpha = validation.whole(length, "length"), validation.number(alpha, "alpha")
    seed = None if seed is None else validation.whole(seed, "seed")
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
    if len(checkpoint.vocabulary) < 2:
        raise empty_vocabulary_error()
    return length, math.inf if mode == "greedy" else alpha, seed


def _log_probabilities(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log-probabilities (…, V − 1) from logits. Raises UserError if they overflow."""
    if not np.isfinite(logits).all():
        raise _overflow_error()
    return _normalize(logits)


def _overflow_error() -> UserError:
    return UserError("The model's numbers overflow: it cannot say what comes next.")


def _normalize(log_weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log-probabilities in proportion to exp(log_weights)."""
    shifted = log_weights - log_weights.max(axis=-1, keepdims=True)
    normalized: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    return normalized
