"""Minibatches: both samplings of the textbook, without a copy of the text."""

import numpy as np
import pytest
import torch

from charrnn.batches import make_epoch
from charrnn.errors import UserError


def minibatches(ids, **changes):
    settings = {"sampling": "sequential", "batch_size": 2, "steps": 5, "seed": 0, "number": 0}
    return make_epoch(np.asarray(ids, dtype=np.uint8), **(settings | changes))


def test_the_textbooks_example_of_sequential_partitioning():
    batches = minibatches(range(35), shift=False)
    x, y = batches[0]
    assert x.tolist() == [[0, 1, 2, 3, 4], [17, 18, 19, 20, 21]]
    assert y.tolist() == [[1, 2, 3, 4, 5], [18, 19, 20, 21, 22]]
    x, _ = batches[1]
    assert x.tolist() == [[5, 6, 7, 8, 9], [22, 23, 24, 25, 26]]
    assert len(batches) == 3 and x.dtype == torch.int64


@pytest.mark.parametrize("shift", [False, True])
def test_rows_of_sequential_minibatches_go_on_where_the_last_ended(shift):
    batches = minibatches(range(200), batch_size=3, steps=7, shift=shift)
    for i in range(len(batches) - 1):
        assert torch.equal(batches[i][1][:, -1], batches[i + 1][0][:, 0])


@pytest.mark.parametrize("shift", [False, True])
def test_random_sampling_uses_every_subsequence_once(shift):
    ids = np.arange(103, dtype=np.uint8)
    batches = minibatches(ids, sampling="random", batch_size=4, shift=shift)
    firsts = torch.cat([batches[i][0][:, 0] for i in range(len(batches))]).tolist()
    assert len(set(firsts)) == len(firsts) >= 16
    assert shift or len(firsts) == 20
    assert len({first % 5 for first in firsts}) == 1, "cut at one offset"
    for i in range(len(batches)):
        x, y = batches[i]
        assert torch.equal(x + 1, y)


def test_random_sampling_shuffles_and_each_epoch_differs_but_repeats():
    ids = np.arange(250, dtype=np.uint8)
    one, again, other = (
        minibatches(ids, sampling="random", number=number).starts.tolist() for number in (0, 0, 1)
    )
    assert one == again != other
    flat = [start for row in one for start in row]
    assert flat != sorted(flat)


def test_shift_moves_the_cuts_from_epoch_to_epoch():
    offsets = {minibatches(range(200), number=n).starts[0, 0] for n in range(40)}
    assert offsets == {0, 1, 2, 3, 4}


@pytest.mark.parametrize("sampling", ["sequential", "random"])
@pytest.mark.parametrize("length", [11, 12, 13, 19, 21])
def test_short_texts_never_reach_past_their_end(sampling, length):
    for number in range(20):
        batches = minibatches(range(length), sampling=sampling, number=number)
        assert len(batches) >= 1
        for i in range(len(batches)):
            x, y = batches[i]
            assert torch.equal(x + 1, y)
            assert y.max() < length


def test_a_text_too_short_is_refused_with_what_it_needs():
    with pytest.raises(UserError, match="it has 10 characters for training and needs 11"):
        minibatches(range(10))


def test_minibatches_are_read_from_a_memory_map(tmp_path):
    np.save(tmp_path / "ids.npy", np.arange(100, dtype=np.uint16))
    ids = np.load(tmp_path / "ids.npy", mmap_mode="r")
    x, _ = make_epoch(
        ids, sampling="sequential", batch_size=2, steps=5, seed=0, number=0, shift=False
    )[0]
    assert x.tolist() == [[0, 1, 2, 3, 4], [49, 50, 51, 52, 53]]
    with pytest.raises(IndexError):
        minibatches(range(35))[3]
