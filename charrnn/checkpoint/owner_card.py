"""A model card that its owner has edited: renew the parts that charrnn wrote, keep the rest.

The parts go by their names: the headings of `card_template.md.jinja`, and the fields of the
metadata (`owner_metadata.py`). What stands under a heading of charrnn's is renewed; other headings,
and what stands under them, are the owner's, and so is what follows the citation at the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .owner_metadata import names_charrnn, renewed_metadata
from .training_text import UNKNOWN_LICENSE

SECTIONS = (
    "About this model",
    "What it writes",
    "How well it predicts",
    "Writes or recites?",
    "How it learned",
    "Use",
    "Use with plain PyTorch",
    "Text and license",
    "Settings",
    "Versions",
    "Citation",
)
_ALWAYS_THERE = {"What it writes", "How well it predicts"}  # in each card of each version
_CITED = "@book{zhang2023dive,"  # in charrnn's citation; an owner may have one too
_FRONT = re.compile(r"\A\ufeff?---[ \t]*\n(.*?)^---[ \t]*$\n?", re.DOTALL | re.MULTILINE)
_LICENSE = re.compile(r"^license:[ \t]*(['\"]?)([a-z0-9][a-z0-9.-]{0,40})\1[ \t]*$", re.MULTILINE)
_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*)")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_TITLE = re.compile(r"# (\d+ × )?(tanh RNN|ReLU RNN|GRU|LSTM) \d+(, bidirectional)? on ")
# What the first cards had besides sections: comments around charrnn's part, another spelling, and
# a beginning without a heading.
_BEGIN_MARK, _END_MARK = "<!-- charrnn:begin card", "<!-- charrnn:end card"
_OLD_HEADINGS = {"Text and licence": "Text and license"}
_INTRODUCTION = ("A character-level recurrent language model: ", "It started from ")


def update_card(old: str, new: str) -> str | None:
    """Return the owner's card `old` with charrnn's parts taken from `new`.

    Returns None for a card that stays as it is: one of the owner's own, or one with metadata that
    cannot be read. A text of the owner's own stays, and the metadata above it are renewed if they
    say that the model is of charrnn.
    """
    front, body = _split(old)
    new_front, new_body = _split(new)
    if is_own_text(old) and not names_charrnn(front):
        return None
    metadata = renewed_metadata(front, new_front)
    if metadata is None:
        return None
    if not body.strip():
        body = new_body
    elif not is_own_text(old):
        body = "\n" + _renewed_text(body, new_body)
    return f"---\n{metadata}---\n{body}"


def is_own_text(text: str) -> bool:
    """Return whether the text of a card is its owner's, without the sections of charrnn."""
    body = _split(text)[1]
    return bool(body.strip()) and not _ALWAYS_THERE.issubset(name for name, _ in _sections(body))


def license_in(text: str) -> str | None:
    """Return the license that a card's metadata name; None for an unknown one."""
    found = _LICENSE.search(_split(text)[0])
    return found[2] if found and found[2] != UNKNOWN_LICENSE else None


def _split(text: str) -> tuple[str, str]:
    """Split a card into the YAML of its metadata and the text below them."""
    text = text.replace("\r\n", "\n")
    found = _FRONT.match(text)
    return (found[1], text[found.end() :]) if found else ("", text)


def _renewed_text(old: str, new: str) -> str:
    """Return the text of a card with the sections of charrnn taken from `new`.

    A section that `old` lacks follows the one that it follows in `new`.
    """
    parts, new_parts = _sections(old), _sections(new)
    sections = {name: text for name, text in new_parts if name}
    followers = _followers(list(sections), [name for name, _ in parts if name])
    kept: list[str] = []
    for name, text in parts:
        if not name:
            above = "" in followers  # the first section of charrnn
            kept.append(_renewed_beginning(text, new_parts[0][1]) if above else text)
        elif name in followers:  # and no second one of that name
            found = [*followers.pop("", []), name, *followers.pop(name)]
            kept += [sections[section] for section in found if section in sections]
    return "\n\n".join(text for text in kept if text) + "\n"


def _renewed_beginning(text: str, title: str) -> str:
    """Renew a title that charrnn wrote, and leave out how the first cards began."""
    paragraphs = [p for p in re.split("\n{2,}", text) if not p.startswith(_INTRODUCTION)]
    renewed = [title if _TITLE.match(p) and "\n" not in p else p for p in paragraphs]
    return "\n\n".join(renewed)


def _followers(names: list[str], there: list[str]) -> dict[str, list[str]]:
    """Return, by each section that is there, the sections that are not and come next.

    Those that come first of all are under an empty name.
    """
    followers: dict[str, list[str]] = {name: [] for name in ["", *there]}
    last = ""
    for name in names:
        if name in followers:
            last = name
        else:
            followers[last].append(name)
    return followers


def _sections(body: str) -> list[tuple[str, str]]:
    """Return the parts of a text from heading to heading, each with its heading, if charrnn's.

    A heading is one outside of code blocks. A part of the owner's has an empty name.
    """
    return [(name, text) for name, text in _parts(body) if text]


def _parts(body: str) -> Iterator[tuple[str, str]]:
    name, lines, fence = "", list[str](), ""
    for line in body.split("\n"):
        heading = None if fence else _HEADING.fullmatch(line)
        ends = not fence and line.startswith(_END_MARK)
        if heading or ends:
            yield _part(name, lines)
            name = heading[2] if heading and len(heading[1]) == 2 else ""
            name = name.rstrip(" \t").rstrip("#").rstrip(" \t")
            name = _OLD_HEADINGS.get(name, name)
            lines = []
        if ends or (not fence and line.startswith(_BEGIN_MARK)):
            continue
        lines.append(line)
        closed = bool(fence)
        fence = _fence_after(fence, line)
        if closed and not fence and name == "Citation":  # what comes next is the owner's
            yield _part(name, lines)
            name, lines = "", []
    yield _part(name, lines)


def _part(name: str, lines: list[str]) -> tuple[str, str]:
    text = "\n".join(lines).strip("\n")
    is_ours = name in SECTIONS and (name != "Citation" or _CITED in text)
    return (name if is_ours else ""), text


def _fence_after(fence: str, line: str) -> str:
    """Return the marks that opened the code block around what follows a line; empty outside."""
    found = _FENCE.fullmatch(line)
    if not found:
        return fence
    marks, rest = found[1], found[2]
    if not fence:
        return "" if marks[0] == "`" and "`" in rest else marks
    closes = marks[0] == fence[0] and len(marks) >= len(fence) and not rest.strip()
    return "" if closes else fence
