"""What a recipe does to a text before it is encoded."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Preparation:
    """Transformations that a recipe applies to a text first, in this order; none by default.

    letters_only: the textbook's preprocessing of a book. In each line, every run of characters
        other than A–Z and a–z becomes one space; the line is stripped and lower-cased; all lines
        are joined with nothing between them.
    newlines_to_spaces: LF and CR become spaces.
    first: how many characters are kept, from the beginning; None for all.
    """

    letters_only: bool = False
    newlines_to_spaces: bool = False
    first: int | None = None

    def __post_init__(self) -> None:
        if self.first is not None and self.first < 1:
            raise ValueError(f"first must be at least 1, not {self.first}")

    def apply(self, text: str) -> str:
        """Return the prepared text, which may be empty; reads no more of the text than it keeps."""
        if self.letters_only:
            text = _letters_only(text, self.first)
        text = text if self.first is None else text[: self.first]
        if self.newlines_to_spaces:
            text = text.replace("\n", " ").replace("\r", " ")
        return text


def _letters_only(text: str, first: int | None) -> str:
    """Return the words of a text, at least its `first` characters.

    A space separates words of one line; nothing separates lines.
    """
    words: list[str] = []
    length = end = 0
    for word in re.finditer("[A-Za-z]+", text):
        if words and text.find("\n", end, word.start()) < 0:
            words.append(" ")
        words.append(word[0].lower())
        length, end = length + len(word[0]), word.end()
        if first is not None and length >= first:
            break
    return "".join(words)
