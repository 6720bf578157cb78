"""What training costs besides the training: the whole loop against bare updates; large texts.

    python benchmarks/loop.py

The loop is `charrnn.training.train` into a run directory, with held-out evaluation, samples,
events, checkpoints and resume points. Bare is forward, loss, backward, clip and update on the
same minibatches, one after the other, and nothing else. What the loop costs is measured twice: by
the speed of one against the other, by turns, and within its own runs, where no other program can
come between: its time against that of the updates in it.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from unittest import mock

from measure import keep, shakespeare, table

from charrnn.corpus import Corpus
from charrnn.model import ModelConfig
from charrnn.training import TrainingConfig, train
from charrnn.training.step import TrainStep

SECONDS = 10.0
PAIRS = 5
SIZE = 100_000_000  # bytes of the large text


def overhead() -> str:
    """How much more slowly the loop sees characters than bare updates do."""
    text = Corpus.from_text(shakespeare(), validation=0.02)
    rows = []
    for cell, hidden, batch, steps in (
        ("tanh", 512, 32, 35),
        ("gru", 256, 32, 35),
        ("lstm", 256, 32, 35),
        ("lstm", 512, 16, 64),
    ):
        model = ModelConfig(cell=cell, hidden_size=hidden)
        training = TrainingConfig(seconds=SECONDS, batch_size=batch, steps=steps)
        bare, whole, within = [], [], []
        for _ in range(PAIRS):
            bare.append(bare_rate(text, model, training))
            rate, more = whole_rate(text, model, training)
            whole.append(rate)
            within.append(more)
        by_turns = statistics.median(b / w - 1 for b, w in zip(bare, whole, strict=True))
        rates = [f"{statistics.median(r):,.0f}" for r in (bare, whole)]
        costs = [f"{100 * cost:.1f} %" for cost in (by_turns, statistics.median(within))]
        rows.append([f"{cell} {hidden}", f"{batch} × {steps}", *rates, *costs])
    header = ["model", "minibatch", "bare", "the loop", "cost, by turns", "within a run"]
    return (
        f"Characters/s in runs of {SECONDS:g} s on Tiny Shakespeare, from the first minibatch to "
        "the last:\n\n" + table(header, rows)
    )


def bare_rate(text: Corpus, model: ModelConfig, training: TrainingConfig) -> float:
    """Characters a second of bare updates."""
    train_step = TrainStep(model, training, len(text.vocabulary))
    minibatches = training.minibatches(text.training, 0)
    pairs = [minibatches[i] for i in range(min(50, len(minibatches)))]
    train_step.begin_epoch()
    for X, Y in pairs[:5]:
        train_step.train_on(X, Y, learning_rate=0.001, last=False)
    seen, began = 0, time.perf_counter()
    while time.perf_counter() - began < SECONDS / 2:
        for X, Y in pairs:
            train_step.train_on(X, Y, learning_rate=0.001, last=False)
            seen += Y.numel()
    return seen / (time.perf_counter() - began)


def whole_rate(text: Corpus, model: ModelConfig, training: TrainingConfig) -> tuple[float, float]:
    """Characters a second of a whole run, from its first minibatch to its last, and how much longer
    that took than the updates in it."""
    updates, marks = 0.0, []
    train_on = TrainStep.train_on

    def timed(train_step: TrainStep, *arguments: Any, **how: Any) -> Any:
        nonlocal updates
        began = time.perf_counter()
        update = train_on(train_step, *arguments, **how)
        updates += time.perf_counter() - began
        return update

    with (
        tempfile.TemporaryDirectory() as directory,
        mock.patch.object(TrainStep, "train_on", timed),
    ):
        for event in train(text, model, training, prefixes=("The ",), directory=directory):
            if event["event"] == "progress":
                marks.append((event["seconds"], updates, event["characters_seen"]))
    both = zip(marks[0], marks[-1], strict=True)
    seconds, updating, seen = (last - first for first, last in both)
    return seen / seconds, seconds / updating - 1


def large_text() -> str:
    """Reading, decoding and encoding a text of 100 MB, in a process of its own."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "large.txt"
        unit = shakespeare().encode()
        path.write_bytes((unit * (SIZE // len(unit) + 1))[:SIZE])
        runs = []
        for _ in range(PAIRS):
            command = [sys.executable, __file__, "--read", str(path)]
            output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            runs.append([float(word) for word in output.split()])
    seconds, megabytes = (statistics.median(column) for column in zip(*runs, strict=True))
    times = megabytes / SIZE * 1e6
    return (
        f"A text of {SIZE // 10**6} MB: read, decoded and encoded in {seconds:.2f} s, with "
        f"{megabytes:.0f} MB at most beyond what the idle program takes ({times:.1f} × its size). "
        "The ids lie in a file that is mapped into memory; minibatches are cut from it."
    )


def read(path: str) -> None:
    """Print the seconds and the megabytes that reading a file takes."""
    from charrnn.text import read_files

    Corpus.from_text("a little first, so that everything is imported")
    before = peak()
    began = time.perf_counter()
    Corpus.from_text(read_files([Path(path)]))
    seconds = time.perf_counter() - began
    print(seconds, peak() - before)


def peak() -> float:
    """The most memory that this process has had, in MB; `ru_maxrss` would count its parent's."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


if __name__ == "__main__":
    if sys.argv[1:2] == ["--read"]:
        read(sys.argv[2])
    else:
        keep("loop", "Overhead of the training loop", [overhead(), large_text()], of_others=True)
