"""Minibatches: cut a long run of ids into (inputs, targets) pairs.

Both ways of the textbook (Dive into Deep Learning, "Language Models and the Dataset"):

* *sequential partitioning*: the ids are cut into B rows; minibatch i holds columns
  i·T … (i+1)·T, so each row of a minibatch continues that of the one before, and the
  hidden state may be carried over;
* *random sampling*: the ids are cut into subsequences of T, which are shuffled; neighbors in a
  minibatch are unrelated, so each starts from a zero state.

Targets are the inputs shifted by one character. Minibatches are cut from the id array on demand, so
memory does not grow with the text. The order of an epoch depends only on the seed and the epoch's
number: an interrupted epoch can be resumed at any minibatch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.lib.stride_tricks import as_strided
from torch import Tensor

from ..errors import UserError
from ..vocabulary import Ids


@dataclass(frozen=True)
class Epoch:
    """One pass over a text. `epoch[i]` is minibatch i: inputs and targets, int64, (B, T)."""

    ids: Ids
    starts: np.ndarray  # (minibatches, B): where each row of each minibatch begins
    steps: int

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def characters(self) -> int:
        """The number of targets in all minibatches together."""
        return int(self.starts.size) * self.steps

    def target_positions(self, i: int) -> np.ndarray:
        """Return where in the text the targets of minibatch i are, (B, T)."""
        places: np.ndarray = self.starts[i][:, None] + np.arange(1, self.steps + 1)
        return places

    def __getitem__(self, i: int) -> tuple[Tensor, Tensor]:
        if not 0 <= i < len(self):
            raise IndexError(i)
        stride = self.ids.strides[0]
        windows = as_strided(  # (N − T, T + 1), every window of the text, without a copy
            self.ids,
            (len(self.ids) - self.steps, self.steps + 1),
            (stride, stride),
            writeable=False,
        )
        rows = torch.from_numpy(windows[self.starts[i]].astype(np.int64))  # (B, T + 1)
        return rows[:, :-1], rows[:, 1:]


def make_epoch(
    ids: Ids,
    *,
    sampling: str,
    batch_size: int,
    steps: int,
    seed: int,
    number: int,
    shift: bool = True,
) -> Epoch:
    """Cut epoch `number` of a text into minibatches of `batch_size` sequences of `steps`.

    `sampling` is "sequential" or "random". With `shift`, every epoch begins at a random offset of
    less than `steps`, so that the cuts fall elsewhere each time.

    Raises UserError if the text is too short for one minibatch.
    """
    needed = batch_size * steps + 1
    if len(ids) < needed:
        raise too_short_error(len(ids), needed, batch_size, steps)
    random = np.random.default_rng([seed, number])
    spare = len(ids) - needed
    offset = int(random.integers(0, min(steps - 1, spare) + 1)) if shift else 0
    usable = len(ids) - offset - 1
    if sampling == "sequential":
        row = usable // batch_size
        columns = offset + np.arange(row // steps) * steps  # (minibatches,)
        starts = columns[:, None] + np.arange(batch_size) * row
    elif sampling == "random":
        count = usable // steps // batch_size
        order = random.permutation(usable // steps)[: count * batch_size]
        starts = offset + order.reshape(count, batch_size) * steps
    else:
        raise ValueError(f"unknown sampling {sampling!r}")
    return Epoch(ids, starts, steps)


def too_short_error(has: int, needs: int, batch_size: int, steps: int) -> UserError:
    """Build the error for a text with too few characters for one minibatch."""
    return UserError(
        "The text is too short for a minibatch of {batch_size} × {steps}: it has "
        "{has:,} characters for training and needs {needs:,}. Use a longer text, "
        "a smaller batch_size or fewer steps.",
        batch_size=batch_size,
        steps=steps,
        has=has,
        needs=needs,
        field="batch_size",
    )
