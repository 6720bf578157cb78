"""The form of every setting: one field for each that `ModelConfig` and `TrainingConfig` declare.

Kind, choices, default and English hint of a field come from its rule
(`charrnn.utils.config_fields`). Only the grouping is defined here; settings without a group are
under "Machine and the rest". settings_form.js marks the fields that were changed or are invalid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import gradio as gr

from ...model import ModelConfig
from ...recipes import RECIPES
from ...training import TrainingConfig
from ...training.transfer import FIXED_SETTINGS
from ...utils.config_fields import Rule, format_bound, rules
from ..i18n import Words, number, t, translate
from ..i18n.titles import RECIPES as NAMES
from ..i18n.titles import SETTINGS
from ..page.component import html_component
from .base_settings import BaseSettings, as_field, custom_rules
from .custom_strings import CUSTOM as CUSTOM_WORDS
from .custom_strings import PREPARATIONS, TAKES
from .request import CUSTOM, TrainRequest

GROUPS: dict[str, tuple[str, ...]] = {
    "model": (*rules(ModelConfig), "keep_symbols"),
    "length": ("seconds", "epochs"),
    "learning": (
        *("prior", "smoothing", "optimizer"),
        *("learning_rate", "schedule", "weight_decay", "clip"),
    ),
    "reading": (
        *("documents", "sampling", "truncate", "reset", "shift"),
        *("batch_size", "steps", "validation", "holdout"),
    ),
}
REST = "machine"


@dataclass(frozen=True)
class SettingsForm:
    """The settings form, its fields by the setting's name, and the accordion that contains each.

    `base` has the values that the fields began with, for the browser to keep; `head` names their
    recipe, and marks the fields.
    """

    group: gr.Column
    base: gr.JSON
    head: gr.HTML
    fields: dict[str, Any]
    accordions: dict[str, gr.Accordion]

    @property
    def inputs(self) -> list[Any]:
        """The components whose values an event passes to `read`."""
        return [self.base, *self.fields.values()]

    def read(self, base: object, *values: Any) -> tuple[BaseSettings, dict[str, object]]:
        """Return the base settings and the value of each field, from the values of `inputs`."""
        named = zip(self.fields, values, strict=True)
        entered = {name: "" if value is None else value for name, value in named}
        return BaseSettings.from_json(base), entered

    def show_values(self, settings: Mapping[str, Any]) -> dict[Any, Any]:
        """Return the updates that put these settings into their fields."""
        known = settings.keys() & self.fields
        return {self.fields[name]: as_field(settings[name]) for name in known}

    def show(
        self, entered: TrainRequest, request: TrainRequest, problems: Mapping[str, str], locale: str
    ) -> Any:
        """Return the updates for a resolved request: fields that follow the text, and marks.

        `entered` is the same request before it was resolved.
        """
        if request.recipe != CUSTOM:
            return {self.head: {}}
        follow = {n: v for n, v in request.settings.items() if entered.settings.get(n) != v}
        limited = self._limits_of(entered, request)
        for name in follow.keys() & limited.keys():
            limited[name]["value"] = as_field(follow.pop(name))
        return {
            **{self.fields[name]: gr.update(**update) for name, update in limited.items()},
            **self.show_values(follow),
            self.base: request.base.as_json(),
            self.head: head_props(request, problems, locale),
        }

    def _limits_of(self, entered: TrainRequest, request: TrainRequest) -> dict[str, dict[str, Any]]:
        """Return, by field, whether it can be edited and is shown; empty if that has not changed.

        The architecture of a model to start from is the model's own, and `keep_symbols` says
        nothing without one.
        """
        starts = request.start is not None
        if not starts and not entered.base.may_be_of_start():
            return {}
        fixed = {name: {"interactive": not starts} for name in FIXED_SETTINGS}
        return fixed | {"keep_symbols": {"visible": starts}}

    def open_accordions(self, names: Sequence[str]) -> dict[Any, Any]:
        """Return the updates that open the accordions of these settings."""
        return {
            self.accordions[name]: gr.update(open=True) for name in names if name in self.accordions
        }


def head_props(request: TrainRequest, problems: Mapping[str, str], locale: str) -> dict[str, Any]:
    """Return what settings_form.js draws: the base recipe, and changed or invalid fields."""
    recipe = RECIPES[request.base_recipe]
    prepared = [
        translate(PREPARATIONS[name], locale, n=number(value))
        for name, value in asdict(recipe.preparation).items()
        if value
    ]
    changed = request.base.changed(request.settings)
    return {
        "recipe": translate(NAMES[request.base_recipe], locale),
        "preparation": translate(TAKES["comma"], locale).join(prepared),
        "changed": {
            name: {
                "label": label(name, locale),
                "value": _as_text(request.base.values.get(name, "")),
            }
            for name in changed
        },
        "problems": dict(problems),
    }


def invalid_value_message(name: str, locale: str) -> str:
    """Return what an invalid field may hold: "Layers: a whole number from 1 to 8"."""
    return translate(TAKES["fault"], locale, label=label(name, locale), takes=_takes(name, locale))


def label(name: str, locale: str) -> str:
    """Return a setting's name as its field shows it: "Hidden size"."""
    return SETTINGS[name][0] if locale == "zh" else name.replace("_", " ").capitalize()


def _takes(name: str, locale: str) -> str:
    rule = _all_rules()[name]
    if rule.choices:
        choices = translate(TAKES["comma"], locale).join(rule.choices)
        takes = translate(TAKES["choices"], locale, choices=choices)
    else:
        takes = translate(TAKES[rule.kind.__name__], locale)
    if rule.low is not None and rule.high is not None:
        low, high = format_bound(rule.low), format_bound(rule.high)
        takes = translate(TAKES["range"], locale, kind=takes, low=low, high=high)
    return translate(TAKES["optional"], locale, takes=takes) if rule.optional else takes


def _all_rules() -> dict[str, Rule]:
    return rules(ModelConfig) | rules(TrainingConfig)


def _as_text(value: str | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else value or "none"


def custom_words() -> Words:
    """Return labels and hints, English from the rules and Chinese from `i18n.titles`."""
    table: dict[str, tuple[str, str]] = {}
    for name, rule in custom_rules().items():
        table[f"setting-{name}"] = (label(name, "en"), f"{label(name, 'zh')} {name}")
        table[f"hint-{name}"] = (rule.hint + ".", SETTINGS[name][1])
    return table


def custom_settings(base: BaseSettings) -> SettingsForm:
    """Build the form inside the column that is open now, hidden, with these values."""
    known, fields, accordions = custom_rules(), {}, {}
    named = {name for names in GROUPS.values() for name in names}
    groups = {**GROUPS, REST: tuple(name for name in known if name not in named)}
    base_json = gr.JSON(base.as_json(), visible=False)
    head = html_component(
        "train/settings_form",
        '<p class="custom-base"><span></span><button type="button"></button></p>'
        '<p class="custom-preparation"></p>',
        {},
        words=[CUSTOM_WORDS],
        elem_id="train-custom-head",
    )
    with gr.Column(visible=False, elem_classes="train-settings", elem_id="train-settings") as group:
        for title, names in groups.items():
            with gr.Accordion(t(f"train-group-{title}"), open=False) as accordion:
                for name in names:
                    fields[name], accordions[name] = (
                        _field(name, known[name], base.values[name]),
                        accordion,
                    )
    return SettingsForm(group, base_json, head, fields, accordions)


def _field(name: str, rule: Rule, value: str | bool) -> Any:
    options: dict[str, Any] = {
        "visible": name != "keep_symbols",  # until there is a model to start from
        "label": t(f"setting-{name}"),
        "info": t(f"hint-{name}"),
        "elem_id": f"setting-{name}",
        "interactive": True,
    }
    if rule.choices:
        return gr.Dropdown(list(rule.choices), value=value, filterable=False, **options)
    if rule.kind is bool:
        return gr.Checkbox(value=bool(value), **options)
    return gr.Textbox(
        str(value), max_lines=1, placeholder="none" if rule.optional else None, **options
    )
