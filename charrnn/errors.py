"""The one error that people are meant to see.

`UserError` is something that whoever runs the program can put right, worded for them; the
command line prints it as one line and the page shows it beside the field that caused it.
Anything else that is raised is a bug.
"""

from __future__ import annotations

import traceback
import unicodedata

_LONGEST = 1_000  # characters of a message
_JOINERS = "\u200c\u200d"  # which Persian words and many an emoji are written with


class UserError(Exception):
    """A mistake in what was asked, with the way out in its message.

    `field` names the input that caused it (a setting such as `"hidden_size"`, or `"prefix"`,
    `"corpus"`), so that a page can show the message there; None when no single field did. `also`
    names those that it does not go with.
    """

    def __init__(
        self, message: str, *, field: str | None = None, also: tuple[str, ...] = ()
    ) -> None:
        self.message = visible(message, _LONGEST)
        super().__init__(self.message)
        self.field, self.also = field, also


def whereabouts(error: BaseException) -> str:
    """The kind of an error and the places that it came by, for a log. Its words stay out: they
    could hold anything, a token among them."""
    places = "".join(traceback.format_tb(error.__traceback__))
    return f"{type(error).__name__}\n{places}"


def visible(text: str, most: int | None = None) -> str:
    """A stranger's words on one line: a file's name, a setting that nobody knows.

    Control characters, line ends, halves of surrogate pairs and what turns the reading direction
    are written as escapes (\\x1b, \\u202e), so that they can neither be sent to a terminal nor
    hide. What is longer than `most` characters is cut.
    """
    shown = "".join(map(_visible, text if most is None else text[: most + 1]))
    return shown if most is None or len(shown) <= most else shown[: most - 1] + "…"


def quoted(value: object, most: int = 60) -> str:
    """A value that somebody gave, as it would be written in Python, cut if it is long."""
    if isinstance(value, str) and len(value) > most:
        value = value[: most - 1] + "…"
    try:
        shown = repr(value)
    except (ValueError, RecursionError):  # a number of thousands of digits, a list within a list …
        shown = "a long number" if isinstance(value, int) else "a value"
    return visible(shown, None if isinstance(value, str) else most)


def _visible(character: str) -> str:
    hidden = unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    if hidden and character not in _JOINERS:
        return character.encode("unicode_escape").decode()
    return character
