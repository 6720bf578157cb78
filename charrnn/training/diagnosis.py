"""Find out from the events of a run whether it went wrong, how, and since when.

A `Diagnosis` takes the events of a run one by one and needs nothing else. So a page that follows a
run, or reads its events.jsonl later, comes to the same finding as the worker at its end. The codes
of findings, the gravest first:

- `diverged`, `exploded`: the run had to end; the second if the gradient norm shot up before.
- `exploding`: the norm is far above its usual size, and the loss has risen with it.
- `above-uniform`: the training perplexity is above that of a uniform guess among all symbols.
- `unlike`, `sorted`: the held-out part misleads, by the run's `warnings`, and its perplexity has
  risen, or is above that of a uniform guess at the end.
- `overfits`: the perplexity on held-out text has risen from its best while training's fell.
- `by-heart`, `copied`: at its end, the run knows its own text by heart, and nothing is held out, or
  what is held out also stands in the rest.
- `unlearned`: at its end, the run is no better than the symbols' own frequencies (the unigram
  baseline). That is what a model's output bias learns by itself. The n-gram baseline would be no
  measure: a good model has not passed it yet when a short run ends.

A run without any of these has no finding.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

_MIN_CONSECUTIVE = 3  # reports, or evaluations of the held-out part, in a row that show a problem
_WARMUP_STEPS = 10  # in which a training perplexity worse than a uniform guess is no finding
_MIN_STOPPED_STEPS = 100  # in fewer steps of a stopped run, slow learning is no finding
_EXPLODED = 10.0  # gradient norm that has exploded, as a multiple of its usual size
_TRAIN_RISE = 1.35  # training perplexity that has risen with the norm, as a multiple of its lowest
_ABOVE = 1.05  # perplexity that is clearly worse, as a multiple of the baseline's
_RISEN = 1.05  # held-out perplexity that has clearly risen, as a multiple of its best
_STILL_RISEN = 1.02  # the same, after `_MIN_CONSECUTIVE` evaluations
_FALLEN = 0.95  # training perplexity that has fallen, as a share of that at the best evaluation
_UNLEARNED = 0.97  # perplexity no better than the unigram baseline, as a share of it
_BY_HEART = 0.15  # bits of a memorized text, as a share of its unigram baseline's bits
_DEGENERATE_UNIGRAM = 1.05  # unigram baseline below which a text is hardly more than one symbol


class Point(NamedTuple):
    """A `progress` event: perplexities are infinite where they overflow, None if unmeasured."""

    step: int
    epoch: float
    seconds: float
    train: float
    held: float | None
    norm: float | None


@dataclass(frozen=True)
class Finding:
    """What went wrong: its code, the point since when, and the figures that show it."""

    code: str
    since: Point
    figures: Mapping[str, float] = field(default_factory=dict)


class Diagnosis:
    """Diagnoses a run from its events."""

    def __init__(self) -> None:
        self.start: Mapping[str, Any] = {}
        self._points: list[Point] = []
        self._forget()

    def tell(self, event: Mapping[str, Any]) -> None:
        """Take the run's next event; only `start` and `progress` matter."""
        if event["event"] == "start":
            resumed = event.get("resumed_from")
            before, self._points = self._points, []
            self.start = event
            self._forget()
            for point in before:  # what was done after the point it goes on from is void
                if resumed is not None and point.step <= resumed:
                    self._take(point)
            self._take_start(event.get("started_from"))
        elif event["event"] == "progress":
            self._take(
                Point(
                    event["step"],
                    event["epoch"],
                    event["seconds"],
                    _or_infinite(event["train_perplexity"]),
                    event["validation_perplexity"],
                    event["gradient_norm"],
                )
            )

    @property
    def best(self) -> Point | None:
        """Where the perplexity on held-out text was lowest; None where none was measured."""
        return self._best

    def finding(self, reason: str | None = None) -> Finding | None:
        """Return what is wrong with the run, if anything.

        `reason` is that of its `end`, None while it goes on.
        """
        if reason == "diverged":
            return self._diverged()
        if not self._points or reason == "failed":
            return None
        over = reason is not None
        found = self._exploding() or self._above_uniform(over=over) or self._overfits(over=over)
        if found or not over:
            return found
        given_up = reason == "stopped" and self._points[-1].step < _MIN_STOPPED_STEPS
        return self._by_heart() or (None if given_up else self._unlearned())

    # What is remembered of the points so far

    def _forget(self) -> None:
        self._lowest = self._best = None  # points of the lowest perplexities, training and held out
        self._usual: list[float] = []  # gradient norms up to the lowest, in order
        self._since_lowest: list[float] = []
        self._shot_up: list[Point] = []  # the latest reports, as long as each says so
        self._above: list[Point] = []
        self._risen: list[Point] = []

    def _take_start(self, started_from: Mapping[str, Any] | None) -> None:
        """Count the model that the run started from as its best so far, at step 0."""
        held = (started_from or {}).get("validation_perplexity")
        if held is not None and (self._best is None or held < (self._best.held or math.inf)):
            self._best = Point(0, 0.0, 0.0, math.inf, held, None)

    _lowest: Point | None
    _best: Point | None

    def _take(self, point: Point) -> None:
        measured = point.held is not None and (
            not self._points or point.held != self._points[-1].held
        )
        self._points.append(point)
        if point.norm is not None:
            self._since_lowest.append(point.norm)
        if self._lowest is None or point.train < self._lowest.train:
            self._lowest = point
            for norm in self._since_lowest:
                insort(self._usual, norm)
            self._since_lowest.clear()
        _keep(self._shot_up, point, self._has_shot_up(point))
        _keep(self._above, point, point.train > _ABOVE * self._baseline("uniform", math.inf))
        if measured and point.held is not None:
            if self._best is None or self._best.held is None or point.held < self._best.held:
                self._best = point
            up = _STILL_RISEN if len(self._risen) >= _MIN_CONSECUTIVE else _RISEN
            _keep(self._risen, point, self._is_up(point.held, up))

    def _is_up(self, held: float, factor: float) -> bool:
        return self._best is not None and held > factor * (self._best.held or math.inf)

    def _has_shot_up(self, point: Point) -> bool:
        usual = self._usual_norm
        if usual is None or self._lowest is None or point.norm is None:
            return False
        return point.norm > _EXPLODED * usual and point.train > _TRAIN_RISE * self._lowest.train

    @property
    def _usual_norm(self) -> float | None:
        """The median of the gradient norms while the training perplexity still fell."""
        return self._usual[len(self._usual) // 2] if len(self._usual) >= _MIN_CONSECUTIVE else None

    def _baseline(self, name: str, otherwise: float) -> float:
        value = self.start.get("baselines", {}).get(name)
        return otherwise if value is None else float(value)

    # The findings

    def _diverged(self) -> Finding:
        nowhere = Point(0, 0.0, 0.0, math.inf, None, None)
        last = self._points[-1] if self._points else nowhere
        usual = self._usual_norm
        if usual is not None and last.norm is not None and last.norm > _EXPLODED * usual:
            since = self._shot_up[0] if self._shot_up else last
            return Finding("exploded", since, {"norm": last.norm, "usual": usual})
        return Finding("diverged", last)

    def _exploding(self) -> Finding | None:
        usual, last = self._usual_norm, self._points[-1]
        if len(self._shot_up) < _MIN_CONSECUTIVE or usual is None or last.norm is None:
            return None
        figures = {"norm": last.norm, "usual": usual, "train": last.train}
        return Finding("exploding", self._shot_up[0], figures)

    def _above_uniform(self, *, over: bool) -> Finding | None:
        last = self._points[-1]
        if len(self._above) < (1 if over else _MIN_CONSECUTIVE) or last.step <= _WARMUP_STEPS:
            return None
        figures = {"train": last.train, "uniform": self._baseline("uniform", math.inf)}
        return Finding("above-uniform", self._above[0], figures)

    def _overfits(self, *, over: bool) -> Finding | None:
        """Find overfitting, or what looks like it where the held-out part misleads."""
        last, best, misled = self._points[-1], self._best, self._warned("unlike", "sorted")
        if best is None or best.held is None or last.held is None:
            return None
        if over and misled and best.held > self._baseline("uniform", math.inf):
            return Finding(misled, last, {"now": last.held})
        if len(self._risen) < _MIN_CONSECUTIVE or last.train > _FALLEN * best.train:
            return None
        if over and not self._is_up(last.held, _RISEN):
            return None
        if misled:
            return Finding(misled, best, {"now": last.held})
        return Finding("overfits", best, {"best": best.held, "now": last.held})

    def _warned(self, *codes: str) -> str | None:
        """Return the first of these codes that is among the run's `warnings`."""
        warned = {warning["code"] for warning in self.start.get("warnings", [])}
        return next((code for code in codes if code in warned), None)

    def _by_heart(self) -> Finding | None:
        last, unigram = self._points[-1], self._baseline("unigram", 0.0)
        held = None if self._best is None else self._best.held
        copied = self._warned("copied") if held is not None else None
        figure = last.train if held is None else held
        if (held is not None and not copied) or self.start["model"]["bidirectional"]:
            return None  # it was evaluated on other text, or sees the next character anyway
        if unigram < _DEGENERATE_UNIGRAM or figure > unigram**_BY_HEART:
            return None
        return Finding(copied or "by-heart", last, {"perplexity": figure})

    def _unlearned(self) -> Finding | None:
        last, unigram = self._points[-1], self._baseline("unigram", 0.0)
        kept = self._best.held if self._best and self._best.held is not None else last.train
        if kept < _UNLEARNED * unigram or unigram < _DEGENERATE_UNIGRAM:
            return None
        if last.train < _UNLEARNED * unigram:  # learns its own text, if nothing that carries over
            return None
        if self._baseline("ngram", 0.0) > _UNLEARNED * unigram and kept < _ABOVE * unigram:
            return None  # nothing more is in the text: counts of what precedes tell no more either
        return Finding("unlearned", last, {"perplexity": kept, "unigram": unigram})


def _keep(row: list[Point], point: Point, goes_on: bool) -> None:
    """Add a point to those in a row of which something is true, or start over."""
    if goes_on:
        row.append(point)
    else:
        row.clear()


def _or_infinite(perplexity: float | None) -> float:
    return math.inf if perplexity is None else perplexity
