"""How fast models write: against the textbook's loop, and side by side.

    python benchmarks/generation.py

The textbook's loop feeds the model, as written for training, one character at a time as a
minibatch of one, and takes the likeliest, or draws from p; as there, nobody tells torch that no
gradient is wanted. All on one thread, which is what the page has while others train; sixteen texts
side by side also on all cores, which is what `charrnn generate --samples 16` has.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from measure import by_turns, keep, median, ratio, table
from torch.nn import functional as F

import charrnn
from charrnn.checkpoint import Checkpoint
from charrnn.generation import generate_many
from charrnn.generation.config import GenerationConfig
from charrnn.model import CharRNN, ModelConfig
from charrnn.utils.process import available_cores
from charrnn.vocabulary import Vocabulary

LENGTH = 400
ALPHABET = "abcdefghijklmnopqrstuvwxyz \n"


def checkpoint(cell: str, hidden: int, implementation: str = "fast") -> Checkpoint:
    """An untrained model with the textbook's alphabet."""
    vocabulary = Vocabulary.from_text(ALPHABET)
    config = ModelConfig(cell=cell, hidden_size=hidden, implementation=implementation)
    model = CharRNN(config, len(vocabulary), generator=torch.Generator().manual_seed(0))
    return Checkpoint(model.eval(), vocabulary)


def textbooks_loop(model: CharRNN, vocabulary: Vocabulary, *, sampled: bool) -> str:
    """LENGTH characters after "time traveller "."""
    state = model.begin_state(1)
    outputs = vocabulary.encode("t").tolist()
    for character in vocabulary.encode("ime traveller ").tolist():
        _, state = model(torch.tensor([[outputs[-1]]]), state)
        outputs.append(character)
    for _ in range(LENGTH):
        logits, state = model(torch.tensor([[outputs[-1]]]), state)
        if sampled:
            outputs.append(int(torch.multinomial(F.softmax(logits, dim=1), 1)))
        else:
            outputs.append(int(logits.argmax(dim=1)))
    return vocabulary.decode(outputs)


def pair(cell: str, hidden: int, mode: str) -> dict[str, Callable[[], str]]:
    """The textbook's loop, and ours."""
    ours = checkpoint(cell, hidden)
    theirs = checkpoint(cell, hidden, "scratch" if cell == "tanh" else "torch")
    return {
        "textbook": lambda: textbooks_loop(
            theirs.model, theirs.vocabulary, sampled=mode == "sample"
        ),
        "ours": lambda: charrnn.generate(ours, "time traveller ", LENGTH, mode=mode, seed=0),
    }


def sixteen(cell: str, hidden: int) -> dict[str, Callable[[], object]]:
    """One text, and sixteen side by side, on one thread and on all."""
    ours = checkpoint(cell, hidden)

    def side_by_side(threads: int) -> object:
        torch.set_num_threads(threads)
        try:
            return generate_many(ours, "t", [GenerationConfig(LENGTH, seed=i) for i in range(16)])
        finally:
            torch.set_num_threads(1)

    return {
        "one": lambda: charrnn.generate(ours, "t", LENGTH, seed=0),
        "sixteen": lambda: side_by_side(1),
        "sixteen, all": lambda: side_by_side(available_cores()),
    }


def against_the_textbook() -> str:
    """One text at a time."""
    rows = []
    for cell, hidden in (("tanh", 256), ("tanh", 512), ("gru", 256), ("lstm", 256), ("lstm", 512)):
        for mode in ("greedy", "sample"):
            times = by_turns(pair(cell, hidden, mode))
            rates = [f"{LENGTH / median(t):,.0f}" for t in times.values()]
            rows.append([f"{cell} {hidden}", mode, *rates, f"{ratio(*times.values()):.1f}"])
    return "Characters/s:\n\n" + table(
        ["model", "mode", "textbook's loop", "charrnn", "times as fast"], rows
    )


def many_at_once() -> str:
    """Sixteen texts side by side, against one."""
    rows = []
    for cell, hidden in (("tanh", 256), ("lstm", 256), ("lstm", 512)):
        one, *sixteens = by_turns(sixteen(cell, hidden)).values()
        rates = [f"{16 * LENGTH / median(times):,.0f}" for times in sixteens]
        gains = [f"{16 * ratio(one, times):.1f}" for times in sixteens]
        both = [word for pair in zip(rates, gains, strict=True) for word in pair]
        rows.append([f"{cell} {hidden}", f"{LENGTH / median(one):,.0f}", *both])
    header = ["model", "one text", "sixteen, one thread", "times as many"]
    return "Sampled, characters/s:\n\n" + table(
        [*header, f"sixteen, {available_cores()} threads", "times as many"], rows
    )


if __name__ == "__main__":
    torch.set_num_threads(1)
    keep(
        "generation",
        "Speed of generation",
        [against_the_textbook(), many_at_once()],
        of_others=True,
    )
