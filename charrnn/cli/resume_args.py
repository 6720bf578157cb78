"""Check the arguments of `train --resume` against those that the run was started with.

Only the length and the number of threads may change. The run's own text and settings may be given
again; others are refused.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..corpus import Corpus
from ..errors import UserError
from ..model import ModelConfig
from ..recipes import RECIPES
from ..text import Text
from ..text.preparation import Preparation
from ..training import TrainingConfig
from ..training.resume_state import RESUME_FILE
from ..utils.config_fields import assign_settings, format_value
from ..utils.file_locks import is_locked

_LENGTH = ("epochs", "seconds")
# A directory with one of these holds a run or a model.
_RUN_OR_MODEL_FILES = (
    "run.json",
    "events.jsonl",
    "checkpoint",
    "resume",
    "model.safetensors",
    "config.json",
)


def can_resume(directory: Path) -> bool:
    """Return whether the run in a directory can be resumed; False if the directory holds no run.

    Raises UserError for a run or a model without a resume state: a new run would overwrite it.
    """
    known = (directory / "run.json").is_file()
    # `Run.train` refuses an active run, with a better message than this function could.
    if known and ((directory / RESUME_FILE).is_file() or is_locked(directory / "worker.lock")):
        return True
    if any(os.path.lexists(directory / trace) for trace in _RUN_OR_MODEL_FILES):
        raise UserError(
            "{directory} holds a run or a model, but nothing to resume from: it was left as it "
            "is. Give another --run-dir for a new run.",
            directory=directory,
            field="run_dir",
        )
    return False


def check_unchanged(
    manifest: Mapping[str, Any],
    *,
    text: Text | None,
    recipe: str | None,
    settings: Mapping[str, object],
) -> dict[str, Any]:
    """Return the `epochs`, `seconds` and `threads` among the arguments, which may differ.

    Raises UserError for a text, a recipe or another setting that differs from the run's manifest.
    """
    if recipe is not None and recipe != manifest["recipe"]:
        raise UserError(
            "This run follows the recipe {own}, not {recipe}. Leave out --recipe to resume it, "
            "or give another --run-dir for a new run.",
            own=manifest["recipe"],
            recipe=recipe,
            field="recipe",
        )
    own = manifest["model"] | manifest["training"]
    for_model, for_training = assign_settings(settings, ModelConfig, TrainingConfig)
    given = for_model | for_training
    length = {name: given.pop(name) for name in (*_LENGTH, "threads") if name in given}
    for name, value in given.items():
        if name not in own or own[name] != value:
            raise UserError(
                "This run has {name} = {own}, not {value}. Leave {name} out to resume it, or "
                "give another --run-dir for a new run.",
                name=name,
                own=format_value(own.get(name)),
                value=format_value(value),
                field=name,
            )
    if text is not None:
        _check_text(manifest, text)
    return length


def _check_text(manifest: Mapping[str, Any], text: Text) -> None:
    """Raise UserError unless a text, prepared as the run's own, is the same."""
    recipe, own = RECIPES.get(manifest.get("base") or manifest["recipe"]), manifest["corpus"]
    preparation = Preparation() if recipe is None else recipe.preparation
    corpus, settings = Corpus.from_text(text, preparation=preparation), manifest["training"]
    corpus = corpus.with_documents(settings.get("documents", "none"), settings.get("seed", 0))
    if corpus.sha256() != own["sha256"]:
        raise UserError(
            "This run learns from {own}, and {name} is a different text, or has changed since. "
            "Leave the text out to resume with the run's own, or give another --run-dir for a "
            "new run.",
            own=own["name"],
            name=text.name,
            field="corpus",
        )
