"""Validate a checkpoint's metadata, which a stranger may have written and the page shows.

Entries of the wrong type and numbers that are not finite are refused. Long texts and lists are cut,
not refused, since a prefix may well be a long one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import Message, escape_invisible

_MAX_NAME_CHARACTERS, _MAX_PREFIX_CHARACTERS = 200, 1_000
_MAX_KEY_CHARACTERS = 40  # of an entry's name in an error message
_MAX_ENTRIES = 100  # of a list or an object
_MAX_TITLE_DEPTH = 3  # of messages within messages


def validate_metadata(config: dict[str, Any]) -> dict[str, Any]:
    """Return the metadata in a checkpoint's configuration (`Checkpoint.about`), checked and cut.

    Raises ValueError for an entry of the wrong type.
    """
    return {
        key: check(config[key], key)
        for key, check in _CHECKS.items()
        if config.get(key) is not None
    }


def _short_text(value: object, key: str) -> str:
    """Return a text, cut. Raises ValueError, naming the entry `key`, for anything else."""
    if not isinstance(value, str):
        raise ValueError(
            Message("its {key} is not a text", key=escape_invisible(key, _MAX_KEY_CHARACTERS))
        )
    # JSON can spell a lone surrogate, which could be neither shown nor sent.
    return escape_invisible(value, _MAX_NAME_CHARACTERS)


def _number(value: object, key: str) -> float | int | None:
    """Return a number or None. Raises ValueError, naming the entry `key`, for anything else."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e300:
        raise ValueError(
            Message("its {key} is not a number", key=escape_invisible(key, _MAX_KEY_CHARACTERS))
        )
    return value


def _object(value: object, key: str) -> dict[str, Any]:
    """Return the first entries of an object. Raises ValueError, naming `key`, for anything else."""
    if not isinstance(value, dict):
        raise ValueError(Message("its {key} is not a JSON object", key=key))
    return dict(list(value.items())[:_MAX_ENTRIES])


def _corpus(value: object, key: str) -> dict[str, Any]:
    """Check the description of the training text: `name`, `title` and `characters`."""
    corpus = _simple(_object(value, key), key)
    if "name" in corpus:
        corpus["name"] = _short_text(corpus["name"], f"{key}.name")
    corpus.pop("title", None)
    if isinstance(value, dict) and (title := _title(value.get("title"))) is not None:
        corpus["title"] = title
    if _number(corpus.get("characters"), f"{key}.characters") is None:
        corpus.pop("characters", None)
    return corpus


def _title(value: object, depth: int = 1) -> dict[str, Any] | None:
    """Return a translatable name in the form of `Message.as_json`; None for anything else."""
    match value:
        case {"message": str(message), "template": str(template), "values": dict(values)}:
            if depth > _MAX_TITLE_DEPTH:
                return None
            return {
                "message": _short_text(message, "message"),
                "template": _short_text(template, "template"),
                "values": {
                    _short_text(name, "name"): _title(entry, depth + 1)
                    for name, entry in list(values.items())[:_MAX_ENTRIES]
                    if isinstance(entry, dict)
                }
                | _simple(values, "values"),
            }
    return None


def _results(value: object, key: str) -> dict[str, Any]:
    """Check results: numbers by name, and `baselines`, which are numbers by name too."""
    results = {
        _short_text(name, key): _number(number, name)
        for name, number in _object(value, key).items()
        if name != "baselines"
    }
    baselines = value.get("baselines") if isinstance(value, dict) else None
    if baselines is None:
        return results
    numbers = _object(baselines, "baselines").items()
    return results | {
        "baselines": {_short_text(name, key): _number(n, name) for name, n in numbers}
    }


def _numbers(value: object, key: str) -> dict[str, Any]:
    """Check an object of numbers."""
    return {_short_text(name, key): _number(n, name) for name, n in _object(value, key).items()}


def _simple(value: object, key: str) -> dict[str, Any]:
    """Keep the texts, numbers, booleans and nulls of an object, and leave out the rest."""
    kept: dict[str, Any] = {}
    for name, entry in _object(value, key).items():
        if entry is None or isinstance(entry, bool):
            kept[_short_text(name, key)] = entry
        elif isinstance(entry, str):
            kept[_short_text(name, key)] = _short_text(entry, name)
        elif isinstance(entry, int | float):
            kept[_short_text(name, key)] = _number(entry, name[:_MAX_NAME_CHARACTERS])
    return kept


def _prefixes(value: object, key: str) -> list[str]:
    """Return a list of texts, cut. Raises ValueError for anything else."""
    if not isinstance(value, list) or not all(isinstance(prefix, str) for prefix in value):
        raise ValueError(Message("its {key} are not a list of texts", key=key))
    cut = (prefix[:_MAX_PREFIX_CHARACTERS].encode("utf-8", "replace").decode() for prefix in value)
    return list(cut)[:_MAX_ENTRIES]


_CHECKS: dict[str, Callable[[object, str], Any]] = {
    "name": _short_text,
    "corpus": _corpus,
    "recipe": _short_text,
    "training": _simple,
    "results": _results,
    "recitation": _numbers,
    "prefixes": _prefixes,
    "started_from": _simple,
}
