"""Summarize a corpus, to show before training on it."""

from __future__ import annotations

from dataclasses import dataclass

from ..vocabulary import Ids, Vocabulary
from .chunks import count_symbols
from .comparison import Comparison

_PREVIEW_CHARACTERS = 400
_MAX_RARE = 12  # characters that a report lists as rare
_MAX_RARE_COUNT = 3  # occurrences of a rare character


@dataclass(frozen=True)
class Report:
    """A summary of a corpus.

    Attributes:
        characters: The length of the text.
        symbols: The number of its different characters.
        encoding: The encoding of the file that it comes from.
        line_ends: The line ends in that file.
        rare: Up to twelve characters that occur at most three times, with their counts: the rarest
            first, others before letters. They are often errors, better removed from the text.
        training: The number of characters to train on.
        held_out: The number of held-out characters.
        preview: The first 400 characters.
        lines: The number of lines.
        comparison: How the held-out part compares with the rest; None if it is too short.
    """

    characters: int
    symbols: int
    encoding: str
    line_ends: str
    rare: tuple[tuple[str, int], ...]
    training: int
    held_out: int
    preview: str
    lines: int
    comparison: Comparison | None = None


def make_report(
    ids: Ids,
    vocabulary: Vocabulary,
    *,
    encoding: str,
    line_ends: str,
    training: int,
    held_out: int,
    comparison: Comparison | None,
) -> Report:
    """Return a summary of the ids (N,) of a text; this reads all of them."""
    counts = count_symbols(ids, len(vocabulary))
    symbols = vocabulary.symbols
    seen = {symbols[i]: int(counts[i]) for i in range(1, len(symbols))}
    rare = [pair for pair in seen.items() if 0 < pair[1] <= _MAX_RARE_COUNT]
    ends_with_line_end = symbols[ids[-1]] == "\n"
    return Report(
        characters=len(ids),
        symbols=vocabulary.symbol_count,
        encoding=encoding,
        line_ends=line_ends,
        rare=tuple(sorted(rare, key=_rarity_key)[:_MAX_RARE]),
        training=training,
        held_out=held_out,
        preview=vocabulary.decode(ids[:_PREVIEW_CHARACTERS]),
        lines=seen.get("\n", 0) + (not ends_with_line_end),
        comparison=comparison,
    )


def _rarity_key(pair: tuple[str, int]) -> tuple[int, bool, str]:
    """Return a key that sorts rare characters by count, and letters after others."""
    character, count = pair
    return count, character.isalpha(), character
