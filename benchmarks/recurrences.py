"""How fast each recurrence trains: `fast` against the textbook's code and torch's own layers.

    python benchmarks/recurrences.py

Whole training steps (forward, loss, backward, clip, SGD) on minibatches of 32 × 35 with 28
symbols, one hot, as in the textbook. And, where the processor has it, what bfloat16 does to what is
learnt: the held-out loss of the same short training in both.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from measure import by_turns, keep, median, ratio, shakespeare, table

from charrnn.corpus import Corpus
from charrnn.model import ModelConfig
from charrnn.training import TrainingConfig, train
from charrnn.training.precision import has_bfloat16
from charrnn.training.step import TrainStep

B, T, V = 32, 35, 28
CASES = (
    ("tanh", 512), ("relu", 512), ("tanh", 256), ("gru", 256), ("lstm", 256), ("lstm", 512),
)  # fmt: skip


def step(cell: str, hidden: int, implementation: str, precision: str) -> Callable[[], object]:
    """Return a function that trains on one minibatch."""
    model = ModelConfig(cell=cell, hidden_size=hidden, implementation=implementation)
    training = TrainingConfig(
        seconds=1, optimizer="sgd", learning_rate=0.1, clip=1.0, precision=precision,
        batch_size=B, steps=T,
    )  # fmt: skip
    train_step = TrainStep(model, training, V)
    random = torch.Generator().manual_seed(1)
    X, Y = (torch.randint(1, V, (B, T), generator=random) for _ in "XY")
    return lambda: train_step.train_on(X, Y, learning_rate=0.1, last=False)


def speeds() -> str:
    """The table of speeds."""
    rows = []
    for cell, hidden in CASES:
        times = by_turns(
            {
                "scratch": step(cell, hidden, "scratch", "float32"),
                "torch": step(cell, hidden, "torch", "float32"),
                "fast": step(cell, hidden, "fast", "float32"),
                "auto": step(cell, hidden, "fast", "auto"),
            }
        )
        rate = {name: f"{B * T / median(t):,.0f}" for name, t in times.items()}
        against = [
            f"{ratio(times[slow], times[quick]):.2f}"
            for quick in ("fast", "auto")
            for slow in ("scratch", "torch")
        ]
        rows.append([f"{cell} {hidden}", *rate.values(), *against])
    header = [
        "cell", "textbook's code", "torch's layer", "fast, float32", "fast, auto",
        "float32 × textbook", "float32 × torch", "auto × textbook", "auto × torch",
    ]  # fmt: skip
    return "Characters/s, and how many times as fast:\n\n" + table(header, rows)


def losses() -> str:
    """The table of what is learnt in either precision."""
    text = Corpus.from_text(shakespeare()[:300_000], validation=0.1)
    rows = []
    for cell, hidden in (("tanh", 512), ("gru", 256), ("lstm", 256), ("lstm", 512)):
        nats = []
        for precision in ("float32", "bfloat16"):
            training = TrainingConfig(
                epochs=3, precision=precision, batch_size=32, steps=35, learning_rate=0.002
            )
            *_, end = train(text, ModelConfig(cell=cell, hidden_size=hidden), training)
            nats.append(float(torch.tensor(end["validation_perplexity"]).log()))
        change = 100 * (nats[1] / nats[0] - 1)
        rows.append([f"{cell} {hidden}", *(f"{n:.4f}" for n in nats), f"{change:+.2f} %"])
    return (
        "Held-out nats per character after 3 epochs of 270,000 characters of Tiny Shakespeare:\n\n"
        + table(["cell", "float32", "bfloat16", "change"], rows)
    )


if __name__ == "__main__":
    # A processor without bfloat16 computes it by way of float32, and takes ten minutes.
    blocks = [speeds(), losses()] if has_bfloat16() else [speeds()]
    keep("recurrences", "Speed of training", blocks, of_others=True)
