"""Escape untrusted text for Markdown, so that it can neither end a block nor mark anything up."""

from __future__ import annotations

import re

from ..errors import escape_invisible

_SPECIAL = "\\`*_[]<>#|&~$:@!{}"  # characters of Markdown


def visible(text: str, most: int | None = None) -> str:
    """Return a text with its invisible characters escaped, but for line breaks and tabs.

    It is cut to at most `most` characters before that.
    """
    shown = text if most is None or len(text) <= most else text[: most - 1] + "…"
    return "".join(c if c in "\n\t" else escape_invisible(c) for c in shown)


def fenced(text: str, language: str = "text") -> str:
    """Return a text as a Markdown code block that it cannot end."""
    shown = visible(text)
    fence = "`" * (max(map(len, re.findall("`+", shown)), default=2) + 1)
    fence = max(fence, "```", key=len)
    return f"{fence}{language}\n{shown}\n{fence}"


def line_of(text: str) -> str:
    """Return a text on one line, escaped for Markdown."""
    return "".join("\\" + c if c in _SPECIAL else c for c in flat(text))


def flat(text: str, most: int = 80) -> str:
    """Return a text on one line of at most `most` characters, with its white space collapsed."""
    return escape_invisible(" ".join(text.split()), most)
