"""The run card's data: a run's events, told as one small value that `card.js` draws.

`Story` takes events one by one and keeps what the card shows: columns of at most 400 points for
the curves, the samples in their rows, the last figures. Gradio sends only what changed between
two values of a stream, so a frame of a running card costs a few hundred bytes. Everything here
can be told again from a run's directory.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import gradio as gr

from ..recipes import RECIPES
from . import words
from .look import asset
from .words_card import CARD
from .words_train import RECIPES as RECIPE_NAMES

POINTS = 400
SHARES = (0.0, 0.1, 0.25, 0.5, 1.0)  # of a run: when the model is asked to write
ENDED = frozenset({"finished", "stopped", "diverged", "failed"})

_COLUMNS = ("seconds", "epoch", "train", "held", "norm")


class Story:
    """What the card tells of one run."""

    def __init__(self, run: str | None = None, *, title: str = "", title_zh: str = "") -> None:
        self.run = run
        self.title = {"en": title, "zh": title_zh or title}
        self.state = "queued"
        self.ahead = 0
        self.fetched = ""
        self.earlier = False
        self.missing = False  # a run was asked for that is not here any more
        self.facts: dict[str, Any] = {}
        self.last: dict[str, Any] = {}
        self.columns: dict[str, list[float | None]] = {name: [] for name in _COLUMNS}
        self.steps: list[int] = []
        self.samples: list[dict[str, Any]] = []
        self.end: dict[str, Any] | None = None
        self._stride = 1  # events for one point
        self._seen = 0

    def tell(self, event: Mapping[str, Any]) -> None:
        """Take the run's next event."""
        match event["event"]:
            case "start":
                self._start(event)
            case "progress":
                self._progress(event)
            case "sample":
                self._sample(event)
            case "end":
                self._end(event)

    def value(self) -> dict[str, Any]:
        """All that the card shows, as JSON."""
        return {
            "run": self.run,
            "title": self.title,
            "state": self.state,
            "ahead": self.ahead,
            "fetched": self.fetched,
            "earlier": self.earlier,
            "missing": self.missing,
            "facts": self.facts,
            "last": self.last,
            "columns": {name: list(column) for name, column in self.columns.items()},
            "rows": self.rows(),
            "end": self.end,
        }

    def rows(self) -> list[dict[str, Any]]:
        """The evolution strip: five rows, there from the start, filled as the samples come.

        A sample taken between two shares stands, marked `now`, in the row that waits for the
        next one. Of a run with no known end, the first sample and the latest four.
        """
        samples = [dict(sample, share=self._share(sample)) for sample in self.samples]
        if any(sample["share"] is None for sample in samples):
            rows = [_row(None, sample) for sample in (*samples[:1], *samples[1:][-4:])]
            return rows + [_row(None) for _ in range(len(SHARES) - len(rows))]
        rows = [_row(share) for share in SHARES]
        for sample in samples:
            place = max(i for i, share in enumerate(SHARES) if sample["share"] >= share - 0.005)
            if rows[place]["sample"] is None or rows[place]["now"]:
                rows[place] = _row(sample["share"], sample)
            elif place + 1 < len(rows):
                rows[place + 1] = _row(sample["share"], sample, now=True)
        if (
            self.end is not None and samples and samples[-1]["step"]
        ):  # however far it came, the last row is how it ended
            for i, row in enumerate(rows):
                if row["now"]:
                    rows[i] = _row(SHARES[i])
            whole = self.end["reason"] == "finished"  # a budget leaves a moment for saving
            rows[-1] = _row(1.0 if whole else samples[-1]["share"], samples[-1])
        return rows

    def _start(self, event: Mapping[str, Any]) -> None:
        training, model = event["training"], event["model"]
        resumed = event.get("resumed_from")
        if resumed is not None:  # what was done after the point it goes on from is void
            keep = sum(step <= resumed for step in self.steps)
            self.steps = self.steps[:keep]
            self.columns = {name: column[:keep] for name, column in self.columns.items()}
            self.samples = [sample for sample in self.samples if sample["step"] <= resumed]
        self.end = None
        self.facts = {
            "recipe": event["recipe"],
            "characters": event["characters"],
            "symbols": event["vocabulary_size"],
            "parameters": event["parameters"],
            "cell": model["cell"],
            "hidden": model["hidden_size"],
            "layers": model["layers"],
            "bidirectional": model["bidirectional"],
            "clip": training["clip"],
            "seconds": training["seconds"],
            "epochs": training["epochs"],
            "baselines": {k: _number(v) for k, v in event["baselines"].items()},
            "published": _published(event["recipe"]),
            "device": event["device"],
        }

    def _progress(self, event: Mapping[str, Any]) -> None:
        point = {
            "seconds": event["seconds"],
            "epoch": event["epoch"],
            "train": _number(event["train_perplexity"]),
            "held": _number(event["validation_perplexity"]),
            "norm": _number(event["gradient_norm"]),
        }
        before = self.last.get("held")
        self.last = {
            **point,
            "held": point["held"] or self.last.get("held"),
            "clipped": event["clipped"],
            "speed": event["characters_per_second"],
            "left": event["remaining_seconds"],
            "step": event["step"],
        }
        for sample in self.samples[-1:]:  # the untrained model writes before it is measured
            sample["perplexity"] = sample["perplexity"] or point["held"] or point["train"]
        self._seen += 1
        if self._seen > 1 and self._seen % self._stride:
            return
        if point["held"] == before:
            point["held"] = None  # not measured again: the curve goes on from where it was
        for name in _COLUMNS:
            self.columns[name].append(_short(point[name]))
        self.steps.append(event["step"])
        if len(self.steps) > POINTS:
            self._stride *= 2
            self.steps = self.steps[:1] + self.steps[1::2]
            for name, column in self.columns.items():
                self.columns[name] = column[:1] + column[1::2]

    def _end(self, event: Mapping[str, Any]) -> None:
        self.end = {name: event.get(name) for name in ("reason", "message")}
        held, train = (
            _number(event.get(name)) for name in ("validation_perplexity", "train_perplexity")
        )
        if not self.last:
            return
        if held is not None and held != self.last["held"]:  # measured once more, at the end
            point = {**self.last, "seconds": event["seconds"], "held": held, "train": train}
            for name in _COLUMNS:
                self.columns[name].append(_short(point[name]))
            self.steps.append(event["step"])
        measured = {"held": held, "train": train}
        self.last |= {name: figure for name, figure in measured.items() if figure is not None}
        self.last["seconds"] = event["seconds"]
        for sample in self.samples[-1:]:  # written by the model that is kept
            if sample["step"] == event["step"]:
                sample["perplexity"] = held or sample["perplexity"]

    def _sample(self, event: Mapping[str, Any]) -> None:
        prefix = event["prefix"]
        text = [prefix, event["text"][len(prefix) :]]
        latest = self.samples[-1] if self.samples else None
        if latest and latest["step"] == event["step"] and text[0] != latest["texts"][0][0]:
            latest["texts"].append(text)  # another prefix at the same moment
            return
        self.samples.append(
            {
                "step": event["step"],
                "seconds": event["seconds"],
                "epoch": self.last.get("epoch") or 0.0,
                "perplexity": self.last.get("held") or self.last.get("train"),
                "texts": [text],
            }
        )

    def _share(self, sample: Mapping[str, Any]) -> float | None:
        """How much of the run was done when this sample was taken; None where that is open."""
        if sample["step"] == 0:
            return 0.0
        if epochs := self.facts.get("epochs"):
            return min(1.0, float(sample["epoch"]) / float(epochs))
        if budget := self.facts.get("seconds"):
            return min(1.0, float(sample["seconds"]) / float(budget))
        return None


def _row(
    share: float | None, sample: Mapping[str, Any] | None = None, *, now: bool = False
) -> dict[str, Any]:
    return {"share": share, "sample": dict(sample) if sample else None, "now": now}


def _published(name: str) -> list[tuple[float, float]]:
    """The published (epoch, perplexity) points of a textbook recipe."""
    recipe = RECIPES.get(name)
    return [(float(epoch), p) for epoch, p in recipe.published.items()] if recipe else []


def _number(value: Any) -> float | None:
    """A finite number, or None: JSON has no infinity, and the card shows a dash."""
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _short(value: Any) -> float | None:
    return None if value is None else float(f"{value:.5g}")


def run_card(value: dict[str, Any]) -> gr.HTML:
    """The card as a component; its value is a `Story`'s."""
    return gr.HTML(
        value,
        html_template=asset("card.html"),
        js_on_load=asset("chart.js") + asset("card.js"),
        apply_default_css=False,
        words=words.both(words.SHARED, RECIPE_NAMES, CARD),
    )
