"""The run card's data: a run's events, folded into one small value that `run_card.js` draws.

`RunViewModel` takes events one by one and keeps what the card shows: the curves as columns of at
most `MAX_POINTS` points, the samples in their rows (see sample_timeline.py), the latest figures,
and which model is kept. All of it can be computed again from a run's directory; `feed.py` sends the
browser what changed.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from typing import Any

from ...recipes import RECIPES
from ...runs.end_reasons import CRASHES
from ...training.diagnosis import Diagnosis
from ..i18n.titles import chinese
from ..page.contract import LIVE_STATES, run_state
from .diagnosis_text import diagnosis_text, end_text, holdout_warnings
from .sample_timeline import SampleTimeline

MAX_POINTS = 400
DAMAGED = run_state("damaged")

_COLUMNS = ("seconds", "epoch", "train", "held", "norm")


class RunViewModel:
    """What the card shows of one run."""

    def __init__(
        self,
        run: str | None = None,
        *,
        title: str = "",
        link: str | None = None,
        controls: bool = True,
        max_seconds: float | None = None,
    ) -> None:
        self.run = run  # its id, or its view id if the viewer may only watch it
        self.link = link  # its view id
        self.controls = controls
        self._max_seconds = max_seconds  # the time limit of a run on this server
        self.title = {"en": title, "zh": chinese(title)}  # the name of the text
        self.state = "queued"
        self.model: str | None = None  # the key of its model, once there is one
        self.saved = False  # whether there is a state to resume from
        self.queue_position = 0  # from 1 on; 0 if the run is not queued
        self.wait: float | None = None  # estimated seconds until a queued run starts
        self.starred: bool | None = None  # None if runs do not expire on this server
        self.fetched = ""  # how much of the text is downloaded: "1.2 MB / 3 MB"
        self.is_example = False
        self.missing = False  # the run that the address names was deleted
        self.problem: dict[str, str] | None = None  # why a damaged run can't be read
        self.note = ""  # the code of the run's latest `note` event
        self.facts: dict[str, Any] = {}
        self.last: dict[str, Any] = {}
        self.kept: dict[str, Any] | None = None  # the model that was saved last
        self.columns: dict[str, list[float | None]] = {name: [] for name in _COLUMNS}
        self.steps: list[int] = []
        self.timeline = SampleTimeline()
        self.end: dict[str, Any] | None = None
        self._end_event: Mapping[str, Any] | None = None
        self.base = 0  # changes when points are removed or thinned out
        self._recent: deque[dict[str, Any]] = deque(maxlen=8)  # the latest points
        self._best: dict[str, Any] | None = None  # the point with the lowest held-out perplexity
        self._diagnosis = Diagnosis()
        self._held_out = False
        self._stride = 1  # progress events per point of the curves
        self._progress_events = 0

    def apply(self, event: Mapping[str, Any]) -> None:
        """Apply the run's next event."""
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
        """Return all that the card shows, as JSON."""
        columns = {name: list(column) for name, column in self.columns.items()}
        return self.fields() | {"columns": columns, "steps": list(self.steps)}

    def fields(self) -> dict[str, Any]:
        """Return all that the card shows except the points of the curves."""
        return {
            "run": self.run,
            "link": self.link,
            "controls": self.controls,
            "title": self.title,
            "state": self._shown_state(),
            "model": self.model,
            "saved": self.saved,
            "queue_position": self.queue_position,
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
            "diagnosis": diagnosis_text(
                self._diagnosis, self._end_event, self.kept, self._max_seconds
            ),
            "warnings": holdout_warnings(self._diagnosis.start),
        }

    def _shown_state(self) -> str:
        if self.state in (*LIVE_STATES, DAMAGED) or self.end is None:
            return self.state
        if self.end["interrupted"]:
            return "interrupted"
        return "cancelled" if self.state == "stopped" and self.kept is None else self.state

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows of the sample timeline, with marks to come while the run goes on."""
        ended = "finished" if self.is_example else None
        return self.timeline.rows(self.end["reason"] if self.end else ended)

    def _start(self, event: Mapping[str, Any]) -> None:
        training, model = event["training"], event["model"]
        self._rewind(event.get("resumed_from"), float(event.get("seconds", 0)))
        self.end, self._end_event, self.note = None, None, ""
        self.timeline.set_length(training)
        # A single held-out character has none before it to be predicted from.
        self._held_out = round(event["characters"] * (training.get("validation") or 0)) > 1
        self.facts = {
            "recipe": event["recipe"],
            "characters": event["characters"],
            "symbols": event["vocabulary_size"] - 1,  # without `<unk>`
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
            "started_from": _started_from(event.get("started_from")),
        }
        self._add_start()

    def _add_start(self) -> None:
        """Begin the held-out curve with what the model knew that the run starts from."""
        known = (self.facts["started_from"] or {}).get("held")
        if known is None or self.steps:
            return
        point = {"step": 0, "seconds": 0.0, "epoch": 0.0, "train": None, "held": known}
        self._best = {**point, "norm": None}
        self._recent.append(self._best)
        self._add_point(self._best)

    def _rewind(self, step: int | None, seconds: float) -> None:
        """Drop what was done after `step`, from which the run is resumed; all of it if None.

        `seconds` is the training time up to that step.
        """
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
            self._progress_events, self._stride = 0, 1
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
        before = self.last.get("held", (self.facts.get("started_from") or {}).get("held"))
        if point["held"] == before:
            point["held"] = None  # not measured again since
        self.last = {
            **point,
            "held": point["held"] or before,
            "clipped": event["clipped"],
            "speed": event["characters_per_second"],
            "left": event["remaining_seconds"],
        }
        self._recent.append(point)
        if point["held"] and (self._best is None or point["held"] < self._best["held"]):
            self._best = point
        self.timeline.add_progress(point, point["held" if self._held_out else "train"])
        self._progress_events += 1
        if self._progress_events == 1 or self._progress_events % self._stride == 0:
            self._add_point(point)

    def _add_point(self, point: Mapping[str, Any]) -> None:
        """Add a point to the curves; if there are too many, drop every other one."""
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
        """Take the figures of the saved model, and its place on the curve if it is known."""
        step = event["step"]
        points = [self._best, *self._recent] if self._best else self._recent
        here = next((point for point in points if point["step"] == step), {})
        train = _finite(event.get("train_perplexity"))  # not in older runs
        self.kept = {
            "step": step,
            "held": _finite(event["validation_perplexity"]),
            "train": here.get("train") if train is None else train,
            "seconds": here.get("seconds"),
            "epoch": here.get("epoch"),
        }

    def _end(self, event: Mapping[str, Any]) -> None:
        self._end_event = event
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
        # The last measurement; older runs have it under the names of the kept model's figures.
        held, train = (
            _finite(event.get(f"last_{name}", event.get(name)))
            for name in ("validation_perplexity", "train_perplexity")
        )
        if not self.last:
            return
        if held is not None and held != self.last["held"]:  # measured again at the end
            last = {
                "seconds": event["seconds"],
                "held": held,
                "train": train,
                "step": event["step"],
            }
            self._add_point({**self.last, **last})
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
    """Return the published (epoch, perplexity) points of a textbook recipe."""
    recipe = RECIPES.get(name)
    return [(float(epoch), p) for epoch, p in recipe.published.items()] if recipe else []


def _started_from(start: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the name of the model that a run started from, by language, and what it knew."""
    if start is None:
        return None
    name = start.get("model") if "/" in (start.get("model") or "") else start["name"]
    title = {"en": str(name), "zh": chinese(str(name))}
    return {"title": title, "held": _finite(start.get("validation_perplexity"))}


def _finite(value: Any) -> float | None:
    """Return a finite number as it is, and None for anything else: JSON has no infinity."""
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _rounded(value: Any) -> float | None:
    return None if value is None else float(f"{value:.5g}")
