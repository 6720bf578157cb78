"""Predict a text with a model of documents, which reads each document from a zero state."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from ..corpus.document_pieces import Pieces
from ..model import CharRNN, State
from ..utils.yield_points import yield_point
from ..vocabulary import Ids
from .buckets import iter_buckets
from .carried import OnProgress, Predictions

_MAX_ROWS = 64  # documents that are read side by side
_CHUNK_CHARACTERS = 512  # of each document at a time


def iter_pieces(
    model: CharRNN,
    ids: Ids,
    pieces: Pieces,
    max_predictions: int,
    on_progress: OnProgress | None = None,
) -> Iterator[Predictions]:
    """Yield predictions for all characters of the documents of a text (N,), their first ones too.

    At most `max_predictions` come at a time. There is a yield point before each chunk.
    `on_progress` is called with the share of the work that is done, 0 to 1.
    """
    documents = pieces.documents()
    done, to_do = 0, sum(map(_length, documents))
    max_rows = max(1, min(_MAX_ROWS, max_predictions))
    for rows in iter_buckets(documents, _length, max_rows=max_rows):
        longest = max(map(_length, rows))
        chunk = max(1, min(_CHUNK_CHARACTERS, max_predictions // len(rows)))
        state: State | None = None
        for offset in range(0, longest, chunk):
            yield_point()
            steps = np.arange(offset, min(offset + chunk, longest))
            places = np.array([begin for begin, _ in rows])[:, None] + steps  # (B, T)
            within = places < np.array([end for _, end in rows])[:, None]
            targets = ids[np.minimum(places, len(ids) - 1)].astype(np.int64)
            inputs = ids[np.clip(places - 1, 0, len(ids) - 1)].astype(np.int64)
            if not offset:
                inputs[:, 0] = pieces.start
            logits, state = model(torch.from_numpy(inputs), state)
            kept = within.T.reshape(-1)  # time-major, as the logits are
            done += int(kept.sum())
            if on_progress:
                on_progress(done / to_do)
            yield Predictions(
                places.T.reshape(-1)[kept],
                logits.float()[torch.from_numpy(kept).to(logits.device)],
                torch.from_numpy(targets.T.reshape(-1)[kept]).to(logits.device),
            )


def _length(document: tuple[int, int]) -> int:
    begin, end = document
    return end - begin
