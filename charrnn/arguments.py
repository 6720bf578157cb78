"""What callers pass, checked: whole numbers, numbers and texts of the right type, or a `UserError`.

Ranges are for whoever knows what the argument means; settings of a configuration carry their own
rules (`charrnn.settings`).
"""

from __future__ import annotations

from numbers import Integral, Real
from os import PathLike

from .errors import UserError, quoted


def whole(value: object, name: str) -> int:
    """A whole number; one written as a float, 5.0, will do, for JSON knows no difference.

    Raises UserError for the field `name` if it is anything else, True and False included.
    """
    if isinstance(value, Integral) and not isinstance(value, bool):
        return int(value)
    result = number(value, name, "a whole number")
    if not result.is_integer():
        raise _wrong(value, name, "a whole number")
    return int(result)


def number(value: object, name: str, wanted: str = "a number") -> float:
    """A number, maybe an infinite one. Raises UserError for the field `name` if it is none.

    `wanted` says in the message what to give.
    """
    if isinstance(value, Real) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:  # a whole number of hundreds of digits
            pass
    raise _wrong(value, name, wanted)


def text(value: object, name: str) -> str:
    """A text. Raises UserError for the field `name` if it is none."""
    if isinstance(value, str):
        return value
    raise _wrong(value, name, "a text")


def no_path(value: object, name: str, wanted: str) -> None:
    """Raises UserError for the field `name` if a text or a path stands where what could be made of
    it belongs; `wanted` says what that is."""
    if isinstance(value, str | PathLike):
        raise _wrong(value, name, wanted)


def clean(value: object) -> str:
    """What someone typed, fit to be shown and sent: LF line ends, no half of a surrogate pair.

    Whole pairs become the character that they stand for. Nothing is left of what is no text.
    """
    if not isinstance(value, str):
        return ""
    lines = value.replace("\r\n", "\n").replace("\r", "\n")
    return lines.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _wrong(value: object, name: str, wanted: str) -> UserError:
    return UserError(f"{name} = {quoted(value, 40)}: give {wanted}.", field=name)
