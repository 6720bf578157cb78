"""What callers pass, checked: whole numbers, numbers and texts of the right type, or a `UserError`.

Ranges are for whoever knows what the argument means; settings of a configuration carry their own
rules (`charrnn.utils.config_fields`).
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
    """A whole number; one written as a float, 5.0, will do, for JSON knows no difference.

    Raises UserError for the field `name` if it is anything else, True and False included.
    """
    if isinstance(value, Integral) and not isinstance(value, bool):
        return int(value)
    result = as_float(value, name, Message("give a whole number"))
    if not result.is_integer():
        raise _wrong(value, name, Message("give a whole number"))
    return int(result)


def as_float(value: object, name: str, wanted: Message = _A_NUMBER) -> float:
    """A number, maybe an infinite one. Raises UserError for the field `name` if it is none.

    `wanted` says in the message what to give.
    """
    if isinstance(value, Real) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:  # a whole number of hundreds of digits
            pass
    raise _wrong(value, name, wanted)


def as_text(value: object, name: str) -> str:
    """A text. Raises UserError for the field `name` if it is none."""
    if isinstance(value, str):
        return value
    raise _wrong(value, name, Message("give a text"))


def as_instance(value: object, kind: type[_T], name: str, wanted: Message) -> _T:
    """Return `value`, which has to be of a class. Raises UserError for the field `name` if it is
    not; `wanted` says what to give."""
    if isinstance(value, kind):
        return value
    raise _wrong(value, name, wanted)


def as_texts(value: object, name: str) -> tuple[str, ...]:
    """Return several texts, or one alone, as a tuple. Raises UserError for anything else."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        return tuple(value)
    raise _wrong(value, name, Message("give a text or a list of texts"))


def as_symbols(value: object) -> tuple[str, ...]:
    """Return the symbols of a vocabulary as a tuple. Raises UserError for what is no list of texts,
    one text included, which is a list of characters to Python."""
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        strings = tuple(value)
        if all(isinstance(one, str) for one in strings):
            return strings
    wanted = Message("give a list of texts, <unk> first; Vocabulary.from_text makes one of a text")
    raise _wrong(value, "symbols", wanted)


def as_path(value: object, name: str) -> Path:
    """Return the path of a file or directory. Raises UserError for what is none."""
    if isinstance(value, str | os.PathLike):
        with suppress(TypeError):  # a path of bytes
            return Path(value)
    raise _wrong(value, name, Message("give a path"))


def check_checkpoint(value: object) -> None:
    """Raise UserError where something else stands than a checkpoint, which has a model and a
    vocabulary: a path, say, or a model alone."""
    if not (hasattr(value, "model") and hasattr(value, "vocabulary")):
        raise _wrong(value, "checkpoint", Message("give what load() returns"))


def clean_text(value: object) -> str:
    """What someone typed, fit to be shown and sent: LF line ends, no half of a surrogate pair.

    Whole pairs become the character that they stand for. Nothing is left of what is no text.
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
