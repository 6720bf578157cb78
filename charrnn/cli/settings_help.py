"""List the settings that `--set` takes, for the end of `charrnn train --help`."""

from __future__ import annotations

from dataclasses import fields

from ..model import ModelConfig
from ..training import TrainingConfig
from ..utils.config_fields import Rule, format_bound, format_value, rules

# Click does not rewrap a paragraph that begins with this mark.
_KEEP_LINES = "\b\n"
_INDENT = 4


def settings_help() -> str:
    """Return for each setting its default and its values, and its explanation on the next line."""
    parts = [
        _KEEP_LINES + "Settings for --set FIELD=VALUE, with their defaults (a recipe has its own):"
    ]
    for config in (ModelConfig, TrainingConfig):
        defaults = {field.name: field.default for field in fields(config)}
        lines = [
            f"{name}={format_value(defaults[name])}  ({_values(rule)})\n{' ' * _INDENT}{rule.hint}"
            for name, rule in rules(config).items()
        ]
        parts.append(_KEEP_LINES + "\n".join(lines))
    return "\n\n".join(parts)


def _values(rule: Rule) -> str:
    """Return the values that a setting takes, as choices or bounds."""
    if rule.choices:
        values = ", ".join(rule.choices)
    elif rule.kind is bool:
        values = "true, false"
    else:
        bounds = (rule.low, rule.high)
        values = " to ".join(format_bound(bound) for bound in bounds if bound is not None)
    return f"{values}, none" if rule.optional else values
