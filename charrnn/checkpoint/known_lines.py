"""Hashes of the lines that a model was trained on, by which a new line is told from a copied one.

They are in `line_hashes.bin` beside the weights: 64 bits for each line, sorted. The file is pushed
to the Hub only on request, since names and other short lines can be guessed from their hashes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import Message
from ..utils.yield_points import yield_point

LINE_HASHES = "line_hashes.bin"
MAX_LINES = 2_000_000  # no hashes are kept of a text with more
_HASH_BYTES = 8
MAX_HASHES_BYTES = MAX_LINES * _HASH_BYTES
_LINES_PER_YIELD = 10_000


@dataclass(frozen=True, eq=False)
class KnownLines:
    """The hashes of all lines that a model was trained on or evaluated on, sorted, (D,)."""

    hashes: NDArray[np.uint64]

    @classmethod
    def of(cls, lines: Iterable[str]) -> KnownLines:
        """Hash lines. There are yield points."""
        found = []
        for number, line in enumerate(lines):
            if number % _LINES_PER_YIELD == 0:
                yield_point()
            found.append(_hash(line))
        return cls(np.unique(np.array(found, np.uint64)))

    @classmethod
    def load(cls, file: Path) -> KnownLines | None:
        """Read a `line_hashes.bin`; None if there is none. Raises ValueError if it is damaged."""
        if not file.exists():
            return None
        if not file.is_file() or file.stat().st_size > MAX_HASHES_BYTES:
            raise ValueError(Message("{path} is damaged", path=LINE_HASHES))
        data = file.read_bytes()
        if len(data) % _HASH_BYTES:
            raise ValueError(Message("{path} is damaged", path=LINE_HASHES))
        return cls(np.unique(np.frombuffer(data, "<u8").astype(np.uint64)))

    def __contains__(self, line: object) -> bool:
        if not isinstance(line, str) or not len(self.hashes):
            return False
        wanted = np.uint64(_hash(line))
        place = int(np.searchsorted(self.hashes, wanted))
        return place < len(self.hashes) and bool(self.hashes[place] == wanted)

    def __len__(self) -> int:
        return len(self.hashes)

    def serialize(self) -> bytes:
        """Return the content of `line_hashes.bin`."""
        return self.hashes.astype("<u8").tobytes()


def _hash(line: str) -> int:
    """Return the 64-bit BLAKE2b hash of a line without white space at its ends."""
    data = line.strip().encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(data, digest_size=_HASH_BYTES).digest(), "little")
