"""The pieces in which a model of documents reads a text, each from a zero state.

A piece begins after what ends a document (`charrnn.corpus.documents`), and includes its own end.
Before its first character the model reads the last symbol of what ends a document.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..vocabulary import Ids, Vocabulary
from .documents import Places, arranged_stops, document_end, document_start


@dataclass(frozen=True, eq=False)
class Pieces:
    """The pieces of a text.

    Attributes:
        start: The id that is read from a zero state before the first character of each piece.
        begins: The places where the pieces begin, (D,).
        ends: The places after their last characters, (D,).
        restarts: The places of the last symbols of what ends documents, which are read from a zero
            state.
        filled: Whether each piece has a character that is not white space, (D,). A blank piece is
            no document.
    """

    start: int
    begins: Places
    ends: Places
    restarts: Places
    filled: NDArray[np.bool_]

    @classmethod
    def of(cls, ids: Ids, vocabulary: Vocabulary, kind: str) -> Pieces | None:
        """Return the pieces of ids (N,) for a model of this kind of documents; None for "none"."""
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
        """Return the begin and the end of each piece that is a document."""
        begins, ends = self.begins[self.filled].tolist(), self.ends[self.filled].tolist()
        return list(zip(begins, ends, strict=True))
