"""Directories of this installation: the models that come with charrnn, and the app's runs.

In a clone both lie beside the package, in `checkpoints/` and `runs/`. A wheel carries the models
inside of the package, and the runs of an installed app are in the user's data directory.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
_IN_WHEEL = PACKAGE / "bundled_models"  # pyproject.toml puts the models there


def is_installed() -> bool:
    """Return whether this package was installed from a wheel, rather than run from a clone."""
    return _IN_WHEEL.is_dir()


def bundled_models() -> Path:
    """Return the directory of the models that come with charrnn."""
    return _IN_WHEEL if is_installed() else PACKAGE.parent / "checkpoints"


def app_runs(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the directory of the app's runs: `$CHARRNN_RUNS`, if it is set."""
    if chosen := environment.get("CHARRNN_RUNS"):
        return Path(chosen)
    if not is_installed():
        return PACKAGE.parent / "runs"
    from platformdirs import user_data_path

    return user_data_path("charrnn", appauthor=False) / "runs"
