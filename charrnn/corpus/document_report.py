"""What a corpus has of documents: how many, how long, how many twice; and whether it is a list."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from . import Corpus
from .documents import DocumentSpans, arranged_stops, document_end, hashes
from .list_detection import lines_to_look_at, looks_like_list

_MAX_LINE_CHARACTERS = 2_000  # that are looked at, to see whether a text is a list


@dataclass(frozen=True)
class DocumentReport:
    """The documents of a text.

    kind: lines, blank-lines or files.
    count: how many there are; blank ones are not documents.
    median, longest: their characters.
    repeated: how many of them are the same as an earlier one.
    """

    kind: str
    count: int
    median: int
    longest: int
    repeated: int

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


def report_documents(corpus: Corpus, kind: str = "lines") -> DocumentReport | None:
    """Count the documents of a corpus: its own, or those of a kind; None if it has none."""
    if corpus.documents == "none":
        spans = corpus.spans(kind)
    else:
        kind = corpus.documents
        stops = arranged_stops(corpus.ids, corpus.vocabulary, kind)
        starts = np.concatenate(([0], stops[:-1]))
        spans = DocumentSpans(starts, stops - len(document_end(kind)))
    if not len(spans):
        return None
    lengths, different = spans.lengths, len(np.unique(hashes(corpus.ids, spans)))
    return DocumentReport(
        kind, len(spans), int(np.median(lengths)), int(lengths.max()), len(spans) - different
    )


def is_list(corpus: Corpus) -> bool:
    """Check whether a text looks like a list, and is not learned line by line already."""
    symbols = corpus.vocabulary.symbols
    if corpus.documents != "none" or "\n" not in symbols:
        return False
    breaks = np.flatnonzero(corpus.ids == symbols.index("\n"))
    starts = np.concatenate(([0], breaks + 1)).tolist()
    stops = [*breaks.tolist(), len(corpus.ids)]
    decode = corpus.vocabulary.decode
    return looks_like_list(
        [
            decode(corpus.ids[starts[i] : min(stops[i], starts[i] + _MAX_LINE_CHARACTERS)])
            for i in lines_to_look_at(len(starts))
        ]
    )
