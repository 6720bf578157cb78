"""A decoder for models of documents: after what ends one, the next begins from a zero state."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..corpus.documents import document_end, document_start
from ..model import CharRNN
from ..vocabulary import Vocabulary
from .numpy_decoder import Decoder, Floats
from .prefill import prefilled_decoder


def begin_decoder(
    model: CharRNN, vocabulary: Vocabulary, prefix: str, documents: str = "none", count: int = 1
) -> Decoder:
    """Build a decoder of `count` equal sequences that have read `prefix`.

    A model of `documents` reads the last of the prefix, from its beginning.
    """
    if documents == "none":
        return prefilled_decoder(model, vocabulary, prefix, count)
    return DocumentDecoder(model, vocabulary, prefix, documents, count)


class DocumentDecoder:
    """K sequences of documents, each of which starts anew where a document ends."""

    def __init__(
        self, model: CharRNN, vocabulary: Vocabulary, prefix: str, documents: str, count: int
    ) -> None:
        start, end = document_start(documents), document_end(documents)
        begun = prefix.rpartition(end)[2]
        self._decoder = prefilled_decoder(model, vocabulary, start + begun, count)
        self._fresh = prefilled_decoder(model, vocabulary, start)
        self._end = vocabulary.encode(end).tolist()
        tail = vocabulary.encode(begun[-len(end) :]).tolist()
        self._tails = [list(tail) for _ in range(count)]

    @property
    def logits(self) -> Floats:
        """The logits (K, V − 1) of the next ids; with K = 1 without the first dimension."""
        return self._decoder.logits

    @property
    def inner(self) -> Decoder:
        """The decoder of the current documents, for `restart`."""
        return self._decoder

    def step(self, ids: Any) -> None:
        """Read one more character per sequence: ids (K,), or one id."""
        ended = []
        for row, symbol in enumerate(np.atleast_1d(ids).tolist()):
            tail = self._tails[row]
            tail.append(symbol)
            if tail[-len(self._end) :] == self._end:
                ended.append(row)
                tail.clear()
            del tail[: -len(self._end)]
        if len(ended) < len(self._tails):
            self._decoder.step(ids)
        for row in ended:
            self._decoder.restart(self._fresh, row)

    def restart(self, other: Decoder, row: int) -> None:
        """Put one of the sequences where another decoder, of one sequence, stands."""
        self._decoder.restart(other, row)
        self._tails[row].clear()
