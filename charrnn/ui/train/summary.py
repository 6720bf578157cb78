"""What the Train form shows of a request before the run: text, model, GPU time, button."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

from ...corpus import Corpus
from ...corpus.document_report import is_list, report_documents
from ...model import ModelConfig
from ...recipes import RECIPES
from ...runs import zerogpu as gpu
from ...text import datasets
from ...training import TrainingConfig
from ...training.holdout import check
from .. import i18n
from ..run_card.diagnosis_text import in_both_languages
from .request import OWN, TEXTBOOK, TrainRequest
from .strings import TRAIN


def corpus_summary(request: TrainRequest, corpus: Corpus | None, locale: str) -> dict[str, Any]:
    """Return what summary.js draws of the text, above the recipe."""
    if corpus is not None:
        report, warnings = asdict(corpus.report()), check(corpus)
        del report["training"]
        report["comparison"] = corpus.comparison and corpus.comparison.as_dict()
        report["holdout"] = "lines" if corpus.documents != "none" else corpus.holdout
        report["warnings"] = [
            in_both_languages(warning, advice=warning.offer is None) for warning in warnings
        ]
        report["offer"] = next((warning.offer for warning in warnings if warning.offer), None)
        listed = is_list(corpus)
        shown = report_documents(corpus) if listed or corpus.documents != "none" else None
        report["documents"] = shown and shown.as_dict()
        report["looks_like_list"] = listed
        report["encoding"] = i18n.translate_message(report["encoding"], locale)
        files = request.read_files()
        report["notes"] = (
            [i18n.translate_message(note, locale) for note in files.notes] if files else []
        )
        return report
    if request.corpus == OWN:
        return {"empty": request.is_empty}  # what can't be read has an error message
    entry = datasets.find_dataset(request.corpus)
    host = urlsplit(entry.url or "").hostname
    download = {"size": format_bytes(entry.characters), "host": host}
    return {"characters": entry.characters, "download": download if host else None}


def model_summary(
    request: TrainRequest, configs: tuple[ModelConfig, TrainingConfig] | None
) -> dict[str, Any]:
    """Return what summary.js draws of the model, under the button; `configs` is None if invalid."""
    if configs is None:
        return _published_figures(request)
    model, training = configs
    return {
        "cell": model.cell,
        "hidden": model.hidden_size,
        "layers": model.layers,
        "bidirectional": model.bidirectional,
        "optimizer": {"sgd": "SGD", "adam": "Adam", "adamw": "AdamW"}[training.optimizer],
        **_published_figures(request),
    }


def _published_figures(request: TrainRequest) -> dict[str, Any]:
    if request.recipe != TEXTBOOK:
        return {}
    note = None
    if request.experiment.startswith("lyrics"):
        note = "note-lyrics"
    elif request.experiment == "time-machine-scratch-random":
        note = "note-random"
    return {"published": list(RECIPES[request.experiment].published.items()), "note": note}


def gpu_quota_notice(request: TrainRequest, training: TrainingConfig | None, locale: str) -> str:
    """Return how much of the user's daily GPU time the run may take; empty without a GPU."""
    if not request.gpu or training is None:
        return ""
    seconds, days = (
        gpu.quota_seconds(training.seconds),
        {"anybody": gpu.ANONYMOUS_MINUTES_PER_DAY, "free": gpu.FREE_ACCOUNT_MINUTES_PER_DAY},
    )
    takes = i18n.translate(TRAIN["train-gpu-takes"], locale, n=seconds, **days)
    cut = i18n.translate(TRAIN["train-gpu-cut"], locale) if training.seconds is None else ""
    return takes + cut


def button_label(request: TrainRequest, locale: str, training: TrainingConfig | None = None) -> str:
    """Return what the button does: "Train on Songs · 10 s".

    `training` is that of the plan, if there is one. There is no time in the label if that setting
    is invalid.
    """
    if request.corpus == OWN:
        text = i18n.translate(TRAIN["train-go-own"], locale)
    else:
        entry = datasets.find_dataset(request.corpus)
        title = non_breaking(entry.title_zh if locale == "zh" else entry.title)
        text = i18n.translate(TRAIN["train-go-title"], locale, title=title)
    length = training or request.chosen_length()
    if length is None:
        return i18n.translate(TRAIN["train-go-untimed"], locale, text=text)
    return i18n.translate(TRAIN["train-go"], locale, text=text, time=_format_length(length, locale))


def non_breaking(title: str) -> str:
    """Replace the spaces of a name, so that no line breaks in it."""
    return title.replace(" ", "\u00a0")


def format_bytes(count: float) -> str:
    """Format a number of bytes: "179 kB"."""
    return f"{count / 1e6:.1f}\u00a0MB" if count >= 1e6 else f"{count / 1e3:.0f}\u00a0kB"


def _format_length(training: TrainingConfig, locale: str) -> str:
    if training.epochs is not None:
        return i18n.epochs(training.epochs, locale)
    if training.seconds is not None:
        return i18n.seconds(training.seconds, locale)
    return i18n.translate(TRAIN["train-go-night"], locale)
