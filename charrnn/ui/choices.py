"""The models as the chooser of the Generate tab lists them, in the visitor's language."""

from __future__ import annotations

import logging
from collections.abc import Iterable

import gradio as gr

from .. import corpora
from ..errors import UserError
from . import words
from .house import House
from .shelf import Model, facts, offered
from .words_generate import CHOOSER

log = logging.getLogger(__name__)


def choices(
    house: House, keys: Iterable[str], tongue: str, request: gr.Request | None = None
) -> list[tuple[str, str]]:
    """Label and key of every model on offer to who sent the request: the shipped ones, then those
    of `keys`.

    Runs and uploads that are gone are left out, and so is a damaged model.
    """
    listed = []
    for key, model in offered(house, keys, request).items():
        try:
            listed.append((key if model is None else label(model, tongue), key))
        except UserError:
            log.warning("%s is not offered: it is damaged, or gone", model)
    return listed


def label(model: Model, tongue: str) -> str:
    """ "Songs · GRU 256 · perplexity 1.80 on its own text"; a run's id tells it from others, and a
    model on the Hub goes by what it is called there."""
    known = facts(model)
    title = None if known.title is None else _title(known.title, tongue)
    parts = [title or "", known.network]
    if model.source in ("run", "shared", "upload"):
        number = model.key.removeprefix("upload-")[:4]
        parts.insert(1, words.say(CHOOSER[model.source], tongue, id=number))
    elif model.source == "hub" or title is None:
        parts[0] = model.key
    if known.perplexity is not None:
        said = CHOOSER["held-out" if known.held_out else "own-text"]
        parts.append(words.say(said, tongue, n=_figure(known.perplexity)))
    return " · ".join(filter(None, parts))


def _title(name: str, tongue: str) -> str:
    """The name of a text that comes with charrnn, in this language; another stays as it is."""
    titles = {entry.title: entry.title_zh for entry in corpora.ENTRIES}
    return titles.get(name, name) if tongue == "zh" else name


def _figure(perplexity: float) -> str:
    if perplexity < 100:
        return f"{perplexity:.2f}"
    return f"{perplexity:,.0f}" if perplexity < 1e6 else f"{perplexity:.1e}"
