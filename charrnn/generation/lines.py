"""Whole lines by a model: each begins from a zero state, and ends by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..corpus.documents import document_end
from ..errors import UserError
from ..utils import validation
from ..utils.yield_points import yield_point
from . import check_generation
from .config import GenerationConfig
from .document_decoder import DocumentDecoder
from .numpy_decoder import Decoder
from .sampling import draw_each

if TYPE_CHECKING:
    from ..checkpoint import Checkpoint
    from .nearest_lines import NearestLines

MAX_LINES = 1_000  # that one call generates
MAX_LINE_CHARACTERS = 5_000  # after which a line that does not end is given up
_MAX_BATCH = 32  # lines generated side by side
_MAX_TRIES_PER_LINE = 20  # lines written for each new one that is wanted


@dataclass(frozen=True)
class Line:
    """A line that a model wrote, without its end, the prefix included.

    Attributes:
        text: The line.
        new: Whether the text that the model was trained on lacks it; None if that is not known.
        complete: Whether it ended by itself.
        nearest: The line of that text that is most like it, and by how many characters they differ
            (`distance`, an edit distance); None without the text.
    """

    text: str
    new: bool | None
    complete: bool
    nearest: str | None = None
    distance: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it by the names that the command line and the endpoint use.

        The nearest line is left out where it is not known.
        """
        nearest = {"nearest": self.nearest, "distance": self.distance}
        shown = {"text": self.text, "new": self.new, "complete": self.complete}
        return shown | (nearest if self.nearest is not None else {})


def lines(
    checkpoint: Checkpoint,
    n: int = 20,
    prefix: str = "",
    alpha: float = 1.0,
    seed: int | None = None,
    *,
    new_only: bool = False,
    training_lines: NearestLines | None = None,
) -> list[Line]:
    """Return `n` lines by a model, sampled from q ∝ p^alpha; each begins with `prefix`.

    Of a model that was trained on parts between blank lines, or on files, a line is such a part.
    With `new_only`, lines of the training text and repeated ones are left out; there may then be
    fewer than `n`. `training_lines` finds the nearest line of the training text.

    Raises UserError for arguments out of range, and for `new_only` with a model that does not know
    its lines.
    """
    return list(
        iter_lines(
            checkpoint, n, prefix, alpha, seed, new_only=new_only, training_lines=training_lines
        )
    )


def iter_lines(
    checkpoint: Checkpoint,
    n: int = 20,
    prefix: str = "",
    alpha: float = 1.0,
    seed: int | None = None,
    *,
    new_only: bool = False,
    training_lines: NearestLines | None = None,
) -> Iterator[Line]:
    """Yield lines one by one, as `lines` returns them.

    Bad arguments raise UserError at once.
    """
    check_generation(checkpoint, prefix)
    config = GenerationConfig(MAX_LINE_CHARACTERS, "sample", alpha, seed)
    n, kind = _checked_count(n), _kind(checkpoint)
    _check_end(checkpoint, prefix, document_end(kind))
    known = checkpoint.known_lines
    if new_only and known is None and training_lines is None:
        raise UserError(
            "This model does not know the lines that it was trained on, so which ones are new "
            "cannot be told: leave new_only out.",
            field="new_only",
        )

    def is_new(text: str) -> bool | None:
        if training_lines is not None and text in training_lines:
            return False
        if known is None:
            return None if training_lines is None else True
        return text not in known

    def lines_one_by_one() -> Iterator[Line]:
        count, seen = 0, set[str]()
        tries = n * (_MAX_TRIES_PER_LINE if new_only else 1)
        for text, complete in _written(checkpoint, tries, prefix, config, kind):
            new = is_new(text)
            if new_only and (not new or not complete or text in seen):
                continue
            seen.add(text)
            nearest, distance = training_lines.find(text) if training_lines else (None, None)
            yield Line(text, new, complete, nearest, distance)
            count += 1
            if count == n:
                return

    return lines_one_by_one()


def _checked_count(n: int) -> int:
    n = validation.as_int(n, "n")
    if not 1 <= n <= MAX_LINES:
        raise UserError(
            "n = {value}: give 1 to {most:,} lines.", value=n, most=MAX_LINES, field="n"
        )
    return n


def _check_end(checkpoint: Checkpoint, prefix: str, end: str) -> None:
    """Raise UserError if the prefix holds what ends a line, or the model cannot write it."""
    if end in prefix:
        raise UserError("The prefix of a line has no line break in it.", field="prefix")
    if missing := checkpoint.vocabulary.unknown(end):
        raise UserError(
            "This model knows no {symbol}, so it cannot end a line: generate a text instead.",
            symbol="line break" if missing == ["\n"] else repr(missing[0]),
            field="checkpoint",
        )


def _kind(checkpoint: Checkpoint) -> str:
    return "lines" if checkpoint.documents == "none" else checkpoint.documents


def _written(
    checkpoint: Checkpoint, n: int, prefix: str, config: GenerationConfig, kind: str
) -> Iterator[tuple[str, bool]]:
    """Yield n lines, and whether each ended, in the order of their numbers.

    Several are written side by side; where one has ended, the next begins. A line follows from the
    seed and its number.
    """
    end, symbols = document_end(kind), checkpoint.vocabulary.symbols
    rows = min(n, _MAX_BATCH)
    decoder: Decoder = DocumentDecoder(checkpoint.model, checkpoint.vocabulary, prefix, kind, rows)
    begun = DocumentDecoder(checkpoint.model, checkpoint.vocabulary, prefix, kind, 1).inner
    seed = np.random.SeedSequence(config.seed).entropy
    alphas = [config.sampling_alpha] * rows
    numbers = list(range(rows))  # of the line that each row writes
    randoms = [_random(seed, number) for number in numbers]
    texts = [prefix] * rows
    finished: dict[int, tuple[str, bool]] = {}
    next_line, next_out = rows, 0
    while next_out < n:
        yield_point()
        drawn = np.array([random.random() for random in randoms])
        chosen = draw_each(decoder.logits.reshape(rows, -1), alphas, drawn)
        decoder.step(chosen if rows > 1 else int(chosen[0]))
        for row, symbol in enumerate(chosen.tolist()):
            texts[row] += symbols[symbol]
            ended = texts[row].endswith(end)
            if not ended and len(texts[row]) < len(prefix) + MAX_LINE_CHARACTERS:
                continue
            text = texts[row][: -len(end)] if ended else texts[row]
            finished[numbers[row]] = text, ended
            numbers[row], texts[row] = next_line, prefix
            randoms[row] = _random(seed, next_line)
            next_line += 1
            decoder.restart(begun, row)
        while next_out in finished and next_out < n:
            yield finished.pop(next_out)
            next_out += 1


def _random(seed: Any, number: int) -> np.random.Generator:
    """Return the random numbers that draw a line."""
    return np.random.default_rng([seed, number])
