"""A training run on a terminal: a progress bar, the perplexities, and the samples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tqdm import tqdm

from .training import Event


def show_training(events: Iterator[Event]) -> dict[str, Any] | None:
    """Show the events of a run as they come; returns its `end`."""
    end = None
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
            if bar is not None:
                _move(bar, event, start)
        elif kind == "sample" and bar is not None:
            if progress is not None:  # once for the samples that follow it
                bar.write(f"epoch {progress['epoch']:.4g}, {_perplexities(progress)}")
                progress = None
            text = event["text"].replace("\n", "⏎")
            bar.write(f" - {text}")
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
    return tqdm(total=total, unit=unit, bar_format=form)


def _move(bar: tqdm[None], event: Event, start: Event) -> None:
    by_epoch = start["training"]["epochs"] is not None
    bar.n = event["epoch"] if by_epoch else event["seconds"]
    if bar.total is not None:
        bar.n = min(bar.n, bar.total)
    bar.set_postfix_str(
        f"{_perplexities(event)}, {event['characters_per_second']:,.0f} characters/s"
    )


def _opening(start: Event) -> str:
    known = ", ".join(f"{k} {v:.4g}" for k, v in start["baselines"].items() if v is not None)
    return (
        f"{start['characters']:,} characters, {start['vocabulary_size']:,} symbols, "
        f"{start['parameters']:,} parameters, {start['device']}\n"
        f"without a model, perplexity would be: {known}"
    )


def _perplexities(event: Event) -> str:
    parts = []
    if event["validation_perplexity"] is not None:
        parts.append(f"perplexity {event['validation_perplexity']:.4g} held out")
    if event["train_perplexity"] is not None:
        parts.append(f"{event['train_perplexity']:.4g} training")
    return ", ".join(parts)
