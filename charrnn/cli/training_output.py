"""Print the progress, samples and notes of a run, for `train`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tqdm import tqdm

from ..training import Event
from ..training.messages import BIDIRECTIONAL
from ..training.progress_text import perplexity_text, position_text, size_text, state_text
from .output import note

_LINE_EVERY_SECONDS = 10.0  # of progress, if there is no bar


def show_training(events: Iterator[Event]) -> dict[str, Any] | None:
    """Print the events of a run as they come; return its `end` event, None if there is none.

    Progress is shown on standard error: as a bar in a terminal, else as a line every ten seconds.
    """
    end = None
    output: _RunOutput | None = None
    for event in events:
        kind = event["event"]
        if kind == "start":
            output = _RunOutput(event)
        elif kind == "progress" and output is not None:
            output.show_progress(event)
        elif kind == "sample" and output is not None:
            output.show_sample(event)
        elif kind == "note" and output is not None:
            output.bar.write(event["message"])
        elif kind == "end":
            end = event
            if output is not None:
                output.bar.close()
            print(event["message"])
    return end


class _RunOutput:
    """The output of a run that has started: its progress bar, and what is printed above that."""

    def __init__(self, start: Event) -> None:
        self._start = start
        self._next_line_at = _LINE_EVERY_SECONDS
        self._progress: Event | None = None  # the latest, until a sample has shown it
        self.bar = _bar(start)
        self.bar.write(_opening(start))

    def show_progress(self, event: Event) -> None:
        """Move the bar or, without a terminal, print a line now and then."""
        self._progress = event
        if not self.bar.disable:
            _move(self.bar, event, self._start)
        elif event["seconds"] >= self._next_line_at:
            self._next_line_at = event["seconds"] + _LINE_EVERY_SECONDS
            note(f"{position_text(event)}, {state_text(event)}")

    def show_sample(self, event: Event) -> None:
        """Print a sample, the first one of a step after its perplexities."""
        if self._progress is not None:
            progress, self._progress = self._progress, None
            self.bar.write(f"epoch {progress['epoch']:.4g}, {perplexity_text(progress)}")
        text = event["text"].replace("\n", "⏎")
        self.bar.write(f" - {text}")


def _bar(start: Event) -> tqdm[None]:
    """Return the progress bar of a run: in epochs or in seconds, by its `start` event."""
    training = start["training"]
    total = training["epochs"] if training["epochs"] is not None else training["seconds"]
    unit = "epochs" if training["epochs"] is not None else "s"
    form = "{percentage:3.0f}% {bar:24} {n:.4g}/{total:.4g} {unit} {postfix}"
    if total is None:
        form = "{n:.4g} {unit} {postfix}"
    return tqdm(total=total, unit=unit, bar_format=form, disable=None)


def _move(bar: tqdm[None], event: Event, start: Event) -> None:
    """Move the bar to where a `progress` event is."""
    by_epoch = start["training"]["epochs"] is not None
    bar.n = event["epoch"] if by_epoch else event["seconds"]
    if bar.total is not None:
        bar.n = min(bar.n, bar.total)
    bar.set_postfix_str(state_text(event))


def _opening(start: Event) -> str:
    """Describe a run by its `start` event: model, baselines and warnings."""
    warnings = "".join(f"\nnote: {note}" for note in _notes(start))
    known = ", ".join(f"{k} {v:.4g}" for k, v in start["baselines"].items() if v is not None)
    return f"{size_text(start)}\nbaseline perplexities: {known}{warnings}"


def _notes(start: Event) -> Iterator[str]:
    """Yield warnings about a run before its first step, and how to avoid them."""
    if start.get("model", {}).get("bidirectional"):
        yield BIDIRECTIONAL
    offers = []
    for warning in start.get("warnings", []):
        yield warning["message"]
        offers.append(warning.get("holdout"))
    if part := next(filter(None, offers), None):
        yield f"to do so, begin again with --set holdout={part}"
