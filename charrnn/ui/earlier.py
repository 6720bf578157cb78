"""An earlier run, for a page that has none of its own yet: the log of a shipped model."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import shelf
from .card import Story
from .house import House
from .wish import USUAL_ZH


def first_story(house: House, tongue: str) -> tuple[Story, str | None]:
    """What the card shows before any run: that of a shipped model, and the model's name.

    A Chinese visitor is shown how the Chinese model learned. Without any model the card is idle.
    """
    models = shelf.shipped(house)
    if tongue == "zh":
        models.sort(key=lambda model: model.key != USUAL_ZH)
    for model in models:
        about = shelf.describe(model)
        name = str((about["corpus"] or {}).get("name", model.key))
        story = earlier(model.directory, parameters=about["parameters"], title=name)
        if story:
            story.model = model.key
            return story, model.key
    story = Story()
    story.state = "idle"
    return story, None


def earlier(directory: Path, *, parameters: int, title: str) -> Story | None:
    """The story of the run that made the checkpoint in `directory`; None without its log.

    `parameters` is how many the model has, which the log does not say.
    """
    try:
        config = json.loads((directory / "config.json").read_text("utf-8"))
        samples = json.loads((directory / "samples.json").read_text("utf-8"))
        with (directory / "training_log.csv").open(encoding="utf-8", newline="") as file:
            log = [_progress(row) for row in csv.DictReader(file)]
    except FileNotFoundError:
        return None
    story = Story(title=title)
    for event in _events(config, parameters, log, samples):
        story.tell(event)
    story.earlier = True
    story.state = "finished"
    return story


def _events(
    config: dict[str, Any],
    parameters: int,
    log: list[dict[str, Any]],
    samples: list[dict[str, Any]],
) -> Iterator[dict[str, Any]]:
    """The run's events again, as far as a checkpoint keeps them."""
    results = config["results"]
    yield {
        "event": "start",
        "characters": config["corpus"]["characters"],
        "vocabulary_size": len(config["symbols"]) + 1,
        "parameters": parameters,
        "recipe": config["recipe"],
        "model": config["model"],
        "training": config["training"],
        "baselines": results["baselines"],
        "device": "",
        "resumed_from": None,
    }
    waiting = sorted(samples, key=lambda sample: int(sample["step"]))
    seconds = 0.0
    for event in log:
        while waiting and waiting[0]["step"] < event["step"]:
            yield {"event": "sample", "seconds": seconds, **waiting.pop(0)}
        seconds = event["seconds"]
        yield event
    for sample in waiting:
        yield {"event": "sample", "seconds": seconds, **sample}
    last: dict[str, Any] = log[-1] if log else {}
    held = results["validation_perplexity"]  # of the model that was kept, not of the last one
    yield {
        "event": "checkpoint",
        "seconds": results["seconds"],
        "step": results["step"],
        "path": "",
        "validation_perplexity": held,
    }
    yield {
        "event": "end",
        "reason": "finished",
        "message": "",
        "seconds": results["seconds"],
        "step": last.get("step", 0),
        "train_perplexity": results["train_perplexity"],
        "validation_perplexity": last.get("validation_perplexity", held),
    }


def _progress(row: dict[str, str]) -> dict[str, Any]:
    numbers = {name: float(value) if value else None for name, value in row.items()}
    return {
        "event": "progress",
        **numbers,
        "step": int(row["step"]),
        "remaining_seconds": None,
    }
