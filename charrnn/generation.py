"""Generation: warm up on a prefix, then write on, one character at a time.

Each next character is the likeliest (greedy) or is drawn from q ∝ p^α: α = 1 is the model's own
distribution, a larger α is safer, α → ∞ is greedy; α is 1 / temperature. `<unk>` is never
generated. The prefix may be anything: what the model does not know is fed as `<unk>`; an empty
prefix starts as if a new line had just begun.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from .errors import UserError
from .evaluation import evaluating
from .model import CharRNN, State
from .vocabulary import Ids, Vocabulary

if TYPE_CHECKING:
    from .checkpoint import Checkpoint

MODES = ("greedy", "sample")
LONGEST = 1_000_000  # characters one call writes at most
_CHUNK = 256  # characters of a prefix fed at a time


@dataclass(frozen=True)
class Next:
    """A generated character and its surprisal: −log₂ p under the model's own p, in bits."""

    character: str
    surprisal: float


@dataclass(frozen=True)
class Likely:
    """A possible next character: its probability p, and q ∝ p^α, what it is drawn from."""

    character: str
    p: float
    q: float


class Reader:
    """A model that has read some text, and what it expects next."""

    def __init__(self, model: CharRNN, vocabulary: Vocabulary) -> None:
        self._model = model
        self._state: State | None = None
        self._logits: NDArray[np.float64] | None = None
        # Before any text: as at the start of a line, or failing that after a space.
        first = [c for c in "\n " if c in vocabulary.symbols]
        self._opening = vocabulary.encode(first[0]) if first else np.ones(1, vocabulary.dtype)

    def read(self, ids: Ids) -> None:
        """Read on."""
        with evaluating(self._model) as model:
            for start in range(0, len(ids), _CHUNK):
                piece = torch.from_numpy(ids[None, start : start + _CHUNK].astype(np.int64))
                logits, self._state = model(piece, self._state)
                self._logits = logits[-1].double().numpy()

    def log_p(self) -> NDArray[np.float64]:
        """Log-probabilities (V,) of the next character; `<unk>`, id 0, has none (−∞).

        Raises UserError if the model's numbers overflow.
        """
        if self._logits is None:
            self.read(self._opening)
        assert self._logits is not None
        if not np.isfinite(self._logits).all():
            raise UserError("The model's numbers overflow: it cannot say what comes next.")
        logits = self._logits.copy()
        logits[0] = -np.inf
        return _normalized(logits)


def continuation(
    checkpoint: Checkpoint,
    prefix: str = "",
    length: int = 200,
    mode: str = "sample",
    alpha: float = 1.0,
    seed: int | None = None,
) -> Iterator[Next]:
    """The `length` characters that a checkpoint writes after `prefix`, one by one.

    `mode` is "greedy" or "sample"; sampling draws from q ∝ p^alpha and is repeatable for a given
    `seed`. Bad arguments raise UserError at once, before the first character is asked for.
    """
    if mode not in MODES:
        raise UserError(f"mode = {mode!r}: choose greedy or sample.", field="mode")
    if not math.isfinite(alpha) or alpha <= 0:
        raise UserError(f"alpha = {alpha}: give a number above 0.", field="alpha")
    if not 0 <= length <= LONGEST:
        raise UserError(f"length = {length}: give 0 to {LONGEST:,} characters.", field="length")
    if seed is not None and seed < 0:
        raise UserError(f"seed = {seed}: give a whole number of at least 0.", field="seed")
    if len(checkpoint.vocabulary) < 2:
        raise UserError("This model knows no character, so it can write none.", field="checkpoint")
    greedy = math.inf if mode == "greedy" else alpha
    return write(checkpoint.model, checkpoint.vocabulary, prefix, length, greedy, seed)


def write(
    model: CharRNN,
    vocabulary: Vocabulary,
    prefix: str,
    length: int,
    alpha: float,
    seed: int | None,
) -> Iterator[Next]:
    """As `continuation`, with a bare model and sound arguments; an infinite α is greedy."""
    random = np.random.default_rng(seed)
    reader = Reader(model, vocabulary)
    reader.read(vocabulary.encode(prefix))
    for _ in range(length):
        log_p = reader.log_p()
        if math.isinf(alpha):
            chosen = int(log_p.argmax())
        else:
            cumulative = np.exp(_normalized(alpha * log_p)).cumsum()
            drawn = random.random() * cumulative[-1]
            chosen = int(cumulative.searchsorted(drawn, side="right"))
        yield Next(vocabulary.symbols[chosen], float(-log_p[chosen] / math.log(2)))
        reader.read(np.array([chosen], dtype=vocabulary.dtype))


def stream(
    checkpoint: Checkpoint,
    prefix: str = "",
    length: int = 200,
    mode: str = "sample",
    alpha: float = 1.0,
    seed: int | None = None,
) -> Iterator[str]:
    """The characters after `prefix`, one by one; see `continuation` for the arguments."""
    following = continuation(checkpoint, prefix, length, mode, alpha, seed)
    return (following_one.character for following_one in following)


def generate(
    checkpoint: Checkpoint,
    prefix: str = "",
    length: int = 200,
    mode: str = "sample",
    alpha: float = 1.0,
    seed: int | None = None,
) -> str:
    """`prefix` and the `length` characters after it; see `continuation` for the arguments."""
    return prefix + "".join(stream(checkpoint, prefix, length, mode, alpha, seed))


def likeliest(
    checkpoint: Checkpoint, text: str, *, alpha: float = 1.0, count: int = 10
) -> list[Likely]:
    """The `count` likeliest characters after `text`, the likeliest first, with p and q ∝ p^α."""
    if not math.isfinite(alpha) or alpha <= 0:
        raise UserError(f"alpha = {alpha}: give a number above 0.", field="alpha")
    reader = Reader(checkpoint.model, checkpoint.vocabulary)
    reader.read(checkpoint.vocabulary.encode(text))
    log_p = reader.log_p()
    p, q = np.exp(log_p), np.exp(_normalized(alpha * log_p))
    best = np.argsort(-log_p, kind="stable")[: min(count, len(log_p) - 1)]
    symbols = checkpoint.vocabulary.symbols
    return [Likely(symbols[i], float(p[i]), float(q[i])) for i in best.tolist()]


def _normalized(log_weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log-probabilities in proportion to exp(log_weights)."""
    shifted = log_weights - log_weights.max()
    normalized: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum())
    return normalized
