"""The models that a user can choose, with their labels in the user's language."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable

import gradio as gr

from ...errors import UserError
from ...runs.run import Run
from .. import i18n
from ..i18n.run_labels import Label, labels_of
from ..i18n.titles import model_title
from .catalog import ModelEntry, ModelSummary, available_to, summarize
from .context import AppContext

log = logging.getLogger(__name__)

_LABELS: i18n.Words = {
    "shared": ("a run shared with you", "与你共享的训练"),
    "upload": ("your file {id}…", "你的文件 {id}…"),
    "held-out": ("perplexity {n} held out", "困惑度 {n}（留出）"),
    "own-text": ("perplexity {n} on its own text", "困惑度 {n}（训练文本）"),
}


def model_options(
    context: AppContext, keys: Iterable[str], locale: str, request: gr.Request | None = None
) -> list[tuple[str, str]]:
    """Return the label and the key of every model that a user can choose.

    The user's runs come first, the newest of them at the top, then the bundled models, then the
    others of `keys`. Runs and uploads that no longer exist are left out, and so are damaged models.
    """
    models = available_to(context, keys, request)
    own = {key: model for key, model in models.items() if model and model.source == "run"}
    runs = {key: Run(model.directory.parent) for key, model in own.items()}
    run_labels = dict(zip(runs, labels_of(list(runs.values())), strict=True))
    entries: list[tuple[float, str, str]] = []  # for sorting: minus the time of a run; label; key
    for key, model in models.items():
        try:
            if model is None:
                entries.append((0.0, key, key))
            elif key in runs:
                text = run_label(model, runs[key].name, run_labels[key], locale)
                entries.append((-summarize(model).changed, text, key))
            else:
                entries.append((0.0, label(model, locale), key))
        except UserError:
            log.warning("%s is not listed: it is damaged, or was deleted", model)
    entries.sort(key=lambda entry: entry[0])
    return _with_unique_labels([(text, key) for _, text, key in entries])


def label(model: ModelEntry, locale: str) -> str:
    """Return the label of a model: "Songs · GRU 256 · perplexity 1.80 on its own text".

    A model on the Hub is called by its repository, an uploaded one by the beginning of its key.
    """
    summary = summarize(model)
    parts = [_title(summary, locale), summary.network]
    if model.source in ("shared", "upload"):
        number = model.key.removeprefix("upload-")[:4]
        parts.insert(1, i18n.translate(_LABELS[model.source], locale, id=number))
    elif model.source == "hub" or summary.title is None:
        parts[0] = model.key
    return " · ".join(filter(None, (*parts, _perplexity(model, locale))))


def run_label(model: ModelEntry, name: str, distinction: Label, locale: str) -> str:
    """Return the label of a run's model: "Songs · GRU 256 · 10 s · lr 0.008 · perplexity …".

    The run's `name`, if it has one, replaces the title of its text. `distinction` is its label
    among the user's other runs (`i18n.run_labels`).
    """
    parts = (
        name or _title(summarize(model), locale),
        distinction[locale],
        _perplexity(model, locale),
    )
    return " · ".join(filter(None, parts))


def _perplexity(model: ModelEntry, locale: str) -> str:
    summary = summarize(model)
    if summary.perplexity is None:
        return ""
    words = _LABELS["held-out" if summary.held_out else "own-text"]
    return i18n.translate(words, locale, n=_format_perplexity(summary.perplexity))


def _with_unique_labels(entries: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Add the beginning of the key to labels that occur more than once."""
    counts = Counter(text for text, _ in entries)
    return [(f"{text} · {key[:4]}…" if counts[text] > 1 else text, key) for text, key in entries]


def _title(summary: ModelSummary, locale: str) -> str:
    titles = model_title(summary.title, summary.corpus)
    return titles[locale] if titles else ""


def _format_perplexity(perplexity: float) -> str:
    if perplexity < 100:
        return f"{perplexity:.2f}"
    return f"{perplexity:,.0f}" if perplexity < 1e6 else f"{perplexity:.1e}"
