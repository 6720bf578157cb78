"""Check JSON objects that were written earlier, maybe by another version, field by field.

A schema maps the name of each known field to a reader and a default. A missing field gets its
default, unless that is ABSENT. An unknown field is kept as it is. A known field of the wrong type
raises ValueError with its name. Readers take a value and return it, or raise ValueError.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Reader = Callable[[Any], Any]
Schema = Mapping[str, tuple[Reader, Any]]
ABSENT = object()  # the default of a field that earlier versions did not write

_MAX_INTEGER = 1 << 53  # beyond it, JavaScript's numbers skip integers
_MAX_NUMBER = 1e300


def check_fields(schema: Schema, value: object) -> dict[str, Any]:
    """Return the object with its known fields checked and the missing ones at their defaults."""
    if type(value) is not dict:
        raise ValueError("not a JSON object")
    known = {}
    for name, (reader, default) in schema.items():
        if default is ABSENT and name not in value:
            continue
        try:
            known[name] = reader(value.get(name, default))
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
    return value | known


def anything(value: Any) -> Any:
    """Read any value."""
    return value


def read_count(value: Any) -> int:
    """Read a count: a whole number from 0 to 2**53."""
    if type(value) is int and 0 <= value <= _MAX_INTEGER:
        return value
    raise ValueError("not a whole number")


def read_number(value: Any) -> float:
    """Read a finite number."""
    if type(value) in (int, float) and abs(value) <= _MAX_NUMBER:  # false for NaN
        return value  # type: ignore[no-any-return]
    raise ValueError("not a number")


def read_non_negative(value: Any) -> float:
    """Read a number of at least 0, such as a time."""
    if read_number(value) >= 0:
        return value  # type: ignore[no-any-return]
    raise ValueError("below 0")


def read_positive(value: Any) -> float:
    """Read a number above 0, such as a perplexity."""
    if read_number(value) > 0:
        return value  # type: ignore[no-any-return]
    raise ValueError("not above 0")


def read_text(value: Any) -> str:
    """Read a string."""
    if isinstance(value, str):
        return value
    raise ValueError("not a text")


def list_of(reader: Reader) -> Reader:
    """Make a reader of a list whose entries `reader` reads."""

    def read(value: Any) -> list[Any]:
        if isinstance(value, list):
            return [reader(one) for one in value]
        raise ValueError("not a list")

    return read


def optional(reader: Reader) -> Reader:
    """Make a reader that accepts None as well."""
    return lambda value: None if value is None else reader(value)


def one_of(*choices: str) -> Reader:
    """Make a reader of one of these strings."""

    def read(value: Any) -> str:
        if value in choices and isinstance(value, str):
            return value
        raise ValueError("none of the choices")

    return read


def table_of(reader: Reader) -> Reader:
    """Make a reader of an object with any names, whose values `reader` reads."""

    def read(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise ValueError("not a JSON object")
        return {read_text(name): reader(entry) for name, entry in value.items()}

    return read


def nested(schema: Schema) -> Reader:
    """Make a reader of an object with a schema of its own."""
    return lambda value: check_fields(schema, value)
