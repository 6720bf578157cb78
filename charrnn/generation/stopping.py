"""Where a generated text ends before its length: after a string, or after a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import UserError, short_repr
from ..utils import validation

MAX_STOPS = 16  # strings that may end a text
MAX_STOP_CHARACTERS = 100  # of one of them

_ENDS, _WIDE_ENDS = ".!?…", "。！？"
_CLOSING = "\"'”’»)]」』》）〉】"
_SENTENCE_SHARE = 0.75  # of the length, before which no sentence ends a text
# After these a full stop does not end a sentence. Initials such as "H. G." do not either.
_ABBREVIATIONS = frozenset({"mr", "mrs", "ms", "dr", "st", "prof", "vs", "etc", "e.g", "i.e", "no"})
_TAIL_CHARACTERS = 24  # that are looked back at: a word, an end mark and what closes


def check_stop(value: str | Sequence[str]) -> tuple[str, ...]:
    """Return the strings that end a text. Raises UserError for an empty or a long one."""
    strings = validation.as_texts(value, "stop")
    if len(strings) > MAX_STOPS:
        raise UserError("Give at most {most} strings to stop at.", most=MAX_STOPS, field="stop")
    for string in strings:
        if not 0 < len(string) <= MAX_STOP_CHARACTERS:
            raise UserError(
                "stop = {value}: give a string of 1 to {most} characters.",
                value=short_repr(string, 40),
                most=MAX_STOP_CHARACTERS,
                field="stop",
            )
    return tuple(strings)


def finishing_after(length: int) -> int:
    """Return after how many of `length` characters a sentence may end a text, to finish one."""
    return int(_SENTENCE_SHARE * length)


def check_sentence_after(value: int | None) -> int | None:
    """Return after how many characters a sentence may end the text, or None. Raises UserError."""
    if value is None:
        return None
    count = validation.as_int(value, "sentence_after")
    if count < 0:
        raise UserError(
            "sentence_after = {value}: give a whole number of at least 0.",
            value=short_repr(count, 40),
            field="sentence_after",
        )
    return count


class Ending:
    """Watches the characters of a text for a place where it ends.

    A string to stop at is part of the text. What shows that a sentence is over, such as the blank
    after it, is not. `watches` is false where nothing but the length ends the text; then there is
    no need to ask.
    """

    def __init__(self, stop: Sequence[str], sentence_after: int | None) -> None:
        self._stop, self._sentence_after = tuple(stop), sentence_after
        self._width = max(_TAIL_CHARACTERS, *map(len, self._stop), 0)
        self.watches = bool(self._stop) or sentence_after is not None
        self._tail, self._count = "", 0

    def is_before(self, character: str) -> bool:
        """Check whether the text ends before its next character: a sentence has ended there."""
        least = self._sentence_after
        return least is not None and self._count >= least and sentence_ends(self._tail, character)

    def is_reached(self, character: str) -> bool:
        """Take the next character, and check whether the text ends with it."""
        if not self.watches:
            return False
        self._count += 1
        self._tail = (self._tail + character)[-self._width :]
        return bool(self._stop) and self._tail.endswith(self._stop)


def sentence_ends(text: str, character: str) -> bool:
    """Check whether a text ends with a whole sentence, given the character that comes next.

    Chinese and Japanese sentences end with their mark; others when a blank or a line end follows. A
    blank line ends a sentence without a mark, too.
    """
    if character in _CLOSING + _ENDS + _WIDE_ENDS:
        return False  # it still belongs to the sentence
    closed = text.rstrip(_CLOSING)
    mark = closed[-1:]
    if mark and mark in _WIDE_ENDS:
        return True
    if not character.isspace():
        return False
    if character == "\n" and text.endswith("\n"):
        return bool(text.strip())
    return bool(mark) and mark in _ENDS and not (mark == "." and _is_abbreviation(closed[:-1]))


def _is_abbreviation(before: str) -> bool:
    """Check whether a full stop after this text belongs to a short form or an initial."""
    parts = before.split()
    word = parts[-1].lstrip(_CLOSING + "(“‘«「『《") if parts else ""
    return word.lower() in _ABBREVIATIONS or (len(word) == 1 and word.isupper() and word != "I")
