"""What a checkpoint says of its making, proved: a stranger wrote it, and pages show it.

Known entries have the types that readers rely on; numbers are finite; and nothing is longer than
a page can bear: texts and lists are cut, not refused, since a prefix may well be a long one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import Message, escape_invisible

_NAME, _PREFIX = 200, 1_000  # characters of a name, a prefix
_KEY = 40  # and of an entry's name in a message
_ENTRIES = 100  # of a list or an object


def proved(config: dict[str, Any]) -> dict[str, Any]:
    """The entries of a checkpoint's configuration that are its history: see `Checkpoint.about`.

    Raises ValueError, with what is wrong, if one has another type than it should have.
    """
    return {
        key: check(config[key], key)
        for key, check in _CHECKS.items()
        if config.get(key) is not None
    }


def _name(value: object, key: str) -> str:
    if not isinstance(value, str):
        raise ValueError(Message("its {key} is not a text", key=escape_invisible(key, _KEY)))
    # Half a surrogate pair, which JSON can spell, could be neither shown nor sent.
    return escape_invisible(value, _NAME)


def _number(value: object, key: str) -> float | int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e300:
        raise ValueError(Message("its {key} is not a number", key=escape_invisible(key, _KEY)))
    return value


def _object(value: object, key: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(Message("its {key} is not a JSON object", key=key))
    return dict(list(value.items())[:_ENTRIES])


def _corpus(value: object, key: str) -> dict[str, Any]:
    corpus = _simple(_object(value, key), key)
    if "name" in corpus:
        corpus["name"] = _name(corpus["name"], f"{key}.name")
    if _number(corpus.get("characters"), f"{key}.characters") is None:
        corpus.pop("characters", None)
    return corpus


def _results(value: object, key: str) -> dict[str, Any]:
    results = {
        _name(name, key): _number(number, name)
        for name, number in _object(value, key).items()
        if name != "baselines"
    }
    baselines = value.get("baselines") if isinstance(value, dict) else None
    if baselines is None:
        return results
    numbers = _object(baselines, "baselines").items()
    return results | {"baselines": {_name(name, key): _number(n, name) for name, n in numbers}}


def _simple(value: object, key: str) -> dict[str, Any]:
    """An object of texts, numbers, true, false and null; what is none of these is left out."""
    kept: dict[str, Any] = {}
    for name, entry in _object(value, key).items():
        if entry is None or isinstance(entry, bool):
            kept[_name(name, key)] = entry
        elif isinstance(entry, str):
            kept[_name(name, key)] = _name(entry, name)
        elif isinstance(entry, int | float):
            kept[_name(name, key)] = _number(entry, name[:_NAME])
    return kept


def _prefixes(value: object, key: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(prefix, str) for prefix in value):
        raise ValueError(Message("its {key} are not a list of texts", key=key))
    cut = (prefix[:_PREFIX].encode("utf-8", "replace").decode() for prefix in value)
    return list(cut)[:_ENTRIES]


_CHECKS: dict[str, Callable[[object, str], Any]] = {
    "name": _name,
    "corpus": _corpus,
    "recipe": _name,
    "training": _simple,
    "results": _results,
    "prefixes": _prefixes,
}
