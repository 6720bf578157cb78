"""Show a run live, as a bar and curves in a notebook and as lines elsewhere: `watch(train(…))`."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any, Protocol

from ..errors import Message, escape_invisible
from ..training import Event
from ..training.events import Clock
from ..training.progress_text import fraction_done, position_text, size_text, state_text
from ..utils.notebook import html_bar, html_curves, html_lines
from ..utils.validation import as_instance

_NOTEBOOK_EVERY_SECONDS = 0.3
_LINE_EVERY_SECONDS = 1.0
_MAX_SHOWN_CHARACTERS = 400  # of a sample


def watch(events: Iterable[Event], *, clock: Clock = time.monotonic) -> Iterator[Event]:
    """Show a run as its events come, and yield these events.

    In a notebook a bar, the curves of the perplexities and the latest sample are updated a few
    times a second. Anywhere else, at most one line a second is printed to standard error.

        for event in charrnn.watch(charrnn.train(corpus)):
            ...

    The training begins with the first event that is requested. If the loop ends early, or `close`
    is called, `events` is closed too. An error of the training is shown and raised.

    `clock` returns seconds. Raises UserError if `events` cannot be iterated over.
    """
    as_instance(events, Iterable, "events", Message("give the events of charrnn.train"))  # type: ignore[type-abstract]
    return _watch(events, clock)


def _watch(events: Iterable[Event], clock: Clock) -> Iterator[Event]:
    run = WatchedRun()
    display: _Display = _NotebookDisplay(run) if in_notebook() else _LineDisplay(run)
    shown_at = -float("inf")
    try:
        for event in events:
            run.apply(event)
            now = clock()
            if (
                event["event"] in ("start", "note", "end")
                or now - shown_at >= display.every_seconds
            ):
                shown_at = now
                display.show()
            yield event
    except GeneratorExit:
        _finish(run, display, "No longer watched: the loop ended before the run did.")
        raise
    except KeyboardInterrupt:
        _finish(run, display, "Interrupted.")
        raise
    except BaseException as error:
        _finish(run, display, f"{type(error).__name__}: {error}")
        raise
    finally:
        close = getattr(events, "close", None)
        if close is not None:
            close()


def _finish(run: WatchedRun, display: _Display, message: str) -> None:
    """Show why the events ended before the run's own `end`."""
    if run.end is None:
        run.message = escape_invisible(message, 300)
        display.show()


def in_notebook() -> bool:
    """Return whether this process is the kernel of a notebook, which shows HTML."""
    ipython = sys.modules.get("IPython")  # every kernel has imported it
    shell = None if ipython is None else ipython.get_ipython()
    return getattr(shell, "kernel", None) is not None


class WatchedRun:
    """The state of a run, by its events so far.

    Attributes:
        start, progress, sample, end: The latest event of each kind, None if there was none.
        notes: The warnings and notes so far.
        message: Why the run has ended, or is no longer watched; empty before that.
        curves: The perplexities "held out" and "training", by epoch.
    """

    def __init__(self) -> None:
        self.start: Event | None = None
        self.progress: Event | None = None
        self.sample: Event | None = None
        self.end: Event | None = None
        self.notes: list[str] = []
        self.message = ""
        self.curves: dict[str, list[tuple[float, float]]] = {"held out": [], "training": []}

    def apply(self, event: Event) -> None:
        """Update the state by one event."""
        kind = event["event"]
        if kind == "start":
            self.start = event
            self.notes += [warning["message"] for warning in event.get("warnings", [])]
        elif kind == "progress":
            self.progress = event
            for name, field in (
                ("held out", "validation_perplexity"),
                ("training", "train_perplexity"),
            ):
                curve, value = self.curves[name], event[field]
                # An event without a new measurement repeats the last one.
                if value is not None and not (curve and curve[-1][1] == value):
                    curve.append((event["epoch"], value))
        elif kind == "sample":
            self.sample = event
        elif kind == "note":
            self.notes.append(event["message"])
        elif kind == "end":
            self.end, self.message = event, event["message"]

    def __repr__(self) -> str:
        if self.message:
            return self.message
        if self.progress is not None:
            return self._state()
        return "no event yet" if self.start is None else size_text(self.start)

    def _repr_html_(self) -> str:
        """Return the bar, the curves, the latest sample and the message."""
        parts = []
        if self.progress is not None:
            parts.append(html_bar(self._fraction_done(), self._state()))
            parts.append(html_curves("perplexity by epoch", self.curves))
        lines = [] if self.start is None else [size_text(self.start)]
        if self.sample is not None:
            text = self.sample["text"]
            cut = "…" if len(text) > _MAX_SHOWN_CHARACTERS else ""
            lines.append("sample: " + text[:_MAX_SHOWN_CHARACTERS].replace("\n", "⏎") + cut)
        parts.append(html_lines([*lines, *self.notes, self.message]))
        return f"<div>{''.join(parts)}</div>"

    def _state(self) -> str:
        """Return the position, the perplexities, the speed and the remaining time in words."""
        if self.progress is None:
            return ""
        left = None if self.end is not None else self.progress.get("remaining_seconds")
        parts = [position_text(self.progress), state_text(self.progress)]
        return ", ".join([*parts, *([] if left is None else [f"{left:,.0f} s left"])])

    def _fraction_done(self) -> float | None:
        """Return the share of the run that is done, 0 to 1; None if it is unknown."""
        if self.end is not None and self.end["reason"] == "finished":
            return 1.0
        if self.start is None or self.progress is None:
            return None
        return fraction_done(self.progress, self.start)


class _Display(Protocol):
    """Where a run is shown, and how often."""

    every_seconds: float

    def show(self) -> None:
        """Show the current state of the run."""


class _NotebookDisplay:
    """The output of a cell, replaced as the run goes on."""

    every_seconds = _NOTEBOOK_EVERY_SECONDS

    def __init__(self, run: WatchedRun) -> None:
        self._run = run
        self._handle: Any = None

    def show(self) -> None:
        """Display the run in the cell, or update it there."""
        if self._handle is None:
            show = import_module("IPython.display").display
            self._handle = show(self._run, display_id=True)
        else:
            self._handle.update(self._run)


class _LineDisplay:
    """Lines on standard error: new notes, and the current state of the run."""

    every_seconds = _LINE_EVERY_SECONDS

    def __init__(self, run: WatchedRun) -> None:
        self._run = run
        self._notes_printed = 0
        self._state = ""

    def show(self) -> None:
        """Print the notes and the state that have not been printed yet."""
        for note in self._run.notes[self._notes_printed :]:
            _print(note)
        self._notes_printed = len(self._run.notes)
        if (state := repr(self._run)) != self._state:
            self._state = state
            _print(state)


def _print(line: str) -> None:
    print(escape_invisible(line), file=sys.stderr, flush=True)
