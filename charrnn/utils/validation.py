"""Check the types of arguments of the public API: integers, numbers, texts, or a `UserError`.

Ranges are checked by the function that knows the argument; settings of a configuration carry their
own rules (`charrnn.utils.config_fields`).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from numbers import Integral, Real
from pathlib import Path
from typing import TypeVar

from ..errors import Message, UserError, short_repr

_T = TypeVar("_T")
_A_NUMBER = Message("give a number")


def as_int(value: object, name: str) -> int:
    """Return an integer; a float without a fraction, such as 5.0, is accepted, as in JSON.

    Raises UserError for the field `name` for anything else, True and False included.
    """
    if isinstance(value, Integral) and not isinstance(value, bool):
        return int(value)
    result = as_float(value, name, Message("give a whole number"))
    if not result.is_integer():
        raise _wrong(value, name, Message("give a whole number"))
    return int(result)


def as_bool(value: object, name: str) -> bool:
    """Return True or False. Raises UserError for the field `name` for anything else."""
    return as_instance(value, bool, name, Message("choose true or false"))


def as_float(value: object, name: str, wanted: Message = _A_NUMBER) -> float:
    """Return a number, which may be infinite. Raises UserError for the field `name` otherwise.

    `wanted` says in the message what to give.
    """
    if isinstance(value, Real) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:  # an integer of hundreds of digits
            pass
    raise _wrong(value, name, wanted)


def as_text(value: object, name: str) -> str:
    """Return a string. Raises UserError for the field `name` for anything else."""
    if isinstance(value, str):
        return value
    raise _wrong(value, name, Message("give a text"))


def as_instance(value: object, kind: type[_T], name: str, wanted: Message) -> _T:
    """Return `value`, which must be an instance of `kind`.

    Raises UserError for the field `name` otherwise; `wanted` says in the message what to give.
    """
    if isinstance(value, kind):
        return value
    raise _wrong(value, name, wanted)


def as_texts(value: object, name: str) -> tuple[str, ...]:
    """Return several strings, or one alone, as a tuple. Raises UserError for anything else."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        return tuple(value)
    raise _wrong(value, name, Message("give a text or a list of texts"))


def as_symbols(value: object) -> tuple[str, ...]:
    """Return the symbols of a vocabulary as a tuple.

    Raises UserError for anything but a list of strings. One string is refused too: to Python it is
    a list of characters.
    """
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        strings = tuple(value)
        if all(isinstance(one, str) for one in strings):
            return strings
    wanted = Message(
        "give a list of texts, <unk> first; Vocabulary.from_text makes one from a text"
    )
    raise _wrong(value, "symbols", wanted)


def as_path(value: object, name: str) -> Path:
    """Return the path of a file or directory. Raises UserError for anything else."""
    if isinstance(value, str | os.PathLike):
        with suppress(TypeError):  # a path of bytes
            return Path(value)
    raise _wrong(value, name, Message("give a path"))


def check_checkpoint(value: object, name: str = "checkpoint") -> None:
    """Raise UserError unless the argument `name` is a checkpoint: a model with a vocabulary."""
    if not (hasattr(value, "model") and hasattr(value, "vocabulary")):
        raise _wrong(value, name, Message("give what load() returns"))


def clean_text(value: object) -> str:
    """Normalize typed text for display and encoding: LF line ends, no lone surrogates.

    Surrogate pairs become the character that they encode. The result is empty for anything but a
    string.
    """
    if not isinstance(value, str):
        return ""
    lines = value.replace("\r\n", "\n").replace("\r", "\n")
    return lines.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _wrong(value: object, name: str, wanted: Message) -> UserError:
    return UserError(
        "{setting} = {value}: {wanted}.",
        setting=name,
        value=short_repr(value, 40),
        wanted=wanted,
        field=name,
    )
