"""The models as the chooser of the Generate tab lists them, in the visitor's language."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable

import gradio as gr

from ...errors import UserError
from ...runs.run import Run
from ...text import datasets
from .. import i18n
from ..i18n.run_labels import Label, labels_of
from ..services.catalog import ModelEntry, available_to, summarize
from ..services.context import AppContext
from .strings import CHOOSER

log = logging.getLogger(__name__)


def choices(
    context: AppContext, keys: Iterable[str], locale: str, request: gr.Request | None = None
) -> list[tuple[str, str]]:
    """List the label and the key of every model that a visitor can choose: their runs, the newest
    first, then the shipped models, then the others of `keys`.

    Runs and uploads that are gone are left out, and so is a damaged model.
    """
    models = available_to(context, keys, request)
    own = {key: model for key, model in models.items() if model and model.source == "run"}
    runs = {key: Run(model.directory.parent) for key, model in own.items()}
    run_labels = dict(zip(runs, labels_of(list(runs.values())), strict=True))
    listed: list[tuple[float, str, str]] = []  # minus the time of a run, label, key
    for key, model in models.items():
        try:
            if model is None:
                listed.append((0.0, key, key))
            elif key in runs:
                told = run_label(model, runs[key].name, run_labels[key], locale)
                listed.append((-summarize(model).changed, told, key))
            else:
                listed.append((0.0, label(model, locale), key))
        except UserError:
            log.warning("%s is not offered: it is damaged, or gone", model)
    listed.sort(key=lambda one: one[0])
    return _told_apart([(told, key) for _, told, key in listed])


def label(model: ModelEntry, locale: str) -> str:
    """Return the label of a model: "Songs · GRU 256 · perplexity 1.80 on its own text". A model on
    the Hub goes by its name there, an uploaded file by the beginning of its key."""
    known = summarize(model)
    parts = ["" if known.title is None else _title(known.title, locale), known.network]
    if model.source in ("shared", "upload"):
        number = model.key.removeprefix("upload-")[:4]
        parts.insert(1, i18n.translate(CHOOSER[model.source], locale, id=number))
    elif model.source == "hub" or known.title is None:
        parts[0] = model.key
    return " · ".join(filter(None, (*parts, _perplexity(model, locale))))


def run_label(model: ModelEntry, name: str, told_apart_by: Label, locale: str) -> str:
    """Return the label of a run's model: "Songs · GRU 256 · 10 s · lr 0.008 · perplexity …", with
    the run's `name`, if it has one, for the title of its text."""
    title = _title(summarize(model).title or "", locale)
    parts = (name or title, told_apart_by[locale], _perplexity(model, locale))
    return " · ".join(filter(None, parts))


def _perplexity(model: ModelEntry, locale: str) -> str:
    known = summarize(model)
    if known.perplexity is None:
        return ""
    said = CHOOSER["held-out" if known.held_out else "own-text"]
    return i18n.translate(said, locale, n=_figure(known.perplexity))


def _told_apart(listed: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Add the beginning of the key to labels that occur more than once."""
    many = Counter(told for told, _ in listed)
    return [(f"{told} · {key[:4]}…" if many[told] > 1 else told, key) for told, key in listed]


def _title(name: str, locale: str) -> str:
    """The name of a text that comes with charrnn, in this language; another stays as it is."""
    titles = {entry.title: entry.title_zh for entry in datasets.DATASETS}
    return titles.get(name, name) if locale == "zh" else name


def _figure(perplexity: float) -> str:
    if perplexity < 100:
        return f"{perplexity:.2f}"
    return f"{perplexity:,.0f}" if perplexity < 1e6 else f"{perplexity:.1e}"
