"""The labels of the choices in the form: texts, recipes, experiments, the button."""

from __future__ import annotations

from ...recipes import RECIPES
from ...text import datasets
from .. import i18n
from ..i18n.titles import RECIPES as NAMES
from .request import (
    BUDGETS,
    CUSTOM,
    EXPERIMENTS,
    OWN,
    TEXTBOOK,
    TrainRequest,
)
from .strings import TRAIN
from .summary import (
    button_label,
    non_breaking,
)

_TIMES = {"sprint": "10s", "coffee": "1min", "deep": "5min", "night": "night"}


def form_words() -> i18n.Words:
    """Return the labels of the choices in both languages."""
    table: dict[str, tuple[str, str]] = {}
    for entry in datasets.DATASETS:
        labels = []
        for title, locale in ((entry.title, "en"), (entry.title_zh, "zh")):
            what = i18n.translate(TRAIN[f"train-{entry.language}"], locale)
            count = i18n.number(entry.characters)
            amount = i18n.translate(TRAIN["train-card-characters"], locale, n=count)
            labels.append(f"{non_breaking(title)}\n{what} · {amount}")
        table[f"corpus-{entry.name}"] = (labels[0], labels[1])
    table[f"corpus-{OWN}"] = _two_lines(TRAIN["train-own"], TRAIN["train-own-how"])
    for name in BUDGETS:
        table[f"recipe-{name}"] = _two_lines(NAMES[name], TRAIN[f"train-recipe-{_TIMES[name]}"])
    for name in (TEXTBOOK, CUSTOM):
        table[f"recipe-{name}"] = _two_lines(NAMES[name], TRAIN[f"train-recipe-{name}"])
    for name in EXPERIMENTS:
        figures = list(RECIPES[name].published.values())
        english, chinese = NAMES[name]
        if figures:
            reached = str(float(figures[-1]))
            english, chinese = f"{english} → {reached}", f"{chinese} → {reached}"
        table[f"experiment-{name}"] = (english, chinese)
    request = TrainRequest()
    table["go"] = (button_label(request, "en"), button_label(request, "zh"))
    return table


def _two_lines(first: tuple[str, str], second: tuple[str, str]) -> tuple[str, str]:
    return f"{first[0]}\n{second[0]}", f"{first[1]}\n{second[1]}"
