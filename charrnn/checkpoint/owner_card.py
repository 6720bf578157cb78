"""Update a model card that its owner has edited: renew charrnn's parts, and keep the owner's.

charrnn's parts are the sections under the headings of `card_template.md.jinja`, and some fields of
the metadata (`owner_metadata.py`). Sections under other headings are the owner's, and so is
everything after the citation at the end.
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
_ALWAYS_THERE = {"What it writes", "How well it predicts"}  # in the cards of all versions
_CITED = "@book{zhang2023dive,"  # tells charrnn's citation from one of the owner's
_FRONT = re.compile(r"\A\ufeff?---[ \t]*\n(.*?)^---[ \t]*$\n?", re.DOTALL | re.MULTILINE)
_LICENSE = re.compile(r"^license:[ \t]*(['\"]?)([a-z0-9][a-z0-9.-]{0,40})\1[ \t]*$", re.MULTILINE)
_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*)")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_TITLE = re.compile(r"# (\d+ × )?(tanh RNN|ReLU RNN|GRU|LSTM) \d+(, bidirectional)? on ")
# The first cards had comments around charrnn's part, a heading in another spelling, and an
# introduction without a heading.
_BEGIN_MARK, _END_MARK = "<!-- charrnn:begin card", "<!-- charrnn:end card"
_OLD_HEADINGS = {"Text and licence": "Text and license"}
_INTRODUCTION = ("A character-level recurrent language model: ", "It started from ")


def update_card(old: str, new: str) -> str | None:
    """Return the owner's card `old` with charrnn's parts taken from `new`.

    If the text has no sections of charrnn, it stays, and only the metadata are renewed. Return None
    if the card must stay as it is: its metadata cannot be read, or it has neither such sections nor
    metadata that name charrnn.
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
    """Return whether the text of a card is all its owner's: it lacks the sections of charrnn."""
    body = _split(text)[1]
    return bool(body.strip()) and not _ALWAYS_THERE.issubset(name for name, _ in _sections(body))


def license_in(text: str) -> str | None:
    """Return the license in a card's metadata; None if there is none, or it is "unknown"."""
    found = _LICENSE.search(_split(text)[0])
    return found[2] if found and found[2] != UNKNOWN_LICENSE else None


def _split(text: str) -> tuple[str, str]:
    """Return the YAML metadata of a card, and the text below them."""
    text = text.replace("\r\n", "\n")
    found = _FRONT.match(text)
    return (found[1], text[found.end() :]) if found else ("", text)


def _renewed_text(old: str, new: str) -> str:
    """Return the text `old` with the sections of charrnn taken from `new`.

    A section that `old` lacks is inserted after the one that it follows in `new`.
    """
    parts, new_parts = _sections(old), _sections(new)
    sections = {name: text for name, text in new_parts if name}
    followers = _followers(list(sections), [name for name, _ in parts if name])
    kept: list[str] = []
    for name, text in parts:
        if not name:
            above = "" in followers  # the first section of charrnn
            kept.append(_renewed_beginning(text, new_parts[0][1]) if above else text)
        elif name in followers:  # a second section of that name is left out
            found = [*followers.pop("", []), name, *followers.pop(name)]
            kept += [sections[section] for section in found if section in sections]
    return "\n\n".join(text for text in kept if text) + "\n"


def _renewed_beginning(text: str, title: str) -> str:
    """Return the text above the sections with a title of charrnn's renewed to `title`.

    The introduction of the first cards is left out.
    """
    paragraphs = [p for p in re.split("\n{2,}", text) if not p.startswith(_INTRODUCTION)]
    renewed = [title if _TITLE.match(p) and "\n" not in p else p for p in paragraphs]
    return "\n\n".join(renewed)


def _followers(names: list[str], there: list[str]) -> dict[str, list[str]]:
    """Return for each section in `there` the sections of `names` to insert after it.

    Those to insert before all others are under an empty name.
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
    """Return the sections of a text that are not empty, each with its name and its text.

    A section begins at a heading outside of code blocks. The name of the owner's sections is empty.
    """
    return [(name, text) for name, text in _parts(body) if text]


def _parts(body: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of all sections, as `_sections` does, empty ones too."""
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
        if closed and not fence and name == "Citation":  # everything after it is the owner's
            yield _part(name, lines)
            name, lines = "", []
    yield _part(name, lines)


def _part(name: str, lines: list[str]) -> tuple[str, str]:
    """Return the name of a section, empty if it is the owner's, and its text."""
    text = "\n".join(lines).strip("\n")
    is_ours = name in SECTIONS and (name != "Citation" or _CITED in text)
    return (name if is_ours else ""), text


def _fence_after(fence: str, line: str) -> str:
    """Return the fence of the code block that the line after `line` is in; empty outside of one.

    `fence` is that of the block that `line` itself is in.
    """
    found = _FENCE.fullmatch(line)
    if not found:
        return fence
    marks, rest = found[1], found[2]
    if not fence:
        return "" if marks[0] == "`" and "`" in rest else marks
    closes = marks[0] == fence[0] and len(marks) >= len(fence) and not rest.strip()
    return "" if closes else fence
