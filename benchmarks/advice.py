"""Runs that go wrong: what is found, which change is suggested, and whether it helps.

    python benchmarks/advice.py            all, about three minutes
    python benchmarks/advice.py overfits   those with this word in their name

The table goes to benchmarks/advice.md. Perplexities are those of the model that a run keeps, on
held-out text where there is any.
"""

from __future__ import annotations

import platform
import sys
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from charrnn.runs.plan import make_plan  # noqa: E402
from charrnn.text import Text, datasets, read_text  # noqa: E402
from charrnn.training import train  # noqa: E402
from charrnn.training.messages import figure, written_setting  # noqa: E402

TABLE = ROOT / "benchmarks" / "advice.md"
Settings = dict[str, Any]

# The text, how much of it, and the recipe.
TIDE, SHORT = ("tide-clock", 12_000, "custom"), ("tide-clock", 5_000, "custom")
SONGS = ("songs", 8_000, "custom")
LYRICS, LYRICS_RELU = (("songs", 20_000, f"lyrics-scratch-{name}") for name in ("random", "relu"))

SMALL: Settings = {
    "hidden_size": 64, "batch_size": 16, "steps": 32, "schedule": "constant", "epochs": 10,
}  # fmt: skip
SGD: Settings = SMALL | {"optimizer": "sgd", "clip": "none"}
ADAM: Settings = SMALL | {"optimizer": "adam"}


def rate(value: float, **more: object) -> Settings:
    """Return settings with this learning rate."""
    return {"learning_rate": value, **more}


CASES: dict[str, tuple[tuple[str, int, str], Settings]] = {
    "tanh, SGD, lr 100, no clip": (TIDE, SGD | rate(100, cell="tanh")),
    "tanh, SGD, lr 30, clip 1": (TIDE, SGD | rate(30, cell="tanh", clip=1)),
    "tanh, SGD, lr 3, clip 1": (TIDE, SGD | rate(3, cell="tanh", clip=1)),
    "LSTM, SGD, lr 100, no clip": (TIDE, SGD | rate(100)),
    "GRU, SGD, lr 10, clip 1": (TIDE, SGD | rate(10, cell="gru", clip=1)),
    "ReLU, SGD, lr 1, no clip": (TIDE, SGD | rate(1, cell="relu")),
    "ReLU, SGD, lr 1, clip 1": (TIDE, SGD | rate(1, cell="relu", clip=1)),
    "ReLU, SGD, lr 1e5, no clip": (TIDE, SGD | rate(1e5, cell="relu")),
    "ReLU, Adam, lr 0.005": (TIDE, ADAM | rate(0.005, cell="relu")),
    "ReLU, Adam, lr 1": (TIDE, ADAM | rate(1, cell="relu")),
    "GRU, Adam, lr 1": (TIDE, ADAM | rate(1, cell="gru")),
    "tanh, Adam, lr 0.1": (TIDE, ADAM | rate(0.1, cell="tanh")),
    "LSTM, AdamW, lr 3": (TIDE, SMALL | rate(3)),
    "textbook's lyrics, no clip": (LYRICS, {"epochs": 10, "clip": "none"}),
    "textbook's ReLU, no clip": (LYRICS_RELU, {"epochs": 10, "clip": "none"}),
    "overfits: LSTM": (SHORT, SMALL | rate(0.005, epochs=60)),
    "overfits: GRU, Chinese": (SONGS, SMALL | rate(0.005, epochs=30, cell="gru")),
    "overfits: tanh, SGD": (SHORT, SGD | rate(1, epochs=100, cell="tanh", clip=1)),
    "overfits: 2 layers": (SHORT, SMALL | rate(0.005, epochs=60, layers=2)),
    "learns nothing: lr 1e-6": (TIDE, SMALL | rate(1e-6)),
    "learns nothing: lr 0": (TIDE, SMALL | rate(0)),
    "learns nothing: SGD, lr 0.001": (TIDE, SGD | rate(0.001)),
    "learns nothing: SGD, clip 0.001": (TIDE, SGD | rate(1, cell="tanh", clip=0.001)),
    "learns nothing: weight decay 10": (TIDE, SMALL | rate(0.01, weight_decay=10)),
    "learns nothing: 1 epoch": (TIDE, SMALL | rate(0.002, epochs=1)),
}


def main() -> None:
    """Run the cases, each as it is and with the suggested change, and write the table."""
    asked = sys.argv[1] if len(sys.argv) > 1 else ""
    rows = ["| run | found | advice | perplexity | with the change |", "| --- " * 5 + "|"]
    for name, ((corpus, first, recipe), settings) in CASES.items():
        if asked in name:
            text = read_text(datasets.load(corpus).text[:first])
            rows.append(f"| {name} | " + " | ".join(tried(text, recipe, settings)) + " |")
            print(rows[-1], flush=True)
    if not asked:
        title = "# Suggestions after runs that went wrong"
        TABLE.write_text("\n".join([title, "", *rows, "", made(), ""]), "utf-8")


def tried(text: Text, recipe: str, settings: Settings) -> tuple[str, str, str, str]:
    """Return what is found, the suggestion, and the perplexity without and with it."""
    end, before = run(text, recipe, settings)
    if not end["findings"]:
        return "nothing", "", before, ""
    finding, *_ = end["findings"]
    suggestion = finding["suggestion"]
    if suggestion is None or suggestion["field"] is None:
        return finding["code"], suggestion["code"] if suggestion else "", before, ""
    field, value = suggestion["field"], written_setting(suggestion["value"])
    _, after = run(text, recipe, settings | {field: value})
    return finding["code"], f"{field} = {value}", before, after


def run(text: Text, recipe: str, settings: Settings) -> tuple[dict[str, Any], str]:
    """Train; return the `end` event, and the perplexity of the kept model or "diverged"."""
    planned = make_plan(text, recipe=recipe, settings=settings)
    events = list(train(planned.corpus, planned.model, planned.training, recipe=recipe))
    end = events[-1]
    measured = [
        event["validation_perplexity"] or event["train_perplexity"]
        for event in events
        if event["event"] == "progress"
    ]
    held = [perplexity for perplexity in measured if perplexity is not None]
    kept = min(held) if planned.corpus.validation else held[-1]
    return end, "diverged" if end["reason"] == "diverged" else figure(kept)


def made() -> str:
    """Return the line below the table: where and when it was made."""
    return f"Made by benchmarks/advice.py on {date.today()}, {platform.machine()}, seed 0."


if __name__ == "__main__":
    main()
