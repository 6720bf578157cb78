"""The manifest of a run: the contents of its run.json."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import torch

from .._version import __version__
from ..checkpoint import Checkpoint
from ..checkpoint.source import ModelSource
from ..errors import Message, UserError, os_reason
from ..model import ModelConfig
from ..training import Event, TrainingConfig, settings_reader
from ..training.resume_state import from_another_version
from ..training.schedule import Segment
from ..training.transfer import model_digest
from ..utils.regular_files import damaged, parse_json_object
from ..utils.schema import (
    Schema,
    check_fields,
    list_of,
    nested,
    optional,
    read_count,
    read_non_negative,
    read_text,
)
from .plan import RunPlan

_SOURCE = tuple(one.name for one in fields(ModelSource))
_SCHEMA: Schema = {
    "run": (read_text, ""),
    "recipe": (read_text, "custom"),
    "model": (settings_reader(ModelConfig), {}),
    "training": (settings_reader(TrainingConfig), {}),
    "prefixes": (list_of(read_text), []),
    "corpus": (
        nested({"name": (read_text, ""), "characters": (read_count, 0), "sha256": (read_text, "")}),
        {},
    ),
    "started_from": (
        optional(
            nested(
                {
                    "name": (read_text, ""),
                    **{key: (optional(read_text), None) for key in _SOURCE},
                    "digest": (optional(read_text), None),
                }
            )
        ),
        None,
    ),
    # The latest segment (`Segment`): what was done when the run was last continued.
    "leg": (nested({"seconds": (read_non_negative, 0.0), "epochs": (read_non_negative, 0.0)}), {}),
    # The settings that were changed after the run had begun.
    "changed": (list_of(read_text), []),
}


def new_manifest(run_id: str, plan: RunPlan) -> dict[str, Any]:
    """Build the manifest of a new run."""
    return {
        "run": run_id,
        "recipe": plan.recipe,
        "base": plan.base,
        "model": asdict(plan.model),
        "training": asdict(plan.training),
        "prefixes": plan.prefixes,
        "corpus": {
            **plan.corpus.names(),
            "characters": len(plan.corpus.ids),
            "sha256": plan.corpus.sha256(),
        },
        "started_from": None if plan.start is None else _started_from(plan.start),
        "leg": asdict(Segment()),
        "changed": [],
        "versions": {"charrnn": __version__, "torch": torch.__version__},
    }


def _started_from(start: Checkpoint) -> dict[str, Any]:
    """Return how the model is found again that a run starts from: name, source and hash."""
    source = start.source or ModelSource()
    return {"name": start.name, **asdict(source), "digest": model_digest(start)}


def source_of_start(manifest: Mapping[str, Any]) -> ModelSource | None:
    """Return where the model comes from that a run starts from; None for random weights."""
    start = manifest.get("started_from")
    return None if start is None else ModelSource(*(start[key] for key in _SOURCE))


def parse_manifest(data: bytes) -> dict[str, Any]:
    """Parse run.json: known fields are checked, missing ones get their defaults.

    Fields of other versions stay as they are; to resume, a run must know them (`configs_of`).
    Raises DamagedRunUserError if this is no manifest.
    """
    try:
        return check_fields(_SCHEMA, parse_json_object(data, "run.json"))
    except ValueError:
        raise damaged(Message("{path} is damaged", path="run.json")) from None


def configs_of(manifest: Mapping[str, Any]) -> tuple[ModelConfig, TrainingConfig]:
    """Return the model and training configurations in a manifest.

    Raises UserError for settings of another version, which could change the result, and for values
    that do not go together.
    """
    try:
        return ModelConfig(**manifest["model"]), TrainingConfig(**manifest["training"])
    except TypeError as error:
        versions = manifest.get("versions")
        written_by = versions.get("charrnn") if isinstance(versions, dict) else None
        raise from_another_version("run.json", written_by) from error


def extended(manifest: Mapping[str, Any], end: Event) -> dict[str, Any]:
    """Return the manifest of a run that goes on after its `end` event for as long again.

    Raises UserError for a length that is not allowed, and for settings of another version.
    """
    training, changes = manifest["training"], {}
    for name, done in (("seconds", end["seconds"]), ("epochs", end["epoch"])):
        if training[name] is not None:
            again = training[name] - manifest["leg"][name]
            changes[name] = type(training[name])(done + again)
            break
    return with_changes(manifest, changes) | {"leg": asdict(Segment(end["seconds"], end["epoch"]))}


def with_changes(manifest: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the manifest with other training settings, and with the names of what has changed.

    Raises UserError for values that are not allowed, and for settings of another version.
    """
    training = manifest["training"]
    differing = {name for name, value in changes.items() if training[name] != value}
    changed = {
        **manifest,
        "training": {**training, **changes},
        "changed": sorted({*manifest["changed"], *differing}),
    }
    configs_of(changed)
    return changed


@contextmanager
def disk_errors_as_user_errors(directory: Path | None = None) -> Iterator[None]:
    """Turn an OSError in the block into a UserError, which names `directory` if it is given."""
    try:
        yield
    except OSError as error:
        why = os_reason(error)
        if directory is None:
            raise UserError(
                "The run could not be saved: {why}.", why=why, field="run_dir"
            ) from error
        raise UserError(
            "The run could not be saved in {path}: {why}.", path=directory, why=why, field="run_dir"
        ) from error
