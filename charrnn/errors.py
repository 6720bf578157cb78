"""Errors for users, and the messages in them.

A `UserError` is a mistake that the user can correct. The command line prints its message as one
line, and the page shows it beside the field that caused it, in the user's language. Any other
exception is a bug.
"""

from __future__ import annotations

import os
import traceback
import unicodedata
from collections.abc import Mapping
from typing import Any, cast

MAX_MESSAGE_LENGTH = 1_000  # characters of a message
_JOINERS = "\u200c\u200d"  # which Persian words and many an emoji are written with


class Message(str):
    """An English sentence or phrase, together with the template and the values it is made of.

    `template` has the form of `str.format`: `Message("{count:,} files", count=2)`. It is a literal
    string where the message is made, so that a translation is found by it. A value is a number, a
    string, a list of them, which is written with commas, or another `Message`, which is translated
    as well. Control characters are escaped, and what is longer than 1,000 characters is cut.
    """

    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, /, **values: object) -> Message:
        """Fill in the template."""
        shown = {name: as_listed(value) for name, value in values.items()}
        message = super().__new__(
            cls, escape_invisible(template.format(**shown), MAX_MESSAGE_LENGTH)
        )
        message.template, message.values = template, values
        return message

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, object]]:
        """Return the arguments of the constructor, for `copy` and `pickle`."""
        return (self.template,), dict(self.values)

    def as_json(self) -> dict[str, Any]:
        """Return the message as JSON: `message` in English, its `template` and its `values`."""
        values = {name: _json_value(value) for name, value in self.values.items()}
        return {"message": str(self), "template": self.template, "values": values}


def as_listed(value: object, separator: str = ", ") -> object:
    """Return a list or tuple as one string, and anything else as it is."""
    return separator.join(map(str, value)) if isinstance(value, list | tuple) else value


def _json_value(value: object) -> object:
    if isinstance(value, Message):
        return value.as_json()
    if isinstance(value, list | tuple):
        return [_json_value(one) for one in value]
    return value if isinstance(value, int | float) else str(value)


class UserError(Exception):
    """A mistake that the user can correct; the message says how.

    The message is a template with its values (`Message`). `field` names the input that caused the
    error, such as `"hidden_size"`, `"prefix"` or `"corpus"`, so that a page can show the message
    there; None if there is no single one. `also` names the fields that it conflicts with.
    """

    message: Message

    def __init__(
        self,
        template: str,
        /,
        *,
        field: str | None = None,
        also: tuple[str, ...] = (),
        **values: object,
    ) -> None:
        """Fill in the template, or take over a `Message`, such as that of another error."""
        given = isinstance(template, Message)
        self.message = cast(Message, template) if given else Message(template, **values)
        super().__init__(self.message)
        self.field, self.also = field, also

    @property
    def template(self) -> str:
        """The message before its values are filled in."""
        return self.message.template

    @property
    def values(self) -> Mapping[str, object]:
        """The values of the message, by name."""
        return self.message.values


def os_reason(error: OSError) -> str:
    """Return what the operating system says of a failed call, such as "No space left on device"."""
    if error.strerror and error.errno and error.strerror == os.strerror(error.errno):
        return Message(error.strerror)
    return error.strerror or type(error).__name__


def reason(error: BaseException) -> str:
    """Return what an error says: its `Message` if it was made with one."""
    given = error.args[0] if error.args else None
    return given if isinstance(given, Message) else str(error)


def traceback_without_message(error: BaseException) -> str:
    """Return the type and the traceback of an error, for a log.

    Its message stays out: it could hold anything, a token among them.
    """
    places = "".join(traceback.format_tb(error.__traceback__))
    return f"{type(error).__name__}\n{places}"


def escape_invisible(text: str, most: int | None = None) -> str:
    """Write text of unknown origin, such as the name of a file, on one line.

    Control characters, line ends, halves of surrogate pairs and marks of the reading direction
    become escapes (\\x1b, \\u202e), so that they can neither be sent to a terminal nor hide. Text
    longer than `most` characters is cut.
    """
    shown = "".join(map(_escape, text if most is None else text[: most + 1]))
    return shown if most is None or len(shown) <= most else shown[: most - 1] + "…"


def short_repr(value: object, most: int = 60) -> str:
    """Write a value that a user gave as Python would, cut to `most` characters."""
    if isinstance(value, str) and len(value) > most:
        value = value[: most - 1] + "…"
    try:
        shown = repr(value)
    except (ValueError, RecursionError):  # a number of thousands of digits, a list within a list …
        shown = "a long number" if isinstance(value, int) else "a value"
    return escape_invisible(shown, None if isinstance(value, str) else most)


def _escape(character: str) -> str:
    hidden = unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    if hidden and character not in _JOINERS:
        return character.encode("unicode_escape").decode()
    return character
