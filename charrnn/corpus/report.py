"""The summary of a corpus that is shown before training on it."""

from __future__ import annotations

from dataclasses import dataclass

from ..vocabulary import Ids, Vocabulary
from .chunks import count_symbols
from .comparison import Comparison

_PREVIEW_CHARACTERS = 400
_MAX_RARE = 12  # how many rare characters a report lists
_MAX_RARE_COUNT = 3  # how often a rare character occurs at most


@dataclass(frozen=True)
class Report:
    """A summary of a corpus.

    `symbols` counts its different characters. `rare` lists characters that occur at most three
    times, with their counts: the rarest first, symbols before letters, at most twelve. They are
    often strays that a text would be better without. `training` and `held_out` are numbers of
    characters; `preview` is the beginning, at most 400 characters. `comparison` is the held-out
    part beside the rest; None where it is too short to be judged.
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
    """Summarize the ids (N,) of a text; reads all of them."""
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
    """Sort rare characters: among equally rare ones, stray symbols come before letters."""
    character, count = pair
    return count, character.isalpha(), character
