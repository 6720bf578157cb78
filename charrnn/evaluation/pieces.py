"""Predictions of a model of documents for a text, each document from a zero state."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from ..corpus.document_pieces import Pieces
from ..model import CharRNN, State
from ..utils.yield_points import yield_point
from ..vocabulary import Ids
from .carried import OnProgress, Predictions

_MAX_ROWS = 64  # pieces side by side
_CHUNK_CHARACTERS = 512  # of each
_MAX_PADDING = 1.25  # length of the longest piece side by side, as a multiple of the shortest
_SHORT = 32  # characters: pieces up to this length may stand beside each other


def iter_pieces(
    model: CharRNN,
    ids: Ids,
    pieces: Pieces,
    max_predictions: int,
    on_progress: OnProgress | None = None,
) -> Iterator[Predictions]:
    """Yield the predictions for all characters of the documents of a text, the first ones too.

    At most `max_predictions` come at a time. There is a yield point before each chunk.
    `on_progress` is called with the share of the work that is done.
    """
    documents = sorted(pieces.documents(), key=lambda piece: piece[1] - piece[0])
    done, to_do = 0, sum(end - begin for begin, end in documents)
    for rows in _batches(documents, max(1, min(_MAX_ROWS, max_predictions))):
        longest = max(end - begin for begin, end in rows)
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


def _batches(documents: list[tuple[int, int]], most: int) -> Iterator[list[tuple[int, int]]]:
    """Yield documents, sorted by length, in groups of like lengths."""
    rows: list[tuple[int, int]] = []
    for begin, end in documents:
        if rows:
            shortest = rows[0][1] - rows[0][0]
            if len(rows) == most or end - begin > max(_SHORT, int(_MAX_PADDING * shortest)):
                yield rows
                rows = []
        rows.append((begin, end))
    if rows:
        yield rows
