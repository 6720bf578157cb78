"""The form of every setting: one field for each that `ModelConfig` and `TrainingConfig` declare.

Nothing is listed twice: kind, choices, default and the English hint of a field come from its
rule (`charrnn.settings`). Only the grouping is the page's own; a setting that no group names
stands under "Machine and the rest".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import gradio as gr

from ..model import ModelConfig
from ..recipes import RECIPES
from ..settings import Rule, rules
from ..training import TrainingConfig
from .words import Words, key
from .words_settings import CHINESE

GROUPS: dict[str, tuple[str, ...]] = {
    "model": tuple(rules(ModelConfig)),
    "length": ("seconds", "epochs"),
    "learning": (
        *("prior", "smoothing", "optimizer"),
        *("learning_rate", "schedule", "weight_decay", "clip"),
    ),
    "reading": ("sampling", "truncate", "reset", "shift", "batch_size", "steps", "validation"),
}
REST = "machine"


@dataclass(frozen=True)
class Custom:
    """The folded form, its fields by the setting's name, and the fold that each stands in."""

    group: gr.Column
    fields: dict[str, Any]
    folds: dict[str, gr.Accordion]

    def settings(self, values: Sequence[Any]) -> dict[str, object]:
        """The settings that were changed; the others are the recipe's own."""
        named = dict(zip(self.fields, values, strict=True))
        shown = {name: _shown(value) for name, value in _defaults().items()}
        return {name: value for name, value in named.items() if value != shown[name]}

    def filled(self, settings: Mapping[str, Any]) -> dict[Any, Any]:
        """What the fields show of these settings, by the field."""
        return {self.fields[name]: _shown(settings[name]) for name in settings.keys() & self.fields}


def custom_words() -> Words:
    """Labels and hints, English from the rules and Chinese from `words_settings`."""
    table: dict[str, tuple[str, str]] = {}
    for name, rule in _rules().items():
        label, hint = CHINESE.get(name, (name, rule.hint))
        table[f"setting-{name}"] = (name.replace("_", " ").capitalize(), f"{label} {name}")
        table[f"hint-{name}"] = (rule.hint + ".", hint)
    return table


def custom_settings() -> Custom:
    """Build the form inside the column that is open now; it starts hidden."""
    known, made, folds = _rules(), {}, {}
    named = {name for names in GROUPS.values() for name in names}
    groups = {**GROUPS, REST: tuple(name for name in known if name not in named)}
    with gr.Column(visible=False, elem_classes="train-settings", elem_id="train-settings") as group:
        for title, names in groups.items():
            with gr.Accordion(key(f"train-group-{title}"), open=False) as fold:
                for name in names:
                    made[name], folds[name] = _field(name, known[name]), fold
    return Custom(group, made, folds)


def _rules() -> dict[str, Rule]:
    every = rules(ModelConfig) | rules(TrainingConfig)
    del every["device"]  # has a switch of its own, where there is a GPU
    return every


def _defaults() -> dict[str, Any]:
    custom = RECIPES["custom"]
    return asdict(custom.model) | asdict(custom.training)


def _shown(value: Any) -> Any:
    """A default as its field shows it: numbers are written, so that `none` can be too."""
    if isinstance(value, bool | str):
        return value
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _field(name: str, rule: Rule) -> Any:
    shown = _shown(_defaults()[name])
    told: dict[str, Any] = {
        "label": key(f"setting-{name}"),
        "info": key(f"hint-{name}"),
        "elem_id": f"setting-{name}",
        "interactive": True,
    }
    if rule.choices:
        return gr.Dropdown(list(rule.choices), value=shown, filterable=False, **told)
    if rule.kind is bool:
        return gr.Checkbox(value=shown, **told)
    return gr.Textbox(shown, max_lines=1, placeholder="none" if rule.optional else None, **told)
