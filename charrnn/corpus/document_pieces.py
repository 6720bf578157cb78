"""A text as a model of documents reads it: in pieces, each from a zero state.

Within a text, a piece begins after what ends a document (`charrnn.corpus.documents`), and includes
its own end. What the model reads before its first character is the last symbol of such an end.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..vocabulary import Ids, Vocabulary
from .documents import Places, arranged_stops, document_end, document_start


@dataclass(frozen=True, eq=False)
class Pieces:
    """The pieces of a text, (D,) each.

    start: the id that is read, from a zero state, before the first character of each.
    begins, ends: places of the text.
    restarts: places whose character, the last of what ends a document, is read from a zero state.
    filled: whether a piece has a character that is not white space. A blank one is no document.
    """

    start: int
    begins: Places
    ends: Places
    restarts: Places
    filled: NDArray[np.bool_]

    @classmethod
    def of(cls, ids: Ids, vocabulary: Vocabulary, kind: str) -> Pieces | None:
        """Find the pieces for a model of documents of this kind; None for a text as a whole."""
        if kind == "none":
            return None
        ends = arranged_stops(ids, vocabulary, kind) if len(ids) else np.zeros(0, np.int64)
        begins = np.concatenate(([0], ends[:-1])).astype(np.int64)[: len(ends)]
        mark = vocabulary.encode(document_end(kind))
        is_ended = np.array_equal(ids[-len(mark) :], mark)  # the last piece
        ink = np.array([not symbol.isspace() for symbol in vocabulary.symbols])
        before = np.concatenate(([0], np.cumsum(ink[ids])))
        start = int(vocabulary.encode(document_start(kind))[0])
        restarts = (ends if is_ended else ends[:-1]) - 1
        return cls(start, begins, ends, restarts, before[ends] > before[begins])

    def documents(self) -> list[tuple[int, int]]:
        """Return begin and end of each piece that is a document."""
        begins, ends = self.begins[self.filled].tolist(), self.ends[self.filled].tolist()
        return list(zip(begins, ends, strict=True))
