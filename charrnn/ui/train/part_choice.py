"""The choice of what to read of a table, JSON or another file that holds more than text."""

from __future__ import annotations

from typing import Any

import gradio as gr

from ...errors import escape_invisible
from ...extraction import HAS_COLUMNS, KINDS, Part
from ...text import AS_IS, Extraction
from .. import i18n
from ..i18n import t
from .request import TrainRequest
from .strings import TRAIN

AUTO = "auto"  # the value of a choice that is left to the app
PART = "train-part"  # the element id of the field

_MAX_NAME_CHARACTERS = 40
_TABLES = [KINDS[name] for name in HAS_COLUMNS]


def build_part_choice() -> gr.Dropdown:
    """Build the field; its choices depend on the files.

    A value that was restored comes before its choices, so the field takes any name. (A class of
    its own would do, but Gradio writes a file beside the source of each.)
    """
    field = gr.Dropdown(
        [("", AUTO)],
        value=AUTO,
        label=t("train-part"),
        filterable=False,
        visible=False,
        elem_id=PART,
    )
    field.preprocess = _any_name  # type: ignore[assignment,method-assign]
    return field


def _any_name(value: object) -> str | None:
    return value if isinstance(value, str) else None


def part_choice(request: TrainRequest, locale: str) -> Any:
    """Return the update of the field: hidden unless the files offer a choice."""
    text = request.read_files()
    extraction = text.extraction if text else None
    options = _options(extraction, locale) if extraction else []
    if extraction is None or len(options) < 2:
        return gr.update(visible=False)
    chosen = AUTO if extraction.part == extraction.default else extraction.part
    kind = i18n.translate_message(extraction.kind, locale)
    return gr.update(
        choices=options,
        value=chosen,
        info=i18n.translate(TRAIN["train-part-hint"], locale, kind=kind),
        visible=True,
    )


def _options(extraction: Extraction, locale: str) -> list[tuple[str, str]]:
    """Return the label and the value of each choice, the default first and the whole file last."""
    names = [part.name for part in extraction.parts]
    labels = {part.name: _label(part, extraction, locale) for part in extraction.parts}
    if extraction.offers_whole_file:
        names.append(AS_IS)
        labels[AS_IS] = i18n.translate(TRAIN["train-part-as-is"], locale)
    names.sort(key=lambda name: name != extraction.default)
    return [(labels[name], AUTO if name == extraction.default else name) for name in names]


def _label(part: Part, extraction: Extraction, locale: str) -> str:
    """Return the label of a part: "title · 1,234 chars"."""
    word = TRAIN.get(f"train-part-{part.name}") if extraction.kind not in _TABLES else None
    name = (
        i18n.translate(word, locale) if word else escape_invisible(part.name, _MAX_NAME_CHARACTERS)
    )
    if part.characters is None:
        return name
    amount = i18n.translate(TRAIN["train-card-characters"], locale, n=i18n.number(part.characters))
    return i18n.translate(TRAIN["train-part-option"], locale, name=name, amount=amount)
