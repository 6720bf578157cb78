"""Extract the spoken text of subtitles (.srt, .vtt), without numbers, times and formatting."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from . import WrongFormatError

_CUE_TIME = re.compile(
    r"[ \t]*(?:\d{1,3}:)?\d{1,2}:\d\d[,.]\d{1,3}[ \t]*-->[ \t]*(?:\d{1,3}:)?\d{1,2}:\d\d[,.]\d{1,3}"
)
_BEGINNING = re.compile(
    r"\s*(?:WEBVTT\b|\d{1,9}[ \t]*\r?[\n\r][ \t]*\d{1,3}:\d\d:\d\d[,.]\d{1,3}[ \t]*-->)"
)
_FORMATTING = re.compile(r"<[^<>\n]{0,200}>|\{\\[^{}\n]{0,200}\}")


def begins_like_subtitles(head: str) -> bool:
    """Return whether a file begins with WEBVTT, or with the number and the time of a first cue."""
    return _BEGINNING.match(head) is not None


def has_cues(head: str) -> bool:
    """Return whether there is the time of a cue anywhere."""
    return "-->" in head and any(map(_CUE_TIME.match, head.splitlines()))


def text_of_subtitles(text: str) -> str:
    """Return the lines of all cues; a line that repeats the one before it is left out.

    Raises WrongFormatError if there are no cues.
    """
    said: list[str] = []
    for line in _lines_of_cues(text):
        shown = html.unescape(_FORMATTING.sub("", line)).replace("\xa0", " ").strip()
        if shown and said[-1:] != [shown]:
            said.append(shown)
    if not said:
        raise WrongFormatError
    return "\n".join(said)


def _lines_of_cues(text: str) -> Iterator[str]:
    """Yield the lines that follow the time of a cue, up to an empty line or the next cue."""
    lines = text.splitlines()
    within = False
    for i, line in enumerate(lines):
        if "-->" in line and _CUE_TIME.match(line):
            within = True
        elif not line.strip():
            within = False
        elif within and not _is_number_of_next(lines, i):
            yield line


def _is_number_of_next(lines: list[str], i: int) -> bool:
    """Return whether a line is the number of the next cue, without an empty line before it."""
    return (
        lines[i].strip().isdigit()
        and i + 1 < len(lines)
        and _CUE_TIME.match(lines[i + 1]) is not None
    )
