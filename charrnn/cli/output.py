"""Output of commands: training progress, samples, transfers and notes, or JSON lines."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm

from ..errors import escape_invisible
from ..training import Event
from ..training.messages import BIDIRECTIONAL
from ..training.progress_text import perplexity_text, position_text, size_text, state_text

_LINE_EVERY_SECONDS = 10.0  # of a run, between two lines of progress where there is no bar


def printable(text: str) -> str:
    """Escape control characters if standard output is a terminal, which would obey them."""
    if not is_terminal():
        return text
    return "".join(c if c in "\n\t" else escape_invisible(c) for c in text)


def is_terminal() -> bool:
    """Return whether standard output is a terminal, rather than a pipe or a file."""
    return sys.stdout.isatty()


def discard_output() -> None:
    """Discard output that could not be written: Python would try again when it exits."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def show_training(events: Iterator[Event]) -> dict[str, Any] | None:
    """Print the events of a run as they come; return its `end` event.

    The progress bar is on standard error if that is a terminal, and a line now and then if not.
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
    training = start["training"]
    total = training["epochs"] if training["epochs"] is not None else training["seconds"]
    unit = "epochs" if training["epochs"] is not None else "s"
    form = "{percentage:3.0f}% {bar:24} {n:.4g}/{total:.4g} {unit} {postfix}"
    if total is None:
        form = "{n:.4g} {unit} {postfix}"
    return tqdm(total=total, unit=unit, bar_format=form, disable=None)


def _move(bar: tqdm[None], event: Event, start: Event) -> None:
    by_epoch = start["training"]["epochs"] is not None
    bar.n = event["epoch"] if by_epoch else event["seconds"]
    if bar.total is not None:
        bar.n = min(bar.n, bar.total)
    bar.set_postfix_str(state_text(event))


def _opening(start: Event) -> str:
    warnings = "".join(f"\nnote: {note}" for note in _notes(start))
    known = ", ".join(f"{k} {v:.4g}" for k, v in start["baselines"].items() if v is not None)
    return f"{size_text(start)}\nbaseline perplexities: {known}{warnings}"


def _notes(start: Event) -> Iterator[str]:
    """Yield what may mislead about a run, before its first step."""
    if start.get("model", {}).get("bidirectional"):
        yield BIDIRECTIONAL
    offers = []
    for warning in start.get("warnings", []):
        yield warning["message"]
        offers.append(warning.get("holdout"))
    if part := next(filter(None, offers), None):
        yield f"to do so, begin again with --set holdout={part}"


@contextmanager
def show_transfer(doing: str) -> Iterator[Callable[[int, int | None], None]]:
    """Yield a function that shows how many bytes of how many have been transferred.

    The progress bar is on standard error, and only if that is a terminal.
    """
    bar: tqdm[None] | None = None

    def progress(done: int, total: int | None) -> None:
        nonlocal bar
        if bar is None:
            bar = tqdm(
                total=total, desc=doing, unit="B", unit_scale=True, leave=False, disable=None
            )
        bar.n = done
        bar.refresh()

    try:
        yield progress
    finally:
        if bar is not None:
            bar.close()


def note(text: str) -> None:
    """Print a line to standard error."""
    print(f"charrnn: {text}", file=sys.stderr)


def print_json(value: Any) -> None:
    """Print a value as one line of JSON that any encoding of standard output can hold."""
    plain = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    print(json.dumps(value, ensure_ascii=plain), flush=True)
