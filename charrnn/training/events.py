"""The events of a run, how a stored one is read, and what a caller may ask of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..errors import UserError
from ..model import ModelConfig
from ..utils.config_fields import Config, completed
from ..utils.schema import (
    ABSENT,
    Reader,
    Schema,
    amount,
    anything,
    checked,
    list_of,
    nested,
    number,
    one_of,
    optional,
    positive,
    table_of,
    text,
    whole,
)
from .config import TrainingConfig

Clock = Callable[[], float]
"""Returns seconds that only ever grow, as `time.monotonic` does."""

Event = dict[str, Any]
"""One JSON object of `events.jsonl`, with at least `event` and `seconds`."""

Commands = Callable[[], set[str]]
"""Asked after every minibatch; answers with any of "stop" and "sample"."""

MaxThreads = Callable[[], int | None]
"""Asked before every minibatch: on how many threads to compute at most; None for no bound."""


def settings_reader(config: type[Config]) -> Reader:
    """Make a reader for the stored settings of a class; see `config_fields.completed`."""

    def read(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise ValueError("not a JSON object")
        try:
            return completed(config, value)
        except UserError as error:
            raise ValueError(error.message) from error

    return read


def _setting_value(value: Any) -> str | float | None:
    return value if value is None or isinstance(value, str) else number(value)


_PERPLEXITIES: Schema = {
    "train_perplexity": (optional(positive), None),
    "validation_perplexity": (optional(positive), None),
}
_WARNING: Schema = {
    "code": (text, None),
    "values": (table_of(number), {}),
    "message": (text, ""),
}
_SUGGESTION: Schema = {
    "code": (text, None),
    "field": (optional(text), None),
    "value": (_setting_value, None),
}
_FINDING: Schema = {
    "code": (text, None),
    "values": (table_of(optional(number)), {}),
    "suggestion": (optional(nested(_SUGGESTION)), None),
}
_COMMON_FIELDS: Schema = {"event": (text, None), "seconds": (amount, 0.0)}
_FIELDS: Mapping[str, Schema] = {
    "start": {
        "run": (optional(text), None),
        "characters": (whole, 0),
        "vocabulary_size": (whole, 1),
        "parameters": (whole, 0),
        "recipe": (text, "custom"),
        "model": (settings_reader(ModelConfig), {}),
        "training": (settings_reader(TrainingConfig), {}),
        "baselines": (table_of(optional(positive)), {}),
        "device": (text, ""),
        "resumed_from": (optional(whole), None),
        "warnings": (list_of(nested(_WARNING)), []),
    },
    "progress": {
        **_PERPLEXITIES,
        "step": (whole, 0),
        "epoch": (amount, 0.0),
        "characters_seen": (whole, 0),
        "gradient_norm": (optional(amount), None),
        "clipped": (optional(amount), None),
        "learning_rate": (amount, 0.0),
        "characters_per_second": (optional(amount), None),
        "remaining_seconds": (optional(amount), None),
    },
    "sample": {"step": (whole, 0), "prefix": (text, ""), "text": (text, "")},
    "note": {"code": (text, ""), "message": (text, "")},
    "checkpoint": {
        "step": (whole, 0),
        "path": (optional(text), None),
        "validation_perplexity": (optional(positive), None),
        "train_perplexity": (optional(positive), ABSENT),
    },
    "end": {
        **_PERPLEXITIES,
        "reason": (one_of("finished", "stopped", "diverged", "failed"), None),
        "code": (text, ABSENT),
        "message": (text, ""),
        "template": (text, ABSENT),
        "values": (table_of(anything), ABSENT),
        "findings": (list_of(nested(_FINDING)), ABSENT),
        "step": (whole, 0),
        "epoch": (amount, 0.0),
        "checkpoint": (optional(text), None),
        "kept_step": (optional(whole), ABSENT),
        "last_train_perplexity": (optional(positive), ABSENT),
        "last_validation_perplexity": (optional(positive), ABSENT),
    },
}
_SCHEMAS: Mapping[str, Schema] = {
    name: {**_COMMON_FIELDS, **fields} for name, fields in _FIELDS.items()
}


def stored_event(value: Any) -> Event:
    """Return a stored event with all the fields that readers of its kind rely on.

    Unknown fields and events, as of a newer version, stay as they are. Raises ValueError for what
    is not an event, and for a known field of the wrong type.
    """
    name = value.get("event") if isinstance(value, dict) else None
    return checked(
        _SCHEMAS.get(name, _COMMON_FIELDS) if isinstance(name, str) else _COMMON_FIELDS, value
    )
