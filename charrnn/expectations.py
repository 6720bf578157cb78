"""What n-grams expect at each place of a text, by counts of the rest of it.

A model that is told only which character came, one of them with all certainty, learns a small
text by heart. Told in part what n-grams think likely there (`TrainingConfig.smoothing`), it learns
what else might have come. They must not have counted the place itself, or they would be as certain:
so the text is cut into ten parts, and what is expected in each is counted in the other nine.

Targets mixed with a distribution are label smoothing (Szegedy et al. 2016), here by a better guess
than the uniform one; as what another model says it is distillation (Hinton et al. 2015).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .batches import Epoch
from .ngrams import Mixture, Orders
from .vocabulary import Ids

MOST = 1 << 27  # numbers of 2 bytes each: characters times symbols

_PARTS = 10


def expectations(ids: Ids, vocabulary_size: int) -> NDArray[np.float16]:
    """The probability of every symbol at each place of a text of `ids` (N,), given what is before
    it: (N, V), rows that sum to 1."""
    expected = np.empty((len(ids), vocabulary_size), np.float16)
    mixture = Mixture.of(ids, vocabulary_size)
    cuts = np.linspace(0, len(ids), _PARTS + 1).astype(int)
    for begin, end in pairwise(cuts):
        others = Orders(np.concatenate((ids[:begin], ids[end:])), vocabulary_size)
        others.spread(ids[begin:end], ids[:begin], mixture, out=expected[begin:end])
    return expected


class Expectations:
    """What is expected at each place of a text, kept: 2·N·V bytes; of no text, nothing."""

    def __init__(self, ids: Ids | None = None, vocabulary_size: int = 0) -> None:
        self._p = None if ids is None else expectations(ids, vocabulary_size)

    def at(self, minibatches: Epoch, i: int) -> Tensor | None:
        """At the targets of minibatch i, (T·B, V), time step by time step, as logits are."""
        if self._p is None:
            return None
        return torch.from_numpy(self._p[minibatches.targets(i).T.reshape(-1)])
