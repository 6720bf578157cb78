"""Compare a generated text with the training text: what was copied, and what is new.

Substrings of one length are compared by 64-bit hashes of all of them, computed side by side; every
copy that is reported has been found in the training text itself.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..utils import validation
from ..utils.yield_points import yield_point

NGRAM_LENGTHS = (4, 8, 12, 16, 24)
MIN_COPY_CHARACTERS = 20  # of a stretch that counts as copied,
MIN_COPY_CHARACTERS_WITHOUT_SPACES = 8  # in a script that puts no spaces between words
_MAX_SPACE_SHARE_WITHOUT_SPACES = 0.05
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2⁶⁴ / the golden ratio, odd

Points = NDArray[np.uint32]  # code points of a text, (N,)
Hashes = NDArray[np.uint64]  # of the substrings of one length, (N − length + 1,)
Marks = NDArray[np.bool_]


class CopiedSpan(NamedTuple):
    """Characters `start` to `end` of a text that stand in the training text at `training_start`."""

    start: int
    end: int
    training_start: int


@dataclass(frozen=True)
class Novelty:
    """What of a text is copied from the training text, and what is new.

    characters: the length of the text.
    longest: characters of its longest stretch that stands in the training text.
    new_ngrams: by n = 4, 8, 12, 16, 24 the share of its n-grams that the training text lacks; None
        where the text is shorter than n.
    copied_spans: all longest possible stretches of at least `min_characters` that stand in the
        training text, in order. They may overlap.
    copied: the share of its characters that lie in such a stretch.
    lines, copied_lines: its lines that are not empty, and how many are lines of the training text.
    min_characters: 20, or 8 where the training text has hardly any spaces.
    """

    characters: int
    longest: int
    new_ngrams: dict[int, float | None]
    copied_spans: list[CopiedSpan]
    copied: float
    lines: int
    copied_lines: int
    min_characters: int

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
    ours, theirs = _points(generated), _points(training_text)
    least = _min_copy_characters(training_text)
    spans = list(_copied_spans(generated, training_text, ours, theirs, least))
    longest = max((span.end - span.start for span in spans), default=0)
    marks = np.zeros(len(ours), bool)
    for span in spans:
        marks[span.start : span.end] = True
    known_lines = set(training_text.split("\n"))
    lines = [line for line in generated.split("\n") if line.strip()]
    return Novelty(
        characters=len(ours),
        longest=longest or _longest_short_match(ours, theirs, least),
        new_ngrams={n: _new_share(ours, theirs, n) for n in NGRAM_LENGTHS},
        copied_spans=spans,
        copied=float(marks.mean()),
        lines=len(lines),
        copied_lines=sum(line in known_lines for line in lines),
        min_characters=least,
    )


def _min_copy_characters(text: str) -> int:
    """Return how long a copied stretch has to be: more where words are separated by spaces."""
    sample = text[:100_000]
    spaces = sum(map(str.isspace, sample)) - sample.count("\n")
    wide = sum(unicodedata.east_asian_width(character) == "W" for character in set(sample))
    without = spaces < _MAX_SPACE_SHARE_WITHOUT_SPACES * len(sample) and 2 * wide > len(set(sample))
    return MIN_COPY_CHARACTERS_WITHOUT_SPACES if without else MIN_COPY_CHARACTERS


def _points(text: str) -> Points:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def _hashes(points: Points, length: int) -> Hashes:
    """Return a hash of each substring of `length` characters, by doubling: log₂ length steps."""
    whole: Hashes | None = None  # of the substrings whose length is the bits of `length` so far
    power, size, done = _mix(points.astype(np.uint64) + np.uint64(1)), 1, 0
    remaining = length
    while True:
        count = len(points) - length + 1
        if remaining & 1:
            part = power[done : done + count]
            whole = part.copy() if whole is None else _mix(whole * _MULTIPLIER + part)
            done += size
        remaining >>= 1
        if not remaining:
            assert whole is not None
            return whole
        power = _mix(power[:-size] * _MULTIPLIER + power[size:])
        size *= 2


def _mix(x: Hashes) -> Hashes:
    """Scramble 64-bit numbers one to one, so that similar ones become different everywhere."""
    x = x ^ (x >> np.uint64(32))
    x = x * np.uint64(0xD6E8FEB86659FD93)
    mixed: Hashes = x ^ (x >> np.uint64(32))
    return mixed


def _known(ours: Points, theirs: Points, length: int) -> Marks:
    """Check which substrings of `length` characters of our text stand in theirs, by their hashes.

    Two different substrings have the same hash with a probability of 2⁻⁶⁴.
    """
    if min(len(ours), len(theirs)) < length:
        return np.zeros(max(0, len(ours) - length + 1), bool)
    yield_point()
    known = np.sort(_hashes(theirs, length))
    wanted = _hashes(ours, length)
    places = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    found: Marks = known[places] == wanted
    return found


def _new_share(ours: Points, theirs: Points, length: int) -> float | None:
    """Return the share of our n-grams that their text lacks; None if there is none."""
    known = _known(ours, theirs, length)
    return float(1 - known.mean()) if len(known) else None


def _longest_short_match(ours: Points, theirs: Points, below: int) -> int:
    """Return the length of the longest common substring, which is shorter than `below`."""
    low, high = 0, below - 1  # a length that matches, and one that may
    while low < high:
        middle = (low + high + 1) // 2
        if _known(ours, theirs, middle).any():
            low = middle
        else:
            high = middle - 1
    return low


def _copied_spans(
    generated: str, training: str, ours: Points, theirs: Points, least: int
) -> Iterator[CopiedSpan]:
    """Yield every stretch of at least `least` characters that cannot be made longer.

    The longest match from each character ends no earlier than that from the character before. So
    one search for a stretch that is one character longer tells whether it ends later.
    """
    known = np.concatenate([[False], _known(ours, theirs, least), [False]])
    begins, ends = np.flatnonzero(known[1:] & ~known[:-1]), np.flatnonzero(known[:-1] & ~known[1:])
    for begin, last in zip(begins.tolist(), ends.tolist(), strict=True):
        run_end = last + least - 1  # of characters that are covered by known substrings
        end = begin + least - 1  # of the longest match so far
        for start in range(begin, last):
            place = training.find(generated[start : max(end + 1, start + least)])
            if place < 0:
                continue
            while place >= 0:
                yield_point()
                found, end = place, start + _common_length(ours[start:run_end], theirs[place:])
                place = -1 if end == run_end else training.find(generated[start : end + 1], place)
            yield CopiedSpan(start, end, found)
            if end == run_end:
                break


def _common_length(first: Points, second: Points) -> int:
    """Return how many characters two texts have in common at their beginning."""
    length = min(len(first), len(second))
    different = np.flatnonzero(first[:length] != second[:length])
    return int(different[0]) if len(different) else length
