"""What was asked of a run: the contents of its run.json, and what to say if they cannot be kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import torch

from .errors import UserError
from .recipes import Plan
from .training.pace import Leg


def compose(run_id: str, plan: Plan) -> dict[str, Any]:
    """The contents of run.json for a run that has not begun."""
    return {
        "run": run_id,
        "recipe": plan.recipe,
        "model": asdict(plan.model),
        "training": asdict(plan.training),
        "prefixes": plan.prefixes,
        "corpus": {
            "name": plan.corpus.name,
            "characters": len(plan.corpus.ids),
            "sha256": plan.corpus.sha256(),
        },
        "leg": asdict(Leg()),
        "versions": {"torch": torch.__version__},
    }


@contextmanager
def kept(where: str = "") -> Iterator[None]:
    """What the disk refuses, in words."""
    try:
        yield
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise UserError(f"The run cannot be kept{where}: {why}.", field="run_dir") from error
