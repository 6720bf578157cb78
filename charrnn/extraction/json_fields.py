"""Extract the fields of JSON and of JSON Lines, and the cells of notebooks.

The path of a field is the keys that lead to it, joined by dots, without positions in lists. So
`messages.content` is the `content` of all messages of all records.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from . import Extract, WrongFormatError
from .notebooks import is_notebook, parse_notebook
from .part_choice import PartStats, choose

MAX_FIELDS = 10_000
STRINGS = "strings"  # the path of strings outside of any object

_MAX_KEYS = 64  # an object with more is a list by names, whose keys are not put into paths
_MAX_BAD_SHARE = 0.01  # of the lines of a JSON Lines file
_SAMPLED_STRINGS = 50_000  # by which the field with the most text is found


def parse_json(text: str, wanted: str | None, *, listed_only: bool = False) -> Extract:
    """Return the text of a field of a JSON file, by default of the one with the most text.

    A file of JSON Lines, which may have any name, is read too. Raises WrongFormatError for text
    that is no JSON or has no strings, and NoSuchPartError if there is no such field.
    """
    try:
        value = _decode(text)
    except ValueError:
        return parse_lines(text, wanted, listed_only=listed_only)
    if is_notebook(value):
        return parse_notebook(value, wanted, listed_only=listed_only)
    return _choose("json", lambda: [value], wanted, listed_only=listed_only)


def parse_lines(text: str, wanted: str | None, *, listed_only: bool = False) -> Extract:
    """Return the text of a field of a JSON Lines file, as `parse_json` does.

    Invalid lines are left out: up to one in a hundred, and the last one.
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
    """Yield the lines that are not blank."""
    return filter(str.strip, io.StringIO(text))


def _values(text: str) -> Iterator[Any]:
    """Yield the values of the valid lines of a JSON Lines file."""
    for line in _lines(text):
        try:
            yield _decode(line)
        except ValueError:
            continue


def _decode(text: str) -> Any:
    """Decode JSON with None for numbers. Raises ValueError for invalid or too deep JSON."""
    try:
        return json.loads(text, parse_int=_none, parse_float=_none, parse_constant=_none)
    except RecursionError:
        raise ValueError from None


def _none(number: str) -> None:
    """Return None for a number: converting one of a million digits would take long."""


def _choose(
    file_format: str,
    values: Callable[[], Iterable[Any]],
    wanted: str | None,
    *,
    listed_only: bool,
) -> Extract:
    """Choose a field by how much text each has. Raises WrongFormatError if none has any."""
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
    """Yield the path and the string of each string in some values, in their order."""
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
    """Return the path of a key in the object at `path`."""
    return f"{path}.{key}" if path else key
