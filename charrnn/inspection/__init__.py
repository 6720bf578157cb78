"""Look into a model: what surprised it, what its hidden units keep, what it copies.

- `inspect` reads a text with a model, character by character (`surprisal.py`).
- `find_units` searches for hidden units that follow a concept (`units.py`, `concepts.py`).
- `novelty` compares a generated text with the training text (`memorization.py`).
"""

from __future__ import annotations

from .concepts import CONCEPTS
from .memorization import CopiedSpan, Novelty, novelty
from .surprisal import Inspection, inspect
from .units import UnitFinding, find_units

__all__ = [
    "CONCEPTS",
    "CopiedSpan",
    "Inspection",
    "Novelty",
    "UnitFinding",
    "find_units",
    "inspect",
    "novelty",
]
