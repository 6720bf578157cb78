"""A run's events in words: its size, perplexities and speed, for a terminal and for a notebook."""

from __future__ import annotations

from .events import Event


def size_text(start: Event) -> str:
    """Return the sizes of the text and the model, and the device, from a `start` event."""
    return (
        f"{start['characters']:,} characters, {start['vocabulary_size'] - 1:,} symbols, "
        f"{start['parameters']:,} parameters, {start['device']}"
    )


def position_text(progress: Event) -> str:
    """Return the seconds and the epoch of a `progress` event."""
    return f"{progress['seconds']:,.0f} s, epoch {progress['epoch']:.4g}"


def perplexity_text(event: Event) -> str:
    """Return the perplexities that a `progress` or an `end` event knows."""
    parts = []
    if event["validation_perplexity"] is not None:
        parts.append(f"perplexity {event['validation_perplexity']:.4g} held out")
    if event["train_perplexity"] is not None:
        parts.append(f"{event['train_perplexity']:.4g} training")
    return ", ".join(parts)


def state_text(progress: Event) -> str:
    """Return the perplexities and the speed of a `progress` event, as far as they are known."""
    speed = progress["characters_per_second"]
    parts = [perplexity_text(progress), "" if speed is None else f"{speed:,.0f} characters/s"]
    return ", ".join(part for part in parts if part)


def fraction_done(progress: Event, start: Event) -> float | None:
    """Return how much of a run is over, from 0 to 1; None for a run without a fixed length."""
    training = start["training"]
    if training["epochs"] is not None:
        done = progress["epoch"] / training["epochs"]
    elif training["seconds"] is not None:
        done = progress["seconds"] / training["seconds"]
    else:
        return None
    return min(float(done), 1.0)
