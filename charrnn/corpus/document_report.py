"""Summarize the documents of a corpus, and tell whether it looks like a list."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from . import Corpus
from .documents import DocumentSpans, arranged_stops, document_end, hashes
from .list_detection import looks_like_list, sampled_lines

_MAX_LINE_CHARACTERS = 2_000  # of each line, by which a list is detected


@dataclass(frozen=True)
class DocumentReport:
    """A summary of the documents of a text.

    Attributes:
        kind: "lines", "blank-lines" or "files".
        count: The number of documents, which are never blank.
        median: Their median length in characters.
        longest: The length of the longest one in characters.
        repeated: The number of documents that are the same as an earlier one.
    """

    kind: str
    count: int
    median: int
    longest: int
    repeated: int

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON."""
        return asdict(self)


def report_documents(corpus: Corpus, kind: str = "lines") -> DocumentReport | None:
    """Return a summary of a corpus's documents; None if it has none.

    Those of an arranged corpus are of its own kind, those of any other corpus of `kind`.
    """
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
    """Return whether a text looks like a list; False for a text that is arranged already."""
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
            for i in sampled_lines(len(starts))
        ]
    )
