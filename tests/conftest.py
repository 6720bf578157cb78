"""What the tests share: a small model, and texts that are missing on most machines."""

from pathlib import Path

import pytest
import torch

from charrnn.checkpoint import Checkpoint
from charrnn.model import CharRNN, ModelConfig
from charrnn.vocabulary import Vocabulary

SHARED = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture
def time_machine():
    """Where the textbook's file of The Time Machine lies."""
    path = SHARED / "timemachine.txt"
    if not path.is_file():
        pytest.skip("needs ../shared/data/timemachine.txt")
    return path


def small_model(cell="lstm", implementation="fast", hidden_size=16, vocabulary_size=9, **more):
    """An untrained model with weights large enough to have opinions."""
    config = ModelConfig(cell=cell, implementation=implementation, hidden_size=hidden_size, **more)
    model = CharRNN(config, vocabulary_size, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(2)
    return model


@pytest.fixture
def checkpoint():
    """A small untrained checkpoint that knows `abcdefg` and the newline."""
    vocabulary = Vocabulary.from_text("aaaaaaaabbbbbbbccccccdddddeeeefffgg\n")
    return Checkpoint(small_model(vocabulary_size=len(vocabulary)), vocabulary, {"name": "small"})
