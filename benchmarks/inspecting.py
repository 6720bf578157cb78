"""How long it takes to look into a model: a text read, hidden units found, a text compared.

    python benchmarks/inspecting.py

Medians of the rounds. The model is the shipped LSTM 512 of Tiny Shakespeare. `inspect` reads with
one thread and with as many as there are cores; on the page it has two while two cores are idle.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from functools import partial

import torch
from measure import ROOT, keep, median, shakespeare, table

import charrnn
from charrnn.inspection.ablation import without_unit
from charrnn.inspection.reach import context_effect, gradient_reach

_ROUNDS = 5
_UNITS_TEXT = 40_000  # characters that are searched for units
_GENERATED = 5_000  # characters that are compared with a megabyte
_SEARCHED = ("line-position", "speaker", "/[,.;:!?]/")


def seconds(call: Callable[[], object]) -> float:
    """The median time of a call, after one that is not counted."""
    call()
    times = []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return median(times)


def main() -> None:
    """Measure all, and write the table."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    text = shakespeare()
    checkpoint = charrnn.load(ROOT / "checkpoints" / "tiny-shakespeare")
    rows = [*_reading(checkpoint, text), *_units(checkpoint, text), *_comparing(checkpoint, text)]
    shown = [(what, of, f"{taken:.2f} s") for what, of, taken in rows]
    keep("inspecting", "Looking into a model", [table(("what", "of", "time"), shown)])


Row = tuple[str, str, float]


def _reading(checkpoint: charrnn.Checkpoint, text: str) -> list[Row]:
    threads = torch.get_num_threads()
    rows = []
    for count in (20_000, 100_000):
        for used in sorted({1, threads}):
            torch.set_num_threads(used)
            taken = seconds(partial(charrnn.inspect, checkpoint, text[:count]))
            rows.append(("inspect", f"{count:,} characters, threads: {used}", taken))
    torch.set_num_threads(threads)
    return rows


def _units(checkpoint: charrnn.Checkpoint, text: str) -> list[Row]:
    held_out = text[-len(text) // 10 :][:_UNITS_TEXT]
    rows = []
    for concept in _SEARCHED:
        taken = seconds(partial(charrnn.find_units, checkpoint, held_out, concept))
        rows.append((f"find_units, `{concept}`", f"{len(held_out):,} characters", taken))
    calls: dict[tuple[str, str], Callable[[], object]] = {
        ("without_unit", "one unit"): partial(without_unit, checkpoint, 0, 171),
        ("gradient_reach", "64 steps"): partial(gradient_reach, checkpoint, held_out),
        ("context_effect", "256 steps"): partial(context_effect, checkpoint, held_out),
    }
    return [*rows, *((*name, seconds(call)) for name, call in calls.items())]


def _comparing(checkpoint: charrnn.Checkpoint, text: str) -> list[Row]:
    """Compare texts of three kinds with a megabyte: generated, copied, and of two letters."""
    megabyte = text[:1_000_000]
    letters = random.Random(0)
    pairs = {
        "generated": (charrnn.generate(checkpoint, "\n", _GENERATED, seed=0), megabyte),
        "copied": (megabyte[500_000:][:_GENERATED], megabyte),
        "two random letters": tuple(
            "".join(letters.choices("ab", k=count)) for count in (_GENERATED, len(megabyte))
        ),
    }
    of = f"{_GENERATED:,} characters with 1 MB"
    return [
        (f"novelty, {kind}", of, seconds(partial(charrnn.novelty, *pair)))
        for kind, pair in pairs.items()
    ]


if __name__ == "__main__":
    main()
