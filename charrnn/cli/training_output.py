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
    next_line = _LINE_EVERY_SECONDS
    bar: tqdm[None] | None = None
    start: Event = {}
    progress: Event | None = None
    for event in events:
        kind = event["event"]
        if kind == "start":
            start = event
            bar = _bar(event)
            bar.write(_opening(event))
        elif kind == "progress":
            progress = event
            if bar is not None and not bar.disable:
                _move(bar, event, start)
            elif event["seconds"] >= next_line:
                next_line = event["seconds"] + _LINE_EVERY_SECONDS
                note(f"{position_text(event)}, {state_text(event)}")
        elif kind == "sample" and bar is not None:
            if progress is not None:  # once for the samples that follow it
                bar.write(f"epoch {progress['epoch']:.4g}, {perplexity_text(progress)}")
                progress = None
            text = event["text"].replace("\n", "⏎")
            bar.write(f" - {text}")
        elif kind == "note" and bar is not None:
            bar.write(event["message"])
        elif kind == "end":
            end = event
            if bar is not None:
                bar.close()
            print(event["message"])
    return end


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
