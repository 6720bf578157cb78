"""Concepts that a hidden unit may follow: being inside quotes, the position in a line, a pattern.

A concept marks characters of a text. Regular expressions may come from strangers, so RE2 matches
them: the time of one search grows only linearly with the length of the text.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import re2  # type: ignore[import-untyped]
from numpy.typing import NDArray

from ..errors import UserError, escape_invisible, short_repr
from ..utils.yield_points import yield_point

Marks = NDArray[np.bool_]  # whether each character of a text is marked, (N,)
Positions = NDArray[np.float64]  # the position of each character in its line, (N,)
Spans = Sequence[tuple[int, int]]  # begin and end (not included) of spans of characters

LINE_POSITION = "line-position"
MAX_PATTERN_CHARACTERS = 200
MAX_SPANS = 1_000
_MAX_PATTERN_BYTES = 1 << 20  # of memory that a compiled pattern may take
_MAX_MATCHING_SECONDS = 5.0
_EDGE_CHARACTERS = 3  # that count as the start, or the end, of a line
_MAX_SPEAKER_CHARACTERS = 40
_QUOTES = {"“": "”", "«": "»", "「": "」", "『": "』", '"': '"'}
_BRACKETS = {"(": ")", "[": "]", "{": "}", "（": "）", "【": "】", "《": "》"}
_INDENTATION = re.compile(r"^[ \t\u3000]+", re.MULTILINE)
_SPEAKER = re.compile(rf"^[^\W\d_a-z][^\n:.!?]{{0,{_MAX_SPEAKER_CHARACTERS}}}:$", re.MULTILINE)


@dataclass(frozen=True)
class Concept:
    """Something that characters of a text have in common.

    `mark` marks the characters of a text that have it, (N,). If `numeric`, it returns a number for
    each character instead, such as the position in its line.
    """

    name: str
    mark: Callable[[str], Marks | Positions]
    numeric: bool = False


def parse_concept(concept: object) -> Concept:
    """Return the concept that a user names.

    That is a name of `CONCEPTS`, a regular expression between slashes (`/th./`), or the begins and
    ends of spans of characters, as a list or as JSON: `[[0, 12], [40, 44]]`. Raises UserError for
    anything else.
    """
    if isinstance(concept, str):
        name = concept.strip()
        if name in CONCEPTS:
            return CONCEPTS[name]
        if len(name) > 2 and name.startswith("/") and name.endswith("/"):
            return _pattern_concept(name)
        if name.startswith("["):
            concept = _parse_json(name)
    if isinstance(concept, list | tuple) and concept and all(map(_is_span, concept)):
        if len(concept) > MAX_SPANS:
            raise UserError(
                "Give at most {most:,} spans of characters.", most=MAX_SPANS, field="concept"
            )
        spans = [(int(begin), int(end)) for begin, end in concept]
        return Concept("selection", lambda text: mark_spans(len(text), spans))
    raise UserError(
        "concept = {value}: give one of {names}, a regular expression between slashes such as "
        "/th./, or spans of characters such as [[0, 12], [40, 44]].",
        value=short_repr(concept),
        names=list(CONCEPTS),
        field="concept",
    )


def mark_spans(length: int, spans: Iterable[tuple[int, int]]) -> Marks:
    """Mark the characters of some spans in a text of `length` characters."""
    marks = np.zeros(length, bool)
    for begin, end in spans:
        marks[begin:end] = True
    return marks


def _pattern_concept(name: str) -> Concept:
    """Return the concept of all matches of a regular expression between slashes."""
    if len(name) - 2 > MAX_PATTERN_CHARACTERS:
        raise UserError(
            "A regular expression can have at most {most} characters: give a shorter one.",
            most=MAX_PATTERN_CHARACTERS,
            field="concept",
        )
    options = re2.Options()
    options.max_mem, options.log_errors = _MAX_PATTERN_BYTES, False
    try:
        pattern = re2.compile(name[1:-1].encode(), options)
    except re2.error as error:
        why = error.args[0] if error.args else b""
        detail = why.decode("utf-8", "replace") if isinstance(why, bytes) else str(why)
        raise UserError(
            "{pattern} is not a regular expression that can be used here: {why}.",
            pattern=escape_invisible(name, 100),
            why=escape_invisible(detail, 100),
            field="concept",
        ) from error

    def mark(text: str) -> Marks:
        data = text.encode("utf-8", "replace")
        begins = np.frombuffer(data, np.uint8) & 0xC0 != 0x80  # bytes that begin a character
        marks: Marks = mark_spans(len(data), _match_spans(pattern, data))[begins]
        return marks

    return Concept(name, mark)


def _match_spans(pattern: re2._Regexp, data: bytes) -> Iterator[tuple[int, int]]:
    """Yield the spans of all matches, in bytes. Raises UserError if that takes too long."""
    deadline = time.monotonic() + _MAX_MATCHING_SECONDS
    for number, match in enumerate(pattern.finditer(data)):
        if number % 256 == 0:
            yield_point()
        if time.monotonic() > deadline:
            raise UserError(
                "This regular expression takes too long on this text: give a simpler one, or a "
                "shorter text.",
                field="concept",
            )
        yield match.span()


def _parse_json(text: str) -> object:
    """Parse JSON; return the text itself if it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _is_span(value: object) -> bool:
    """Check that a value is a pair of integers 0 ≤ begin < end."""
    if not (isinstance(value, list | tuple) and len(value) == 2):
        return False
    begin, end = value
    return type(begin) is int and type(end) is int and 0 <= begin < end


def _inside(pairs: dict[str, str]) -> Callable[[str], Marks]:
    """Return a function that marks what is between an opening character and its closing one.

    `pairs` maps the opening characters to the closing ones. An empty line closes all of them, since
    a closing character may have been forgotten.
    """

    def mark(text: str) -> Marks:
        marks, opened = np.zeros(len(text), bool), list[tuple[str, int]]()
        for place, character in enumerate(text):
            if character == "\n" and text.startswith("\n\n", place):
                opened.clear()
            elif opened and character == opened[-1][0]:
                marks[opened.pop()[1] : place] = True
            elif character in pairs:
                opened.append((pairs[character], place + 1))
        return marks

    return mark


def _where(condition: Callable[[str], bool]) -> Callable[[str], Marks]:
    """Return a function that marks the characters for which `condition` holds."""

    def mark(text: str) -> Marks:
        points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
        different, places = np.unique(points, return_inverse=True)
        table = np.array([condition(chr(point)) for point in different.tolist()], bool)
        marks: Marks = table[places.reshape(-1)]
        return marks

    return mark


def _matching(pattern: re.Pattern[str]) -> Callable[[str], Marks]:
    """Return a function that marks all matches of a pattern of our own."""
    return lambda text: mark_spans(len(text), (match.span() for match in pattern.finditer(text)))


_letters, _upper, _newlines = _where(str.isalpha), _where(str.isupper), _where("\n".__eq__)


def _word_starts(text: str) -> Marks:
    """Mark the first letter of each word."""
    letters = _letters(text)
    starts: Marks = letters & ~np.concatenate([[False], letters[:-1]])
    return starts


def _capitals(text: str) -> Marks:
    """Mark words of two letters or more, all of them capitals."""
    begins, ends = run_bounds(_letters(text))
    capitals = np.concatenate([[0], np.cumsum(_upper(text))])
    whole = (capitals[ends] - capitals[begins] == ends - begins) & (ends - begins >= 2)
    return mark_spans(len(text), zip(begins[whole].tolist(), ends[whole].tolist(), strict=True))


def run_bounds(marks: Marks) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the begins and the ends (not included) of the runs of marked characters."""
    padded = np.concatenate([[False], marks, [False]])
    return np.flatnonzero(padded[1:] & ~padded[:-1]), np.flatnonzero(padded[:-1] & ~padded[1:])


def line_position(text: str) -> Positions:
    """Return the number of characters of its line up to each character, (N,); 0 for a newline."""
    places = np.arange(1, len(text) + 1)
    ends = np.maximum.accumulate(np.where(_newlines(text), places, 0))
    positions: Positions = (places - ends).astype(np.float64)
    return positions


def _line_starts(text: str) -> Marks:
    """Mark the first characters of each line."""
    return (line_position(text) <= _EDGE_CHARACTERS) & ~_newlines(text)


def _line_ends(text: str) -> Marks:
    """Mark the last characters of each line before its newline."""
    newlines = _newlines(text)
    ends = np.zeros(len(text), bool)
    for distance in range(1, _EDGE_CHARACTERS + 1):
        ends[: max(0, len(text) - distance)] |= newlines[distance:]
    return ends & ~newlines


CONCEPTS: dict[str, Concept] = {
    concept.name: concept
    for concept in (
        Concept("quotes", _inside(_QUOTES)),
        Concept("brackets", _inside(_BRACKETS)),
        Concept("line-start", _line_starts),
        Concept("line-end", _line_ends),
        Concept(LINE_POSITION, line_position, numeric=True),
        Concept("capitals", _capitals),
        Concept("digits", _where(str.isdigit)),
        Concept("word-start", _word_starts),
        Concept("indentation", _matching(_INDENTATION)),
        Concept("speaker", _matching(_SPEAKER)),
    )
}
