"""A model card that its owner has edited: renew the parts that charrnn wrote, keep the rest."""

from __future__ import annotations

import re

from .model_card import CARD_MARKS, RESULTS_MARKS, UNKNOWN

_FRONT = re.compile(r"\A---\r?\n(.*?)^---[ \t]*\r?$\n?", re.DOTALL | re.MULTILINE)
_LICENSE = re.compile(r"^license:[ \t]*([a-z0-9][a-z0-9.-]{0,40})[ \t]*\r?$", re.MULTILINE)


def update_card(old: str, new: str) -> str | None:
    """Return the owner's card `old` with charrnn's parts, and the license, taken from `new`.

    Returns None if the text of `old` has lost the marks. Metadata without marks stay as they are,
    and so does the license if `new` names none.
    """
    front, body = _split(old)
    new_front, new_body = _split(new)
    text = _replaced(body, new_body, CARD_MARKS)
    if text is None:
        return None
    metadata = _replaced(front, new_front, RESULTS_MARKS)
    front = front if metadata is None else metadata
    if license_name := license_in(new):
        front = _LICENSE.sub(f"license: {license_name}", front, count=1)
    return front + text


def is_empty_card(text: str) -> bool:
    """Return whether a card has no text yet, as one that the Hub makes with a license."""
    return not _split(text)[1].strip()


def license_in(text: str) -> str | None:
    """Return the license that a card's metadata name; None for an unknown one."""
    found = _LICENSE.search(_split(text)[0])
    return found[1] if found and found[1] != UNKNOWN else None


def _split(text: str) -> tuple[str, str]:
    """Split a card into the metadata, with the lines around them, and the text."""
    found = _FRONT.match(text)
    return (found[0], text[found.end() :]) if found else ("", text)


def _replaced(old: str, new: str, marks: tuple[str, str]) -> str | None:
    """Return `old` with what is between the marks taken from `new`.

    The first opening and the last closing mark count: a sample may contain either.
    """
    spans = []
    for text in (old, new):
        opening, closing = (mark.partition(",")[0].removesuffix(" -->") for mark in marks)
        begin, end = _line(text, opening, first=True), _line(text, closing, first=False)
        if begin is None or end is None or end[0] <= begin[0]:
            return None
        spans.append((begin[0], end[1]))
    (begin_old, end_old), (begin_new, end_new) = spans
    return old[:begin_old] + new[begin_new:end_new] + old[end_old:]


def _line(text: str, beginning: str, *, first: bool) -> tuple[int, int] | None:
    lines = list(re.finditer(rf"^{re.escape(beginning)}[^\n]*$", text, re.MULTILINE))
    return lines[0 if first else -1].span() if lines else None
