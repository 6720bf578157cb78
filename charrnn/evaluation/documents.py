"""The loss of a model of documents on held-out documents, each read from a zero state."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from ..batches.documents import make_document_epoch
from ..corpus.documents import arranged_stops, document_start
from ..model import CharRNN, State, eval_mode
from ..rnn.packed import continued_state, packed_hidden_states
from ..utils.yield_points import yield_point
from ..vocabulary import Ids, Vocabulary
from . import character_nats, max_predictions

_CHUNK_CHARACTERS = 256  # of a document at a time


def document_nats(model: CharRNN, ids: Ids, *, vocabulary: Vocabulary, documents: str) -> float:
    """Return the mean nats per character of documents.

    `ids` (N,) are those of an arranged text (`Corpus.with_documents`), and `documents` is its kind.
    Every character is scored: the first of each document too, and what ends it.
    """
    total, count = 0.0, 0
    for nats in _iter_nats(model, ids, vocabulary, documents):
        total += float(nats.sum(dtype=torch.float64))
        count += len(nats)
    return total / count


def _iter_nats(
    model: CharRNN, ids: Ids, vocabulary: Vocabulary, documents: str
) -> Iterator[Tensor]:
    """Yield the nats (n,) of the characters of each minibatch. There is a yield point before it."""
    stops = arranged_stops(ids, vocabulary, documents)
    steps = min(_CHUNK_CHARACTERS, int((stops[1:] - stops[:-1]).max(initial=stops[0])))
    epoch = make_document_epoch(
        ids,
        stops,
        start=vocabulary.symbols.index(document_start(documents)),
        batch_size=max(1, min(256, max_predictions(model) // steps)),
        steps=steps,
        shuffle=False,
    )
    state: State | None = None
    with eval_mode(model):
        for i in range(len(epoch)):
            yield_point()
            X, Y = epoch[i]
            carried = epoch.carried(i)
            before = None if state is None else continued_state(state, carried)
            lengths = (Y != 0).sum(dim=1).tolist()
            H, state = packed_hidden_states(model.hidden_states, X, lengths, before)
            logits = model.logits(H)
            yield character_nats(logits.float(), Y[Y != 0].to(logits.device))
