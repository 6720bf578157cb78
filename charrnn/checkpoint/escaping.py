"""Write text from outside into Markdown, which it can neither break nor mark up."""

from __future__ import annotations

import re

from ..errors import escape_invisible

_SPECIAL = "\\`*_[]<>#|&~$:@!{}"  # characters of Markdown


def visible(text: str, most: int | None = None) -> str:
    """Write invisible characters other than line breaks and tabs as escapes.

    A text longer than `most` characters is cut.
    """
    shown = text if most is None or len(text) <= most else text[: most - 1] + "…"
    return "".join(c if c in "\n\t" else escape_invisible(c) for c in shown)


def fenced(text: str, language: str = "text") -> str:
    """Return a code block that no text can break out of."""
    shown = visible(text)
    fence = "`" * (max(map(len, re.findall("`+", shown)), default=2) + 1)
    fence = max(fence, "```", key=len)
    return f"{fence}{language}\n{shown}\n{fence}"


def line_of(text: str) -> str:
    """Escape text from outside for a line of Markdown."""
    return "".join("\\" + c if c in _SPECIAL else c for c in flat(text))


def flat(text: str, most: int = 80) -> str:
    """Return a text on one line of `most` characters at most, with its spaces collapsed."""
    return escape_invisible(" ".join(text.split()), most)
