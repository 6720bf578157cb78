"""The events of a run, how a stored one is read, and what a caller may ask of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..errors import UserError
from ..model import ModelConfig
from ..utils.config_fields import Config, with_defaults
from ..utils.schema import (
    ABSENT,
    Reader,
    Schema,
    anything,
    check_fields,
    list_of,
    nested,
    one_of,
    optional,
    read_count,
    read_non_negative,
    read_number,
    read_positive,
    read_text,
    table_of,
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
    """Make a reader for the stored settings of a class; see `config_fields.with_defaults`."""

    def read(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise ValueError("not a JSON object")
        try:
            return with_defaults(config, value)
        except UserError as error:
            raise ValueError(error.message) from error

    return read


def _setting_value(value: Any) -> str | float | None:
    return value if value is None or isinstance(value, str) else read_number(value)


_PERPLEXITIES: Schema = {
    "train_perplexity": (optional(read_positive), None),
    "validation_perplexity": (optional(read_positive), None),
}
_WARNING: Schema = {
    "code": (read_text, None),
    "values": (table_of(read_number), {}),
    "message": (read_text, ""),
    "holdout": (optional(read_text), None),
}
_STARTED_FROM: Schema = {
    "name": (read_text, ""),
    "symbols_kept": (read_count, 0),
    "symbols_new": (read_count, 0),
    "validation_perplexity": (optional(read_positive), None),
    **{name: (optional(read_text), None) for name in ("model", "revision", "license")},
}
_SUGGESTION: Schema = {
    "code": (read_text, None),
    "field": (optional(read_text), None),
    "value": (_setting_value, None),
}
_FINDING: Schema = {
    "code": (read_text, None),
    "values": (table_of(optional(read_number)), {}),
    "suggestion": (optional(nested(_SUGGESTION)), None),
}
_COMMON_FIELDS: Schema = {"event": (read_text, None), "seconds": (read_non_negative, 0.0)}
_FIELDS: Mapping[str, Schema] = {
    "start": {
        "run": (optional(read_text), None),
        "characters": (read_count, 0),
        "vocabulary_size": (read_count, 1),
        "parameters": (read_count, 0),
        "recipe": (read_text, "custom"),
        "model": (settings_reader(ModelConfig), {}),
        "training": (settings_reader(TrainingConfig), {}),
        "baselines": (table_of(optional(read_positive)), {}),
        "device": (read_text, ""),
        "resumed_from": (optional(read_count), None),
        "started_from": (optional(nested(_STARTED_FROM)), None),
        "warnings": (list_of(nested(_WARNING)), []),
    },
    "progress": {
        **_PERPLEXITIES,
        "step": (read_count, 0),
        "epoch": (read_non_negative, 0.0),
        "characters_seen": (read_count, 0),
        "gradient_norm": (optional(read_non_negative), None),
        "clipped": (optional(read_non_negative), None),
        "learning_rate": (read_non_negative, 0.0),
        "characters_per_second": (optional(read_non_negative), None),
        "remaining_seconds": (optional(read_non_negative), None),
    },
    "sample": {"step": (read_count, 0), "prefix": (read_text, ""), "text": (read_text, "")},
    "note": {"code": (read_text, ""), "message": (read_text, "")},
    "checkpoint": {
        "step": (read_count, 0),
        "path": (optional(read_text), None),
        "validation_perplexity": (optional(read_positive), None),
        "train_perplexity": (optional(read_positive), ABSENT),
    },
    "end": {
        **_PERPLEXITIES,
        "reason": (one_of("finished", "stopped", "diverged", "failed"), None),
        "code": (read_text, ABSENT),
        "message": (read_text, ""),
        "template": (read_text, ABSENT),
        "values": (table_of(anything), ABSENT),
        "findings": (list_of(nested(_FINDING)), ABSENT),
        "step": (read_count, 0),
        "epoch": (read_non_negative, 0.0),
        "checkpoint": (optional(read_text), None),
        "kept_step": (optional(read_count), ABSENT),
        "last_train_perplexity": (optional(read_positive), ABSENT),
        "last_validation_perplexity": (optional(read_positive), ABSENT),
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
    return check_fields(
        _SCHEMAS.get(name, _COMMON_FIELDS) if isinstance(name, str) else _COMMON_FIELDS, value
    )
