"""Soft targets for training: n-gram distributions at each place, counted in the rest of the text.

A model whose targets are one-hot, the character that came, memorizes a small text. With targets
that are mixed with the predictions of n-grams (`TrainingConfig.smoothing`), it learns what else
might have come. The n-grams must not have counted the place itself, or they would be as certain. So
the text is cut into ten parts, and each part is predicted from the other nine (cross-fitting).

Mixing targets with a distribution is label smoothing (Szegedy et al. 2016), here with a better
guess than the uniform one; with another model's predictions it is distillation (Hinton et al.
2015).
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from ..batches import Epoch
from ..batches.documents import DocumentEpoch
from ..vocabulary import Ids
from .kneser_ney import KneserNeyModels, Mixture

MAX_PROBABILITIES = 1 << 27  # characters times symbols; each takes 2 bytes

_FOLDS = 10


class NgramSoftTargets:
    """The probability of every symbol at each place of a text, given what precedes it.

    Takes 2·N·V bytes once fitted; before, there are no soft targets.
    """

    def __init__(self) -> None:
        self.probabilities: Tensor | None = None  # (N, V), rows that sum to 1

    def fit(self, ids: Ids, vocabulary_size: int) -> Iterator[None]:
        """Fit them to a text of `ids` (N,), on as many threads as torch uses.

        Takes seconds for a large text. Yields after each part; if the caller stops before the end,
        there are no soft targets.
        """
        expected = torch.empty((len(ids), vocabulary_size), dtype=torch.float16)
        mixture = Mixture.of(ids, vocabulary_size)

        def part(begin: int, end: int) -> None:
            others = KneserNeyModels(np.concatenate((ids[:begin], ids[end:])), vocabulary_size)
            at = begin
            for some in others.distributions(ids[begin:end], ids[:begin], mixture):
                expected[at : at + len(some)] = torch.from_numpy(some)
                at += len(some)

        cuts = np.linspace(0, len(ids), _FOLDS + 1).astype(int).tolist()
        pool = ThreadPoolExecutor(torch.get_num_threads())
        try:
            for _ in pool.map(lambda cut: part(*cut), pairwise(cuts)):
                yield
        finally:
            pool.shutdown(cancel_futures=True)
        self.probabilities = expected

    def for_minibatch(self, minibatches: Epoch | DocumentEpoch, i: int) -> Tensor | None:
        """Return the soft targets of minibatch i, (T·B, V), time step by time step.

        Those of documents are row by row, without padding, (N, V).
        """
        if self.probabilities is None:
            return None
        return self.probabilities[torch.from_numpy(minibatches.target_positions(i).T.reshape(-1))]
