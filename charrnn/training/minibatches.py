"""The minibatches of a run: of a text as a whole, or of its documents."""

from __future__ import annotations

from torch import Tensor

from ..batches import Epoch
from ..batches.documents import DocumentEpoch, make_document_epoch
from ..corpus import Corpus
from .config import TrainingConfig


def make_minibatches(corpus: Corpus, config: TrainingConfig, number: int) -> Epoch | DocumentEpoch:
    """Cut the minibatches of epoch `number`; raises UserError if the text is too short.

    With `documents`, the corpus must be arranged.
    """
    if config.documents == "none":
        return config.minibatches(corpus.training, number)
    return make_document_epoch(
        corpus.training,
        corpus.training_stops,
        start=corpus.document_start,
        batch_size=config.batch_size,
        steps=config.steps,
        seed=config.seed,
        number=number,
    )


def carried_rows(minibatches: Epoch | DocumentEpoch, position: int) -> Tensor | None:
    """Return which rows of the minibatch before are continued; None for all, in their order."""
    return minibatches.carried(position) if isinstance(minibatches, DocumentEpoch) else None


def minibatch_before(
    corpus: Corpus, config: TrainingConfig, number: int, position: int
) -> tuple[Tensor, Tensor]:
    """Return the minibatch before the one at `position` of epoch `number`."""
    if position:
        return make_minibatches(corpus, config, number)[position - 1]
    earlier = make_minibatches(corpus, config, number - 1)
    return earlier[len(earlier) - 1]
