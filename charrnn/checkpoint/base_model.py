"""Describe, for a model card, the model that a model started from, and its license."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .escaping import line_of
from .licenses import demands_its_license

if TYPE_CHECKING:
    from . import Checkpoint

_LICENSE = re.compile(r"[a-z0-9][a-z0-9.-]{0,40}")
_HUB_NAME = re.compile(r"[\w-][\w.-]{0,95}/[\w-][\w.-]{0,95}", re.ASCII)  # owner/name


def hub_base(checkpoint: Checkpoint) -> str | None:
    """Return the `owner/name` on the Hub of the model that this one started from, if it has one."""
    model = _start(checkpoint)["model"]
    return model if _HUB_NAME.fullmatch(model) else None


def demanded_license(checkpoint: Checkpoint) -> str | None:
    """Return the license that this model must have because its base model has it; else None."""
    name = _start(checkpoint)["license"]
    return name if _LICENSE.fullmatch(name) and demands_its_license(name) else None


def license_sentence(checkpoint: Checkpoint) -> str:
    """Return a sentence on the license of the base model; empty if the license is unknown."""
    start = _start(checkpoint)
    if not start["license"]:
        return ""
    demand = " and asks for the same" if demanded_license(checkpoint) else ""
    return f"The model that it started from has the license {line_of(start['license'])}{demand}. "


def sentences(checkpoint: Checkpoint) -> Iterator[str]:
    """Yield a sentence on the model that this one started from, if it did, and its perplexity."""
    start = _start(checkpoint)
    if not start["name"]:
        return
    name, model, revision = (line_of(start[key]) for key in ("name", "model", "revision"))
    if _HUB_NAME.fullmatch(start["model"]):
        name = f"[{model}](https://huggingface.co/{start['model']})"
        name += f" at revision {revision[:12]}" if revision else ""
    elif model:
        name = f"{name} ({model}, which comes with charrnn)"
    knew = (checkpoint.about.get("started_from") or {}).get("validation_perplexity")
    known = isinstance(knew, int | float) and 0 < knew < math.inf
    yield f"It started from {name}" + (
        f", whose perplexity on the held-out part was {knew:.4g} before the first step."
        if known
        else "."
    )


def _start(checkpoint: Checkpoint) -> dict[str, str]:
    """Return `started_from` of the metadata; empty texts for what is missing or no text."""
    start = checkpoint.about.get("started_from") or {}
    values = {key: start.get(key) for key in ("name", "model", "revision", "license")}
    return {key: value if isinstance(value, str) else "" for key, value in values.items()}
