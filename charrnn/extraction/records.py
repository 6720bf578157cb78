"""Fields of JSON and of JSON Lines, and the cells of notebooks.

The path of a field is the keys that lead to it, joined by dots; positions in lists are left out. So
`messages.content` is what every message of every record says.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from . import Extract, WrongFormatError
from .notebooks import is_notebook, parse_notebook
from .parts import PartStats, choose

MAX_FIELDS = 10_000
STRINGS = "strings"  # the path of strings that stand outside of any object

_MAX_KEYS = 64  # of an object; one with more is a list with names, and its keys are not in paths
_MAX_BAD_SHARE = 0.01  # of lines that are no JSON
_SAMPLED_STRINGS = 50_000  # that are looked at to find the field with the most text


def parse_json(text: str, wanted: str | None, *, listed_only: bool = False) -> Extract:
    """Return the text of a field of a JSON file, by default of the one with the most text.

    Raises WrongFormatError if this is no JSON, or has no text in it, and NoSuchPartError if it has
    no such field.
    """
    try:
        value = _decode(text)
    except ValueError:  # JSON Lines may have any name
        return parse_lines(text, wanted, listed_only=listed_only)
    if is_notebook(value):
        return parse_notebook(value, wanted)
    return _choose("json", lambda: [value], wanted, listed_only=listed_only)


def parse_lines(text: str, wanted: str | None, *, listed_only: bool = False) -> Extract:
    """Return the text of a field of a JSON Lines file, as `parse_json` does.

    One line in a hundred may be damaged, and is left out; so may the last one.
    """
    good = bad = 0
    last_is_bad = False
    for line in _lines(text):
        try:
            last_is_bad = not isinstance(_decode(line), dict | list | str)
        except ValueError:
            last_is_bad = True
        good, bad = good + (not last_is_bad), bad + last_is_bad
    if not good or bad - last_is_bad > _MAX_BAD_SHARE * good:
        raise WrongFormatError
    return _choose("jsonl", lambda: _values(text), wanted, listed_only=listed_only)


def _lines(text: str) -> Iterator[str]:
    return filter(str.strip, io.StringIO(text))


def _values(text: str) -> Iterator[Any]:
    for line in _lines(text):
        try:
            yield _decode(line)
        except ValueError:
            continue


def _decode(text: str) -> Any:
    """Decode JSON; numbers become None. Raises ValueError if it is none, or too deeply nested."""
    try:
        return json.loads(text, parse_int=_none, parse_float=_none, parse_constant=_none)
    except RecursionError:
        raise ValueError from None


def _none(number: str) -> None:
    """Stand for a number: converting one of a million digits would take long."""


def _choose(
    file_format: str,
    values: Callable[[], Iterable[Any]],
    wanted: str | None,
    *,
    listed_only: bool,
) -> Extract:
    stats: dict[str, PartStats] = {}
    for number, (path, string) in enumerate(_strings(values())):
        if path not in stats:
            if len(stats) == MAX_FIELDS:
                raise WrongFormatError
            stats[path] = PartStats()
        stats[path].add(string.strip(), sampled=number < _SAMPLED_STRINGS)
    if not any(stat.characters for stat in stats.values()):
        raise WrongFormatError
    return choose(
        file_format,
        stats,
        wanted,
        None
        if listed_only
        else lambda path: (string for own, string in _strings(values()) if own == path),
    )


def _strings(values: Iterable[Any]) -> Iterator[tuple[str, str]]:
    """Yield each string in some values with its path, in the order of the file."""
    for value in values:
        waiting = [("", value)]
        while waiting:
            path, one = waiting.pop()
            if isinstance(one, str):
                yield path or STRINGS, one
            elif isinstance(one, list):
                waiting += [(path, element) for element in reversed(one)]
            elif isinstance(one, dict):
                nested = [(path if len(one) > _MAX_KEYS else _joined(path, key), element)
                          for key, element in one.items()]  # fmt: skip
                waiting += reversed(nested)


def _joined(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
