"""charrnn: train character-level recurrent language models on any text, and generate with them.

    import charrnn

    checkpoint = charrnn.load("tide-clock")
    print(charrnn.generate(checkpoint, prefix="The tide clock ", length=200, seed=0))

The names below are imported from their modules on first use. So importing the package is instant,
and NumPy and torch can be configured before they are loaded.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from .checkpoint import Checkpoint, save
    from .corpus import Corpus
    from .errors import UserError
    from .evaluation import Score, score
    from .generation import generate, stream
    from .generation.lines import Line, lines
    from .inspection import Inspection, Novelty, UnitFinding, find_units, inspect, novelty
    from .loading import from_hub, load, push_to_hub
    from .model import CharRNN, ModelConfig
    from .tracking.live_view import watch
    from .training import TrainingConfig, train
    from .vocabulary import Vocabulary

__all__ = [
    "CharRNN",
    "Checkpoint",
    "Corpus",
    "Inspection",
    "Line",
    "ModelConfig",
    "Novelty",
    "Score",
    "TrainingConfig",
    "UnitFinding",
    "UserError",
    "Vocabulary",
    "__version__",
    "find_units",
    "from_hub",
    "generate",
    "inspect",
    "lines",
    "load",
    "novelty",
    "push_to_hub",
    "save",
    "score",
    "stream",
    "train",
    "watch",
]

_HOMES = {
    "checkpoint": ("Checkpoint", "save"),
    "corpus": ("Corpus",),
    "errors": ("UserError",),
    "evaluation": ("Score", "score"),
    "generation": ("generate", "stream"),
    "generation.lines": ("Line", "lines"),
    "inspection": ("Inspection", "Novelty", "UnitFinding", "find_units", "inspect", "novelty"),
    "model": ("CharRNN", "ModelConfig"),
    "tracking.live_view": ("watch",),
    "loading": ("from_hub", "load", "push_to_hub"),
    "training": ("TrainingConfig", "train"),
    "vocabulary": ("Vocabulary",),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f".{home}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
