"""Map characters to ids and back.

A vocabulary is a list of single code points. Id 0 is `<unk>`, which stands for every character that
the vocabulary lacks. The others are sorted by falling frequency and then by code point, so that the
same text always gives the same ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import Message, UserError, short_repr
from .utils import validation
from .utils.yield_points import yield_point

UNKNOWN = "<unk>"
MAX_SYMBOLS = 100_000  # of a model, `<unk>` included; no script has half as many
Ids = NDArray[np.unsignedinteger[Any]]
Counts = NDArray[np.int64]  # of symbols in a text, by their ids: (V,)

_MAX_SHOWN_SYMBOLS = 40
_CODE_POINTS = 0x110000
_CHUNK_CHARACTERS = 1 << 20  # encoded at a time, so that UTF-32 never holds the whole text


class Vocabulary:
    """The symbols of a text: `symbols[i]` is the character with id i, `symbols[0]` is `<unk>`."""

    def __init__(self, symbols: Sequence[str]) -> None:
        """Take the symbols in the order of their ids.

        Raises ValueError unless the first is `<unk>` and the others are distinct single characters,
        none of them half of a surrogate pair; UserError for what is not a list of texts.
        """
        symbols = validation.as_symbols(symbols)
        if not symbols or symbols[0] != UNKNOWN:
            raise ValueError(
                Message("the first symbol of a vocabulary must be {name}", name=UNKNOWN)
            )
        characters = symbols[1:]
        if any(len(character) != 1 for character in characters):
            raise ValueError(Message("every symbol of a vocabulary must be one character"))
        if any("\ud800" <= character <= "\udfff" for character in characters):
            raise ValueError(Message("a vocabulary cannot hold half of a surrogate pair"))
        if len(set(characters)) != len(characters):
            raise ValueError(Message("the symbols of a vocabulary must be distinct"))
        self.symbols = symbols
        self.dtype = smallest_dtype(len(self.symbols))
        self._table: NDArray[Any] | None = None

    @classmethod
    def from_text(cls, text: str) -> Vocabulary:
        """Build the vocabulary of every character in `text`, the most frequent first."""
        counts = np.zeros(_CODE_POINTS, dtype=np.int64)
        validation.as_text(text, "text")
        for points in _code_points(text):
            found = np.bincount(points)
            counts[: len(found)] += found
        present = np.flatnonzero(counts)
        order = present[np.lexsort((present, -counts[present]))]
        return cls([UNKNOWN, *map(chr, order.tolist())])

    def __len__(self) -> int:
        return len(self.symbols)

    @property
    def symbol_count(self) -> int:
        """The number of different characters, without `<unk>`."""
        return len(self.symbols) - 1

    def __repr__(self) -> str:
        first = short_repr("".join(self.symbols[1:]), _MAX_SHOWN_SYMBOLS)
        return f"<Vocabulary: {self.symbol_count:,} symbols, {first}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and self.symbols == other.symbols

    def __hash__(self) -> int:
        return hash(self.symbols)

    def encode(self, text: str) -> Ids:
        """Return the ids of a text, in the smallest unsigned dtype; unknown characters become 0."""
        validation.as_text(text, "text")
        if self._table is None:
            self._table = np.zeros(_CODE_POINTS, dtype=self.dtype)
            self._table[[ord(character) for character in self.symbols[1:]]] = np.arange(
                1, len(self), dtype=self.dtype
            )
        ids = np.empty(len(text), dtype=self.dtype)
        start = 0
        for points in _code_points(text):
            ids[start : start + len(points)] = self._table[points]
            start += len(points)
        return ids

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of some ids; id 0 becomes `<unk>`."""
        return "".join([self.symbols[i] for i in ids])

    def unknown(self, text: str) -> list[str]:
        """Return the distinct characters of `text` that it lacks, in order of appearance."""
        known = set(self.symbols[1:])
        validation.as_text(text, "text")
        return [character for character in dict.fromkeys(text) if character not in known]


def empty_vocabulary_error() -> UserError:
    """Build the error for a model that knows no character but `<unk>`, which is never generated."""
    return UserError("This model has an empty vocabulary.", field="checkpoint")


def smallest_dtype(size: int) -> np.dtype[Any]:
    """Return the narrowest unsigned integer type that holds the ids 0 … size − 1."""
    return np.min_scalar_type(max(size - 1, 0))


def _code_points(text: str) -> Iterator[NDArray[np.uint32]]:
    for start in range(0, len(text), _CHUNK_CHARACTERS):
        yield_point()
        encoded = text[start : start + _CHUNK_CHARACTERS].encode("utf-32-le", "surrogatepass")
        yield np.frombuffer(encoded, dtype="<u4")
