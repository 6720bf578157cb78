"""The models as the chooser of the Generate tab lists them, in the visitor's language."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from .. import corpora
from ..checkpoint import WEIGHTS, load
from ..errors import UserError
from . import words
from .house import House
from .shelf import Model, offered
from .words_generate import CHOOSER

log = logging.getLogger(__name__)


def choices(house: House, runs: Iterable[str], tongue: str) -> list[tuple[str, str]]:
    """Label and key of every model on offer: the shipped ones, then `runs`.

    Runs that are gone are left out, and so is a damaged model.
    """
    listed = []
    for model in offered(house, runs):
        try:
            listed.append((label(model, tongue), model.key))
        except (UserError, FileNotFoundError) as error:  # a run may go at any moment
            log.warning("%s is not offered: %s", model.directory, error)
    return listed


def label(model: Model, tongue: str) -> str:
    """ "Songs · GRU 256 · perplexity 1.80 on its own text"; a run's id tells it from others."""
    changed = (model.directory / WEIGHTS).stat().st_mtime_ns
    name, network, perplexity, held_out = _known(model.directory, changed)
    parts = [_title(name, tongue), network]
    if model.run:
        parts.insert(1, words.say(CHOOSER["run"], tongue, id=model.key[:4]))
    if perplexity is not None:
        said = CHOOSER["held-out" if held_out else "own-text"]
        parts.append(words.say(said, tongue, n=_figure(perplexity)))
    return " · ".join(parts)


@lru_cache(maxsize=256)
def _known(directory: Path, changed: int) -> tuple[str, str, float | None, bool]:
    """Name, network, perplexity and whether that is of held-out text; it outlives the weights."""
    checkpoint = load(directory)
    results = checkpoint.about.get("results")
    held_out = isinstance(results, dict) and results.get("validation_perplexity") is not None
    return checkpoint.name, checkpoint.model.config.label, checkpoint.perplexity, held_out


def _title(name: str, tongue: str) -> str:
    """The name of a text that comes with charrnn, in this language; another stays as it is."""
    titles = {entry.title: entry.title_zh for entry in corpora.ENTRIES}
    return titles.get(name, name) if tongue == "zh" else name


def _figure(perplexity: float) -> str:
    if perplexity < 100:
        return f"{perplexity:.2f}"
    return f"{perplexity:,.0f}" if perplexity < 1e6 else f"{perplexity:.1e}"
