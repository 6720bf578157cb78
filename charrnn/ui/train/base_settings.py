"""The settings that Custom begins with: what a recipe chooses for the text.

Values are kept as the fields of the form show them (`as_field`). This loses nothing: a run made of
unchanged fields has exactly the recipe's configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...errors import UserError
from ...model import ModelConfig
from ...recipes import RECIPES
from ...training import TrainingConfig
from ...utils.config_fields import Rule, assign_settings, rules

OF_START = ", from "  # in the id of a text: before the key of the model to start from
MAX_VALUE_LENGTH = 100  # characters of a value that a browser sends


def custom_rules() -> dict[str, Rule]:
    """Return the rule of every setting that the form has a field for."""
    every = rules(ModelConfig) | rules(TrainingConfig)
    del every["device"]  # has a checkbox of its own, if there is a GPU
    return every


@dataclass(frozen=True)
class BaseSettings:
    """What `recipe` chose for a text: the value of each field, by the setting's name.

    `text` is the id of that text (see `TrainRequest.resolved`); None fits any text.
    """

    recipe: str = "sprint"
    text: str | None = None
    values: Mapping[str, str | bool] = field(default_factory=dict)

    @classmethod
    def of(cls, recipe: str, text: str | None, chosen: Mapping[str, Any]) -> BaseSettings:
        """Make them from the settings that the recipe has chosen."""
        known = [name for name in custom_rules() if name in chosen]
        return cls(recipe, text, {name: as_field(chosen[name]) for name in known})

    @classmethod
    def from_json(cls, stored: object) -> BaseSettings:
        """Parse what a browser sent, which may be anything; invalid values are left out."""
        known = stored if isinstance(stored, dict) else {}
        recipe, text, values = known.get("recipe"), known.get("text"), known.get("values")
        if not isinstance(recipe, str) or recipe not in RECIPES or not isinstance(values, dict):
            return cls()
        valid = {
            name: value
            for name in custom_rules()
            if isinstance(value := values.get(name), str | bool)
            and len(str(value)) <= MAX_VALUE_LENGTH
        }
        return cls(recipe, text if isinstance(text, str) else None, valid)

    def as_json(self) -> dict[str, Any]:
        """Return them as JSON, for the browser to keep."""
        return {"recipe": self.recipe, "text": self.text, "values": dict(self.values)}

    def suits(self, recipe: str, text: str) -> bool:
        """Return whether these are what the recipe chose for this text."""
        return bool(self.values) and self.recipe == recipe and self.text in (None, text)

    def may_be_of_start(self) -> bool:
        """Return whether a model to start from may have decided some of them."""
        return self.text is None or OF_START in self.text

    def changed(self, values: Mapping[str, object]) -> dict[str, object]:
        """Return those of `values` that differ in meaning from the base's own."""
        return {n: v for n, v in values.items() if not _equal(n, v, self.values.get(n))}


def as_field(value: Any) -> str | bool:
    """Format a value as its field shows it: numbers without exponent, and None as an empty text."""
    if isinstance(value, bool | str):
        return value
    if value is None:
        return ""
    return np.format_float_positional(value, trim="-") if isinstance(value, float) else str(value)


def _equal(name: str, value: object, other: object) -> bool:
    if value == other:
        return True
    try:
        configs = ModelConfig, TrainingConfig
        return assign_settings({name: value}, *configs) == assign_settings({name: other}, *configs)
    except UserError:  # one of them is not valid for the setting
        return False
