"""Find the line of a list that is most like another: the least edit distance.

Candidates are the lines that share most pairs of neighboring characters; only of these is the edit
distance computed. Lists are limited, so that an answer takes a moment.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ..corpus import Corpus
from ..utils.yield_points import yield_point

MAX_LINES, MAX_CHARACTERS = 100_000, 4_000_000  # of a list; of a longer one nothing is found
_MAX_LINE_CHARACTERS = 300  # of a line, to be compared
_MAX_CANDIDATES = 64
_LINES_AT_ONCE = 2_000


class NearestLines:
    """The lines of a training text, and where each pair of characters occurs."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = list(dict.fromkeys(line.strip() for line in lines))
        self._known = set(self._lines)
        characters = sum(map(len, self._lines))
        self._is_searched = len(self._lines) <= MAX_LINES and characters <= MAX_CHARACTERS
        self._places: defaultdict[str, list[int]] = defaultdict(list)
        for number, line in enumerate(self._lines if self._is_searched else ()):
            if number % _LINES_AT_ONCE == 0:
                yield_point()
            for pair in _pairs(line):
                self._places[pair].append(number)

    @classmethod
    def of(cls, corpus: Corpus) -> NearestLines:
        """Build them of the documents of a corpus, or of its lines if it has none."""
        if corpus.documents == "none":
            return cls(corpus.vocabulary.decode(corpus.ids.tolist()).split("\n"))
        return cls(corpus.document_texts())

    def __contains__(self, line: object) -> bool:
        return isinstance(line, str) and line.strip() in self._known

    def find(self, line: str) -> tuple[str | None, int | None]:
        """Return the nearest line and its edit distance; None for a list that is too long."""
        wanted = line.strip()
        if wanted in self._known:
            return wanted, 0
        if not self._is_searched or not wanted or len(wanted) > _MAX_LINE_CHARACTERS:
            return None, None
        yield_point()
        shared: Counter[int] = Counter()
        for pair in _pairs(wanted):
            shared.update(self._places.get(pair, ()))
        # Of equally many shared pairs, the shorter line is nearer.
        best = sorted(shared.items(), key=lambda item: (-item[1], len(self._lines[item[0]])))
        candidates = [self._lines[number] for number, _ in best[:_MAX_CANDIDATES]]
        candidates = [c for c in candidates if len(c) <= _MAX_LINE_CHARACTERS]
        if not candidates:
            return None, None
        distances = edit_distances(wanted, candidates)
        nearest = int(distances.argmin())
        return candidates[nearest], int(distances[nearest])


def edit_distances(line: str, others: list[str]) -> NDArray[np.int64]:
    """Return the edit distance (Levenshtein) of a line to each of several, all at once."""
    width = max(map(len, others))
    table = np.zeros((len(others), width), np.uint32)
    for row, other in zip(table, others, strict=True):
        row[: len(other)] = [ord(c) for c in other]
    steps = np.arange(width + 1)
    distances = np.broadcast_to(steps, (len(others), width + 1)).copy()
    for i, character in enumerate(line, 1):
        changed = distances[:, :-1] + (table != ord(character))  # kept or replaced
        row = np.empty_like(distances)
        row[:, 0] = i
        row[:, 1:] = np.minimum(changed, distances[:, 1:] + 1)  # or left out
        distances = np.minimum.accumulate(row - steps, axis=1) + steps  # or put in
    found: NDArray[np.int64] = distances[np.arange(len(others)), [len(other) for other in others]]
    return found


def _pairs(line: str) -> set[str]:
    """Return the pairs of neighboring characters of a line, with its beginning and its end."""
    marked = f"\n{line.casefold()}\n"
    return {marked[i : i + 2] for i in range(len(marked) - 1)}
