"""Choose a column or a field of a file, and join the texts in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from . import Extract, NoSuchPartError, Part

MAX_PARTS = 200  # that are listed
MAX_NAME_CHARACTERS = 100  # of a part that is listed

_MAX_SHORT_CHARACTERS = 300  # of a text that goes on one line
_MAX_LONG_SHARE = 0.1  # of longer texts in a part whose texts go on one line each
_MAX_WORD_CHARACTERS = 30  # a longer word is a hash, an address or the like
_LINE_END = re.compile("[ \t]*[\n\r\v\f\x85\u2028\u2029]\\s*")


class PartStats:
    """How much text a part has.

    Attributes:
        characters: Of all of its texts.
        letters: Of the sampled texts that differ and look like language, not addresses or hashes.
    """

    __slots__ = ("_seen", "characters", "letters")

    def __init__(self) -> None:
        self.characters = 0
        self.letters = 0
        self._seen: set[int] = set()

    def add(self, text: str, *, sampled: bool) -> None:
        """Count a text. Only in sampled ones are letters counted."""
        self.characters += len(text)
        if not sampled or hash(text) in self._seen:
            return
        self._seen.add(hash(text))
        is_hash = len(text) > _MAX_WORD_CHARACTERS and text.isascii() and len(text.split()) == 1
        if not is_hash and "://" not in text[:_MAX_WORD_CHARACTERS]:
            self.letters += sum(map(str.isalpha, text[:1000]))


def choose(
    file_format: str,
    stats: Mapping[str, PartStats],
    wanted: str | None,
    texts: Callable[[str], Iterable[str]] | None,
) -> Extract:
    """Return the part `wanted`, or else the one with the most text, and list all with text.

    A part is also found by its name in another letter case and, if no part has that name, by its
    number from 1. `texts` returns the texts of a part; if it is None, only the parts are listed.

    Raises NoSuchPartError if there is no such part.
    """
    by_text = sorted(stats, key=lambda name: (-stats[name].letters, -stats[name].characters))
    chosen = by_text[0] if wanted is None else _find(wanted, list(stats))
    if chosen is None:
        raise NoSuchPartError(*by_text)
    shown = {chosen, *by_text[:MAX_PARTS]}
    parts = tuple(
        Part(name, stat.characters)
        for name, stat in stats.items()
        if name in shown and stat.characters and len(name) <= MAX_NAME_CHARACTERS
    )
    text = None if texts is None else join(texts(chosen))
    return Extract(file_format, text, chosen, parts, by_text[0])


def _find(wanted: str, names: Sequence[str]) -> str | None:
    """Return the name of the part that `wanted` stands for; None if there is none."""
    if wanted in names:
        return wanted
    alike = [name for name in names if name.casefold() == wanted.strip().casefold()]
    if alike:
        return alike[0]
    if wanted.isascii() and wanted.isdigit() and 1 <= int(wanted[:9]) <= len(names):
        return names[int(wanted[:9]) - 1]
    return None


def join(texts: Iterable[str]) -> str:
    """Join the texts of a part: short ones as lines, long ones with an empty line between them."""
    kept = [text for text in map(str.strip, texts) if text]
    long = sum(len(text) > _MAX_SHORT_CHARACTERS for text in kept)
    if long > _MAX_LONG_SHARE * len(kept):
        return "\n\n".join(kept)
    return "\n".join(_LINE_END.sub(" ", text) for text in kept)
