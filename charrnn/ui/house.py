"""What every tab needs to know about the house: where runs live and where models are kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..workers import Runs


@dataclass(frozen=True)
class House:
    """The running app: its training runs, and the directory of the models that came with it."""

    runs: Runs
    shelf: Path
