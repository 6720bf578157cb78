"""The run card's data: a run's events, told as one small value that `run_card.js` draws.

`RunViewModel` takes events one by one and keeps what the card shows: columns of at most 400 points
for the curves, the samples in their rows (see sample_timeline.py), the last figures, and which model
is kept. All of it can be computed again from a run's directory; `feed.py` sends the browser what
changed.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from typing import Any

import gradio as gr

from ...recipes import RECIPES
from ...runs.end_reasons import CRASHES
from ...training.diagnosis import Diagnosis
from .. import i18n
from ..i18n.titles import RECIPES as RECIPE_NAMES
from ..i18n.titles import chinese
from ..page.component import Function, html_component
from ..page.contract import LIVE_STATES, run_state
from ..page.theme import asset
from .diagnosis_text import diagnosis_text, end_text, holdout_warnings
from .sample_timeline import SampleTimeline
from .strings import CARD

MAX_POINTS = 400
DAMAGED = run_state("damaged")

_COLUMNS = ("seconds", "epoch", "train", "held", "norm")


class RunViewModel:
    """What the card tells of one run."""

    def __init__(
        self,
        run: str | None = None,
        *,
        title: str = "",
        link: str | None = None,
        controls: bool = True,
        max_seconds: float | None = None,
    ) -> None:
        self.run = run  # its id, or its view id where it may only be watched
        self.link = link  # its view id
        self.controls = controls
        self._max_seconds = max_seconds  # that a run may take here
        self.title = {"en": title, "zh": chinese(title)}  # the name of the text
        self.state = "queued"
        self.model: str | None = None  # the key of the model that there is by now
        self.saved = False  # whether there is a point to go on from
        self.ahead = 0
        self.wait: float | None = None  # seconds, about, until a queued run begins
        self.starred: bool | None = None  # None where runs are kept anyway
        self.fetched = ""
        self.is_example = False
        self.missing = False  # a run was asked for that is not here any more
        self.problem: dict[str, str] | None = None  # why a damaged run can't be read, by language
        self.note = ""  # the name of what the run has noted about itself last
        self.facts: dict[str, Any] = {}
        self.last: dict[str, Any] = {}
        self.kept: dict[str, Any] | None = None  # the model that was saved last
        self.columns: dict[str, list[float | None]] = {name: [] for name in _COLUMNS}
        self.steps: list[int] = []
        self.timeline = SampleTimeline()
        self.end: dict[str, Any] | None = None
        self._ended: Mapping[str, Any] | None = None  # the event
        self.base = 0  # columns only grow at their end for as long as this stays the same
        self._recent: deque[dict[str, Any]] = deque(maxlen=8)  # the latest points, unthinned
        self._best: dict[str, Any] | None = None  # the point of the lowest held-out perplexity
        self._diagnosis = Diagnosis()
        self._held_out = False
        self._stride = 1  # events for one point
        self._seen = 0

    def apply(self, event: Mapping[str, Any]) -> None:
        """Take the run's next event."""
        self._diagnosis.tell(event)
        match event["event"]:
            case "start":
                self._start(event)
            case "progress":
                self._progress(event)
            case "sample":
                self.timeline.add_sample(event)
            case "note":
                self.note = event["code"]
            case "checkpoint":
                self._checkpoint(event)
            case "end":
                self._end(event)

    def value(self) -> dict[str, Any]:
        """All that the card shows, as JSON."""
        columns = {name: list(column) for name, column in self.columns.items()}
        return self.fields() | {"columns": columns, "steps": list(self.steps)}

    def fields(self) -> dict[str, Any]:
        """All but the columns."""
        return {
            "run": self.run,
            "link": self.link,
            "controls": self.controls,
            "title": self.title,
            "state": self._shown_state(),
            "model": self.model,
            "saved": self.saved,
            "ahead": self.ahead,
            "wait": self.wait,
            "starred": self.starred,
            "fetched": self.fetched,
            "is_example": self.is_example,
            "missing": self.missing,
            "problem": self.problem,
            "note": self.note,
            "facts": self.facts,
            "last": self.last,
            "kept": self.kept,
            "rows": self.rows(),
            "end": self.end,
            "diagnosis": diagnosis_text(self._diagnosis, self._ended, self.kept, self._max_seconds),
            "warnings": holdout_warnings(self._diagnosis.start),
        }

    def _shown_state(self) -> str:
        if self.state in (*LIVE_STATES, DAMAGED) or self.end is None:
            return self.state
        if self.end["interrupted"]:
            return "interrupted"
        return "cancelled" if self.state == "stopped" and self.kept is None else self.state

    def rows(self) -> list[dict[str, Any]]:
        """The sample timeline, with the marks to come for as long as the run may reach them."""
        ended = "finished" if self.is_example else None
        return self.timeline.rows(self.end["reason"] if self.end else ended)

    def _start(self, event: Mapping[str, Any]) -> None:
        training, model = event["training"], event["model"]
        self._rewind(event.get("resumed_from"), float(event.get("seconds", 0)))
        self.end, self._ended, self.note = None, None, ""
        self.timeline.set_length(training)
        # One character cannot be measured: it would have to follow another.
        self._held_out = round(event["characters"] * (training.get("validation") or 0)) > 1
        self.facts = {
            "recipe": event["recipe"],
            "characters": event["characters"],
            "symbols": event["vocabulary_size"] - 1,  # which counts `<unk>`
            "parameters": event["parameters"],
            "cell": model["cell"],
            "hidden": model["hidden_size"],
            "layers": model["layers"],
            "bidirectional": model["bidirectional"],
            "clip": training["clip"],
            "seconds": training["seconds"],
            "epochs": training["epochs"],
            "baselines": {k: _finite(v) for k, v in event["baselines"].items()},
            "published": _published(event["recipe"]),
            "device": event["device"],
        }

    def _rewind(self, step: int | None, seconds: float) -> None:
        """What was done after the point that the run goes on from is void; None: all of it."""
        keep = 0 if step is None else sum(done <= step for done in self.steps)
        if keep < len(self.steps):
            self.base += 1
        self.steps = self.steps[:keep]
        self.columns = {name: column[:keep] for name, column in self.columns.items()}
        self.timeline.rewind(-1 if step is None else step)
        if step is None or (self._best and self._best["step"] > step):
            self._best = None
        if self.last and step is not None:
            self.last |= {"seconds": seconds, "epoch": next(iter(self.columns["epoch"][-1:]), 0.0)}
        elif step is None:
            self.last, self.kept = {}, None
            self._seen, self._stride = 0, 1
            self._recent.clear()

    def _progress(self, event: Mapping[str, Any]) -> None:
        point = {
            "step": event["step"],
            "seconds": event["seconds"],
            "epoch": event["epoch"],
            "train": _finite(event["train_perplexity"]),
            "held": _finite(event["validation_perplexity"]),
            "norm": _finite(event["gradient_norm"]),
        }
        if point["held"] == self.last.get("held"):
            point["held"] = None  # not measured again: the curve goes on from where it was
        self.last = {
            **point,
            "held": point["held"] or self.last.get("held"),
            "clipped": event["clipped"],
            "speed": event["characters_per_second"],
            "left": event["remaining_seconds"],
        }
        self._recent.append(point)
        if point["held"] and (self._best is None or point["held"] < self._best["held"]):
            self._best = point
        self.timeline.add_progress(point, point["held" if self._held_out else "train"])
        self._seen += 1
        if self._seen == 1 or self._seen % self._stride == 0:
            self._add_point(point)

    def _add_point(self, point: Mapping[str, Any]) -> None:
        """One more point of the curves; when there are too many, every other one goes."""
        for name in _COLUMNS:
            self.columns[name].append(_rounded(point[name]))
        self.steps.append(point["step"])
        if len(self.steps) > MAX_POINTS:
            self._stride *= 2
            self.base += 1
            self.steps = self.steps[:1] + self.steps[1::2]
            for name, column in self.columns.items():
                self.columns[name] = column[:1] + column[1::2]

    def _checkpoint(self, event: Mapping[str, Any]) -> None:
        """Take the figures of the saved model, and its place on the curve where that is known."""
        step = event["step"]
        points = [self._best, *self._recent] if self._best else self._recent
        at = next((point for point in points if point["step"] == step), {})
        train = _finite(event.get("train_perplexity"))  # older runs do not tell it
        self.kept = {
            "step": step,
            "held": _finite(event["validation_perplexity"]),
            "train": at.get("train") if train is None else train,
            "seconds": at.get("seconds"),
            "epoch": at.get("epoch"),
        }

    def _end(self, event: Mapping[str, Any]) -> None:
        self._ended = event
        self.end = {
            "reason": event["reason"],
            "message": event["message"],
            "text": end_text(event),
            "crashed": event.get("code") in CRASHES,
            "interrupted": bool(event.get("interrupted")),
            "step": event["step"],
        }
        if self.kept is None and event.get("checkpoint"):
            self.kept = dict.fromkeys(("step", "held", "train", "seconds", "epoch"))
        # Those of the last look; in older runs, what goes by the names of the kept model's.
        held, train = (
            _finite(event.get(f"last_{name}", event.get(name)))
            for name in ("validation_perplexity", "train_perplexity")
        )
        if not self.last:
            return
        if held is not None and held != self.last["held"]:  # measured once more, at the end
            now = {"seconds": event["seconds"], "held": held, "train": train, "step": event["step"]}
            self._add_point({**self.last, **now})
            if self.kept and self.kept["step"] == event["step"]:
                self.kept |= {"seconds": event["seconds"], "epoch": self.last["epoch"]}
        measured = {"held": held, "train": train}
        self.last |= {name: figure for name, figure in measured.items() if figure is not None}
        self.last["seconds"] = event["seconds"]
        if event["reason"] in ("finished", "stopped"):  # the kept model wrote the last sample
            kept = self.kept or {}
            figure = (kept.get("held") or held) if self._held_out else kept.get("train")
            self.timeline.finish(event["step"], figure)


def _published(name: str) -> list[tuple[float, float]]:
    """The published (epoch, perplexity) points of a textbook recipe."""
    recipe = RECIPES.get(name)
    return [(float(epoch), p) for epoch, p in recipe.published.items()] if recipe else []


def _finite(value: Any) -> float | None:
    """A finite number, or None: JSON has no infinity, and the card shows a dash."""
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _rounded(value: Any) -> float | None:
    return None if value is None else float(f"{value:.5g}")


def run_card(value: dict[str, Any], follow: Function, star: Function) -> gr.HTML:
    """Build the card as a component. Its value is that of a `RunViewModel`.

    `follow` returns what has changed since the last call, and `star` keeps a run from being deleted
    when its time is over (see `feed.RunFeeds`).
    """
    return html_component(
        "run_card/run_card",
        asset("run_card/run_card.html"),
        value,
        server_functions=[follow, star],
        words=(i18n.SHARED, RECIPE_NAMES, CARD),
    )
