"""Compare a generated text with the training text: what was copied, and what is new.

All figures come from one list: for each place of the generated text, the longest span that ends
there and occurs in the training text (`suffix_automaton.py`). They are exact, and computed in time
linear in the two lengths.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..errors import UserError
from ..utils import validation
from ..utils.notebook import html_table
from .suffix_automaton import Match, SuffixAutomaton

NGRAM_LENGTHS = (4, 8, 12, 16, 24)
MIN_COPY_CHARACTERS = 20  # of a span that counts as copied
MIN_COPY_CHARACTERS_WITHOUT_SPACES = 8  # the same, in a script without spaces between words
_MAX_SPACE_SHARE_WITHOUT_SPACES = 0.05  # of the characters of a text in such a script


class CopiedSpan(NamedTuple):
    """Characters `start` to `end` of a text, which the training text has at `training_start`."""

    start: int
    end: int
    training_start: int


@dataclass(frozen=True)
class Novelty:
    """What of a text is copied from the training text, and what is new.

    Attributes:
        characters: The length of the text.
        longest: The length of its longest span that occurs in the training text.
        new_ngrams: By n = 4, 8, 12, 16, 24 the share of its n-grams that the training text lacks;
            None where the text is shorter than n.
        copied_spans: All spans of at least `min_characters` that occur in the training text and
            cannot be made longer, in order. They may overlap.
        copied: The share of its characters that lie in such a span.
        lines: How many lines it has that are not empty.
        copied_lines: How many of these are lines of the training text.
        line_spans: The spans of these lines, in order.
        min_characters: 20, or 8 if the training text has hardly any spaces.
    """

    characters: int
    longest: int
    new_ngrams: dict[int, float | None]
    copied_spans: list[CopiedSpan]
    copied: float
    lines: int
    copied_lines: int
    line_spans: list[CopiedSpan]
    min_characters: int

    def __repr__(self) -> str:
        return (
            f"<Novelty: {self.characters:,} characters, {self.copied:.1%} copied, "
            f"longest stretch {self.longest:,}>"
        )

    def _repr_html_(self) -> str:
        new = {
            f"new {n}-grams": None if share is None else f"{share:.1%}"
            for n, share in self.new_ngrams.items()
        }
        rows = {
            "characters": self.characters,
            "longest copied passage": self.longest,
            f"copied, in passages of {self.min_characters} or more": f"{self.copied:.1%}",
            "lines copied whole": f"{self.copied_lines:,} of {self.lines:,}",
            **new,
        }
        return html_table("Novelty", rows)

    def as_dict(self) -> dict[str, Any]:
        """Return the result as JSON; the keys of `new_ngrams` become strings."""
        return {
            "characters": self.characters,
            "longest": self.longest,
            "new_ngrams": {str(n): share for n, share in self.new_ngrams.items()},
            "copied_spans": [span._asdict() for span in self.copied_spans],
            "copied": self.copied,
            "lines": self.lines,
            "copied_lines": self.copied_lines,
            "line_spans": [span._asdict() for span in self.line_spans],
            "min_characters": self.min_characters,
        }


def novelty(generated: str, training_text: str) -> Novelty:
    """Compare a generated text with the text that the model was trained on, exactly.

    Raises UserError if one of them is empty.
    """
    for name, text in (("generated", generated), ("training_text", training_text)):
        if not validation.as_text(text, name):
            raise UserError(
                "There is nothing to compare: give the generated text and the training text.",
                field=name,
            )
    matches = SuffixAutomaton(generated).matches(training_text)
    least = _min_copy_characters(training_text)
    spans = list(_copied_spans(matches, least))
    lines = list(_lines(generated))
    line_spans = list(_copied_lines(lines, training_text))
    return Novelty(
        characters=len(generated),
        longest=max(match.length for match in matches),
        new_ngrams={n: _new_share(matches, n) for n in NGRAM_LENGTHS},
        copied_spans=spans,
        copied=_covered(spans) / len(generated),
        lines=len(lines),
        copied_lines=len(line_spans),
        line_spans=line_spans,
        min_characters=least,
    )


def _min_copy_characters(text: str) -> int:
    """Return the least length of a copied span: smaller in a script without spaces."""
    sample = text[:100_000]
    spaces = sum(map(str.isspace, sample)) - sample.count("\n")
    wide = sum(unicodedata.east_asian_width(character) == "W" for character in set(sample))
    without = spaces < _MAX_SPACE_SHARE_WITHOUT_SPACES * len(sample) and 2 * wide > len(set(sample))
    return MIN_COPY_CHARACTERS_WITHOUT_SPACES if without else MIN_COPY_CHARACTERS


def _new_share(matches: Sequence[Match], n: int) -> float | None:
    """Return the share of the n-grams that the training text lacks; None if there are none."""
    lengths = [match.length for match in matches[n - 1 :]]  # one for each n-gram, at its end
    return sum(length < n for length in lengths) / len(lengths) if lengths else None


def _copied_spans(matches: Sequence[Match], least: int) -> Iterator[CopiedSpan]:
    """Yield the span of every match of at least `least` characters that cannot be made longer."""
    starts = [end - match.length for end, match in enumerate(matches, start=1)]
    followed = zip(starts, [*starts[1:], None], strict=True)  # None after the last one
    for end, ((start, next_start), match) in enumerate(zip(followed, matches, strict=True), 1):
        # If the next match starts at the same place, it is this one with one more character.
        if match.length >= least and start != next_start:
            yield CopiedSpan(start, end, match.other_end - match.length)


def _covered(spans: Sequence[CopiedSpan]) -> int:
    """Return how many characters lie in at least one of the spans, which are in order."""
    covered, last = 0, 0
    for span in spans:
        covered += span.end - max(span.start, last)
        last = span.end
    return covered


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the start and the text of each line that is not blank."""
    start = 0
    for line in text.split("\n"):
        if line.strip():
            yield start, line
        start += len(line) + 1


def _copied_lines(lines: Sequence[tuple[int, str]], training_text: str) -> Iterator[CopiedSpan]:
    """Yield the lines that are lines of the training text, with where they first occur there."""
    wanted = {line for _, line in lines}
    known: dict[str, int] = {}
    for place, line in _lines(training_text):
        if line in wanted:
            known.setdefault(line, place)
    for start, line in lines:
        if line in known:
            yield CopiedSpan(start, start + len(line), known[line])
