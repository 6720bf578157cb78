"""Texts that consist of documents: the lines of a list, parts between blank lines, or files.

A model of documents reads each from a zero state, and learns where it ends. Before a document it
reads the last symbol of what ends one (`document_start`), such as the line break for lines. So an
empty prefix is the beginning of a document.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..utils.yield_points import yield_point
from ..vocabulary import Ids, Vocabulary

KINDS = ("none", "lines", "blank-lines", "files")
FILE_END = "\f"  # which cannot be in a text: it keeps no control characters but LF and tab
_ENDS = {"lines": "\n", "blank-lines": "\n\n", "files": FILE_END}
_NOUNS = {"blank-lines": ("part", "parts"), "files": ("file", "files")}
_CHUNK_CHARACTERS = 1 << 20  # that are copied or hashed at a time

Places = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class DocumentSpans:
    """Where the documents of a text start and stop, (D,) each, without what separates them."""

    starts: Places
    stops: Places

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def lengths(self) -> Places:
        """The characters of each document."""
        return self.stops - self.starts


def document_end(kind: str) -> str:
    """Return the symbols that end a document of this kind."""
    return _ENDS[kind]


def document_noun(kind: str, count: int) -> str:
    """Return the English noun for `count` documents of this kind, such as "lines"."""
    one, more = _NOUNS.get(kind, ("line", "lines"))
    return one if count == 1 else more


def document_start(kind: str) -> str:
    """Return the symbol that is read before the first one of a document; empty for "none"."""
    return "" if kind == "none" else _ENDS[kind][-1]


def find_documents(
    ids: Ids, vocabulary: Vocabulary, kind: str, files: Sequence[int] = ()
) -> DocumentSpans:
    """Return the documents of a text (N,) that is not arranged, without blank ones.

    `files` are the lengths in characters of the files that the text consists of, which are joined
    by line breaks.
    """
    if kind == "files":
        lengths = np.array(files or [len(ids)], np.int64)
        starts = np.concatenate(([0], np.cumsum(lengths + 1)[:-1]))
        return _without_blank(
            ids, vocabulary, DocumentSpans(starts, np.minimum(starts + lengths, len(ids)))
        )
    breaks = np.flatnonzero(ids == _id_of(vocabulary, "\n"))
    starts = np.concatenate(([0], breaks + 1)).astype(np.int64)
    lines = DocumentSpans(starts, np.concatenate((breaks, [len(ids)])).astype(np.int64))
    if kind == "lines":
        return _without_blank(ids, vocabulary, lines)
    filled = np.flatnonzero(_is_filled(ids, vocabulary, lines))
    if not len(filled):
        return DocumentSpans(filled, filled)
    begins = np.concatenate(([True], np.diff(filled) > 1))  # after a blank line
    return DocumentSpans(
        lines.starts[filled[begins]], lines.stops[filled[np.concatenate((begins[1:], [True]))]]
    )


def arrange(ids: Ids, vocabulary: Vocabulary, spans: DocumentSpans, kind: str, seed: int) -> Ids:
    """Return the ids of the documents in random order, each followed by what ends it.

    The vocabulary must have the symbols that end a document.
    """
    order = np.random.default_rng(seed).permutation(len(spans))
    end = vocabulary.encode(_ENDS[kind])
    starts, lengths = spans.starts[order], spans.lengths[order] + len(end)
    stops = np.cumsum(lengths)
    arranged = np.empty(int(lengths.sum()), ids.dtype)
    for chunk in _iter_chunks(lengths):
        places = _places(starts[chunk], lengths[chunk])
        stop = int(stops[chunk.stop - 1])
        arranged[stop - len(places) : stop] = ids[np.minimum(places, len(ids) - 1)]
    for i, symbol in enumerate(end[::-1].tolist()):
        arranged[stops - 1 - i] = symbol
    return arranged


def arranged_stops(ids: Ids, vocabulary: Vocabulary, kind: str) -> Places:
    """Return the place after each document of an arranged text (N,) and what ends it, (D,).

    If the text is cut within a document, the last place is the end of the text.
    """
    end = vocabulary.encode(_ENDS[kind])
    ends = ids[len(end) - 1 :] == end[-1]
    for i, symbol in enumerate(end[:-1].tolist()):
        ends &= ids[i : len(ids) - len(end) + 1 + i] == symbol
    stops = np.flatnonzero(ends).astype(np.int64) + len(end)
    if not len(stops) or stops[-1] < len(ids):
        stops = np.append(stops, len(ids))
    return stops


def hashes(ids: Ids, spans: DocumentSpans) -> NDArray[np.uint64]:
    """Return a 64-bit hash of each document, (D,), which is the same for equal ones."""
    found = np.zeros(len(spans), np.uint64)
    filled = np.flatnonzero(spans.lengths)
    for chunk in _iter_chunks(spans.lengths[filled]):
        starts, lengths = spans.starts[filled[chunk]], spans.lengths[filled[chunk]]
        places = _places(starts, lengths)
        within = (places - np.repeat(starts, lengths)).astype(np.uint64)
        mixed = _mix(ids[places].astype(np.uint64) + (within << np.uint64(24)))
        found[filled[chunk]] = np.add.reduceat(mixed, np.cumsum(lengths) - lengths)
    return found


def _iter_chunks(lengths: Places) -> Iterator[slice]:
    """Yield slices of documents, given their lengths (D,), of about a million characters each.

    There is a yield point before each.
    """
    stops = np.cumsum(lengths)
    first = 0
    while first < len(lengths):
        yield_point()
        limit = int(stops[first] - lengths[first]) + _CHUNK_CHARACTERS
        last = max(first + 1, int(np.searchsorted(stops, limit)))
        yield slice(first, last)
        first = last


def _mix(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scatter numbers over 64 bits (SplitMix64: Steele, Lea and Flood 2014)."""
    x = (x ^ x >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9) + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ x >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    mixed: NDArray[np.uint64] = x ^ x >> np.uint64(31)
    return mixed


def _places(starts: Places, lengths: Places) -> Places:
    """Return all places of spans, given their starts and lengths, one after the other."""
    offsets = np.cumsum(lengths) - lengths
    places: Places = np.repeat(starts - offsets, lengths) + np.arange(int(lengths.sum()))
    return places


def _without_blank(ids: Ids, vocabulary: Vocabulary, spans: DocumentSpans) -> DocumentSpans:
    """Return the spans that have a character that is not white space."""
    filled = _is_filled(ids, vocabulary, spans)
    return DocumentSpans(spans.starts[filled], spans.stops[filled])


def _is_filled(ids: Ids, vocabulary: Vocabulary, spans: DocumentSpans) -> NDArray[np.bool_]:
    """Return whether each span has a character that is not white space, (D,)."""
    ink = np.array([not symbol.isspace() for symbol in vocabulary.symbols])
    before = np.concatenate(([0], np.cumsum(ink[ids], dtype=np.int32)))
    filled: NDArray[np.bool_] = before[spans.stops] > before[spans.starts]
    return filled


def _id_of(vocabulary: Vocabulary, symbol: str) -> int:
    """Return the id of a symbol; if the vocabulary lacks it, an id that no symbol has."""
    return vocabulary.symbols.index(symbol) if symbol in vocabulary.symbols else len(vocabulary)
