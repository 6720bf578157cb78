"""Texts as models read them, kept for a while: the page asks for the candidates of one place later.

A reading is found by its key and its owner, so nobody reaches what another user has pasted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...inspection import Inspection
from ...inspection.saved_states import SavedStates
from ..page.tinted_text import surprisal_levels
from ..services.lru_cache import LRUCache

_BYTES_PER_CHARACTER = 50  # of a reading, about
MAX_KEPT_CHARACTERS = 1_000_000  # of all readings together; their states count as characters too
MAX_SURPRISES = 5
_MIN_DISTANCE = 12  # characters between two surprises that are listed


@dataclass(frozen=True, eq=False)
class Reading:
    """What the page may ask for of a text of N characters (`charrnn.inspection.Inspection`).

    model, source: the keys of the model that read it, and of the text (`texts.py`).
    text: what was read.
    surprisal, entropy: in bits, (N,). candidates: the likeliest characters, (N, 5), and their
    probabilities. summary: the figures of the whole text, as JSON.
    states: of the model on its way, to read a part of the text again.
    extras: what modes have computed of it and keep, by name.
    """

    model: str
    source: str
    text: str
    surprisal: NDArray[np.float32]
    entropy: NDArray[np.float32]
    candidates: NDArray[np.str_]
    probabilities: NDArray[np.float32]
    summary: dict[str, Any]
    states: SavedStates | None = None
    extras: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls, inspection: Inspection, model: str, source: str, states: SavedStates | None = None
    ) -> Reading:
        """Return what is kept of an inspection."""
        return cls(
            model,
            source,
            "".join(inspection.characters),
            inspection.surprisal.astype(np.float32),
            inspection.entropy,
            inspection.candidates.astype("<U1"),
            inspection.probabilities,
            inspection.summary,
            states,
        )

    @property
    def size(self) -> int:
        """The memory that the reading takes, as a number of characters."""
        states = self.states.byte_count if self.states else 0
        return len(self.surprisal) + states // _BYTES_PER_CHARACTER

    def as_dict(self) -> dict[str, Any]:
        """Return what the page draws first, as JSON: levels, figures and surprises."""
        return {
            "levels": surprisal_levels(self.surprisal),
            "summary": self.summary,
            "surprises": self.surprises(),
        }

    def places(self, start: int, count: int) -> list[dict[str, Any]]:
        """Return what was expected in `count` places from `start` on, as JSON."""
        return [self._place(at) for at in range(start, min(start + count, len(self.surprisal)))]

    def _place(self, at: int) -> dict[str, Any]:
        surprisal, entropy = float(self.surprisal[at]), float(self.entropy[at])
        candidates = zip(self.candidates[at].tolist(), self.probabilities[at].tolist(), strict=True)
        return {
            "surprisal": None if math.isnan(surprisal) else surprisal,
            "entropy": None if math.isnan(entropy) else entropy,
            "candidates": [[character, p] for character, p in candidates if character],
        }

    def surprises(self) -> list[dict[str, Any]]:
        """Return the places of the greatest surprisal, no two of them close together."""
        return peaks(self.surprisal, MAX_SURPRISES)


def peaks(bits: NDArray[np.float32], count: int) -> list[dict[str, Any]]:
    """Return up to `count` places of the most bits, as JSON, no two close together; none of NaN."""
    found: list[int] = []
    ranked = np.argsort(-np.nan_to_num(bits, nan=-1.0), kind="stable")
    for at in ranked.tolist():
        if len(found) == count or math.isnan(bits[at]):
            break
        if all(abs(at - other) >= _MIN_DISTANCE for other in found):
            found.append(at)
    return [{"at": at, "bits": float(bits[at])} for at in found]


class ReadingCache:
    """The readings used last, `max_characters` together; those used longest ago are dropped."""

    def __init__(self, max_characters: int = MAX_KEPT_CHARACTERS) -> None:
        self._readings: LRUCache[tuple[str, str], Reading] = LRUCache(
            max_characters, lambda reading: reading.size
        )

    def get(self, owner: str, key: str) -> Reading | None:
        """Return the reading that this owner put under this key, unless it has been dropped."""
        return self._readings.get((owner, key))

    def put(self, owner: str, key: str, reading: Reading) -> None:
        """Keep a reading, and drop others if they are too many."""
        self._readings.put((owner, key), reading)
