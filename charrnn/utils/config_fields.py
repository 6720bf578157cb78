"""Settings: dataclass fields that carry their own validation rule.

`ModelConfig` and `TrainingConfig` declare each field with `setting(...)`: a hint of one line, and
the choices or the range. The checks of a new configuration, the parsers of `--set FIELD=VALUE` and
of JSON from programs, and the form on the page all use that one declaration.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any, ClassVar, Protocol

from ..errors import Message, UserError, escape_invisible, short_repr
from .notebook import html_table


class Config(Protocol):
    """A dataclass all of whose fields are made by `setting`."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


@dataclass(frozen=True)
class Rule:
    """The values that a setting may have.

    `kind` is bool, int, float or str; `choices` lists the allowed strings; `low` and `high` are
    inclusive bounds. An `optional` setting may also be None, written `none`. An `inherited` setting
    is None if it is not given, and is then filled in from elsewhere; None cannot be given for it.
    """

    kind: type
    hint: str
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    optional: bool = False
    inherited: bool = False


def setting(
    default: Any,
    hint: str,
    *,
    kind: type | None = None,
    choices: tuple[str, ...] = (),
    low: float | None = None,
    high: float | None = None,
    optional: bool = False,
) -> Any:
    """Declare a dataclass field with its rule; `kind` is needed only if the default is None."""
    inherited = default is None and not optional
    rule = Rule(kind or type(default), hint, choices, low, high, optional, inherited)
    return field(default=default, metadata={"rule": rule})


def rules(config: type[Config]) -> dict[str, Rule]:
    """Return the rule of every setting of a configuration class, in order."""
    return {f.name: f.metadata["rule"] for f in fields(config)}


def config_repr(config: Config) -> str:
    """Write a configuration as Python would, with the settings that are not at their defaults."""
    changed = [
        f"{f.name}={getattr(config, f.name)!r}"
        for f in fields(config)
        if getattr(config, f.name) != f.default
    ]
    return f"{type(config).__name__}({', '.join(changed)})"


def config_html(config: Config) -> str:
    """Return a table of all settings for a notebook."""
    values = {f.name: str(getattr(config, f.name)) for f in fields(config)}
    return html_table(type(config).__name__, values)


def check(config: Config) -> None:
    """Raise UserError for the first setting of `config` whose value breaks its rule."""
    for name, rule in rules(type(config)).items():
        _check_value(name, rule, getattr(config, name))


def with_defaults(config: type[Config], stored: Mapping[str, object]) -> dict[str, Any]:
    """Return stored settings with the missing ones at their defaults; unknown ones stay.

    Raises UserError for the first value that breaks its rule.
    """
    settings = {f.name: f.default for f in fields(config)} | dict(stored)
    for name, rule in rules(config).items():
        _check_value(name, rule, settings[name])
    return settings


def assign_settings(
    settings: Mapping[str, object], *configs: type[Config]
) -> tuple[dict[str, Any], ...]:
    """Distribute named settings, strings or JSON values, to the classes that have them.

    Returns one dictionary per class, with values of the right type. Raises UserError for a name
    that no class has, and for a value that breaks its rule.
    """
    shares: tuple[dict[str, Any], ...] = tuple({} for _ in configs)
    for name, value in settings.items():
        for config, share in zip(configs, shares, strict=True):
            if name in (known := rules(config)):
                share[name] = _coerce(name, known[name], value)
                break
        else:
            names = [name for config in configs for name in rules(config)]
            raise UserError(
                "There is no setting {name}. The settings are {names}.",
                name=short_repr(name),
                names=names,
                field=name,
            )
    return shares


def _check_value(name: str, rule: Rule, value: object) -> None:
    if value is None and rule.inherited:
        return
    _coerce(name, rule, value)
    allowed = (float, int) if rule.kind is float else (rule.kind,)
    if type(value) not in allowed and not (rule.optional and value is None):
        raise UserError(
            "{setting} = {value}: {wanted}.",
            setting=name,
            value=_shown(value),
            wanted=wanted(rule),
            field=name,
        )


def invalid_settings(settings: Mapping[str, object], *configs: type[Config]) -> list[str]:
    """Return the names of all settings whose values break their rules."""
    broken = []
    for name, value in settings.items():
        try:
            assign_settings({name: value}, *configs)
        except UserError:
            broken.append(name)
    return broken


def _coerce(name: str, rule: Rule, value: object) -> Any:
    if isinstance(value, str):
        value = value.strip()
    if rule.optional and (value is None or value in ("none", "None", "null", "")):
        return None
    result = _cast(rule.kind, value)
    if (
        result is None
        or (rule.choices and result not in rule.choices)
        or (isinstance(result, float) and not math.isfinite(result))
        or (rule.low is not None and result < rule.low)
        or (rule.high is not None and result > rule.high)
    ):
        raise UserError(
            "{setting} = {value}: {wanted}.",
            setting=name,
            value=_shown(value),
            wanted=wanted(rule),
            field=name,
        )
    return result


def _cast(kind: type, value: object) -> Any:
    """Convert `value` to a bool, int, float or str; return None if that is impossible."""
    if kind is bool:
        words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        return value if isinstance(value, bool) else words.get(_shown(value).lower())
    if isinstance(value, bool):
        return None
    if kind is str:
        return value if isinstance(value, str) else None
    if not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
        if kind is float:
            return number
        return int(number) if number.is_integer() else None
    except (ValueError, OverflowError):
        return None


def _shown(value: object) -> str:
    return escape_invisible(value, 40) if isinstance(value, str) else short_repr(value, 40)


def wanted(rule: Rule) -> Message:
    """Say which values a setting takes, as a clause: "give a whole number from 1 to 8"."""
    clause = _wanted(rule)
    return Message("{wanted} or none", wanted=clause) if rule.optional else clause


def _wanted(rule: Rule) -> Message:
    if rule.choices:
        return Message("choose one of {names}", names=rule.choices)
    if rule.kind is bool:
        return Message("choose true or false")
    if rule.kind is str:
        return Message("give a text")
    whole = rule.kind is int
    if rule.low is None:
        return Message("give a whole number") if whole else Message("give a number")
    low = format_bound(rule.low)
    if rule.high is None:
        if whole:
            return Message("give a whole number of at least {low}", low=low)
        return Message("give a number of at least {low}", low=low)
    high = format_bound(rule.high)
    if whole:
        return Message("give a whole number from {low} to {high}", low=low, high=high)
    return Message("give a number from {low} to {high}", low=low, high=high)


def format_value(value: object) -> str:
    """Write a value as `--set` takes it: "true", "none", "0.5"."""
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)


def format_bound(value: float) -> str:
    """Write a bound without an exponent: 2,147,483,647 or 0.000000001."""
    return f"{int(value):,}" if float(value).is_integer() else f"{value:.9f}".rstrip("0")
