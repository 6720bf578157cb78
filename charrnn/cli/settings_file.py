"""Repeat a run from its settings file, the run.json that is given to `train --config`."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from .._version import __version__
from ..checkpoint import Checkpoint, load
from ..checkpoint.format import WEIGHTS
from ..checkpoint.strict_json import MAX_CONFIG_BYTES, parse_json_object
from ..corpus import Corpus
from ..errors import UserError, os_reason, short_repr
from ..hub import is_id
from ..loading import find_run
from ..model import ModelConfig
from ..recipes import find_recipe
from ..runs.manifest import parse_manifest, source_of_start
from ..runs.plan import RunPlan, complete_plan
from ..text import Text
from ..training import TrainingConfig
from ..training.transfer import model_digest
from ..utils.config_fields import Config, assign_settings, format_value, rules
from ..utils.regular_files import DamagedRunUserError
from .start_args import AUTO, open_start

_BUNDLED_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")


@dataclass(frozen=True)
class SettingsFile:
    """The settings of a run in its run.json.

    Attributes:
        path: Where the file is.
        manifest: Its content.
        model: The model's configuration in it.
        training: The training configuration in it.
    """

    path: Path
    manifest: Mapping[str, Any]
    model: ModelConfig
    training: TrainingConfig

    @classmethod
    def read(cls, path: Path) -> SettingsFile:
        """Read a run.json, such as that of a run of the app: `runs/<id>/run.json`.

        Raises UserError for any other file, and for invalid settings.
        """
        if not os.path.lexists(path) and (run := find_run(path.parent.as_posix())) is not None:
            path = run / path.name
        try:
            with path.open("rb") as file:
                data = file.read(MAX_CONFIG_BYTES + 1)
        except OSError as error:
            raise UserError(
                "{path} cannot be read: {why}.", path=path, why=os_reason(error), field="config"
            ) from error
        try:
            stored = parse_json_object(data, path.name)
            if not all(isinstance(stored.get(key), dict) for key in ("model", "training")):
                raise ValueError
            if "symbols" in stored:  # the config.json of a checkpoint, which has no recipe
                raise ValueError
            model = ModelConfig(**_known(stored["model"], ModelConfig, path))
            training = TrainingConfig(**_known(stored["training"], TrainingConfig, path))
            return cls(path, parse_manifest(data), model, training)
        except (ValueError, DamagedRunUserError) as error:
            raise UserError(
                "{path} is not the settings file of a run: give the run.json of a run's directory.",
                path=path,
                field="config",
            ) from error

    @property
    def recipe(self) -> str:
        """The recipe by which the text was prepared."""
        return str(self.manifest.get("base") or self.manifest["recipe"])

    def plan(
        self,
        text: Text,
        *,
        recipe: str | None,
        settings: Mapping[str, object],
        start: str | None,
    ) -> RunPlan:
        """Plan the same run again, on the same text.

        `recipe`, `settings` and `start` are the other arguments of the command. They may repeat the
        file's values, but only the number of threads may differ. Raises UserError for a text or an
        argument that differs.
        """
        training = self._with_threads(recipe, settings)
        corpus = Corpus.from_text(text, preparation=find_recipe(self.recipe).preparation)
        plan = complete_plan(
            corpus,
            self.model,
            training,
            recipe=self.manifest["recipe"],
            base=self.manifest.get("base"),
            start=self._start(start),
            prefixes=tuple(self.manifest["prefixes"]),
        )
        self._check_text(plan.corpus, text.name)
        return plan

    def warnings(self, plan: RunPlan) -> list[str]:
        """Return the reasons why the planned run may not be the same to the last bit."""
        found = []
        versions = self.manifest.get("versions")
        versions = versions if isinstance(versions, dict) else {}
        for name, here in (("charrnn", __version__), ("torch", torch.__version__)):
            if versions.get(name) not in (None, here):
                found.append(
                    f"made with {name} {short_repr(versions[name], 40)}, and this is {here}: the "
                    "last bits of its numbers may differ"
                )
        if plan.training.threads != self.training.threads:
            found.append("with another number of threads: the last bits of its numbers may differ")
        if self.training.epochs is None:
            found.append(
                "the run has no epochs, so its length depends on the speed of the machine: the "
                "settings are the same, the number of steps may not be"
            )
        if self.manifest["changed"] or any(self.manifest["leg"].values()):
            changed = ", ".join(self.manifest["changed"]) or "length"
            found.append(
                f"{changed} changed when the run was continued: in one piece it may come out "
                "differently"
            )
        return found

    def _with_threads(self, recipe: str | None, settings: Mapping[str, object]) -> TrainingConfig:
        """Return the training configuration with the threads of the arguments.

        Raises UserError for any other argument that differs from the file.
        """
        own = {"recipe": self.manifest["recipe"]}
        given: dict[str, Any] = {} if recipe is None else {"recipe": recipe}
        for config, share in zip(
            (self.model, self.training),
            assign_settings(settings, ModelConfig, TrainingConfig),
            strict=True,
        ):
            own |= {name: getattr(config, name) for name in share}
            given |= share
        training = replace(self.training, threads=given.pop("threads", self.training.threads))
        for name, value in given.items():
            if own[name] != value:
                raise UserError(
                    "{path} has {name} = {own}, not {value}. Leave {name} out, or change it in the "
                    "file.",
                    path=self.path,
                    name=name,
                    own=format_value(own[name]),
                    value=format_value(value),
                    field=name,
                )
        return training

    def _start(self, named: str | None) -> Checkpoint | None:
        """Return the model that the run started from: the one named, or else that of the file.

        Raises UserError if it is another model than that of the run.
        """
        own = self.manifest["started_from"]
        if own is None:
            if named in (None, AUTO):
                return None
            raise UserError(
                "The run in {path} started from random weights: leave out --from.",
                path=self.path,
                field="from",
            )
        found = self._own_start() if named in (None, AUTO) else open_start(str(named))
        if own["digest"] not in (None, model_digest(found)):
            raise UserError(
                "The run in {path} started from {own}, and {given} is another model, or has "
                "changed since. Give the same one with --from.",
                path=self.path,
                own=own["name"],
                given=found.name if named in (None, AUTO) else named,
                field="from",
            )
        return found

    def _own_start(self) -> Checkpoint:
        """Return the model that the file names: its copy beside the file, or the one of that name.

        Raises UserError if the file names none that can be opened.
        """
        source, kept = source_of_start(self.manifest), self.path.parent / "start"
        if (kept / WEIGHTS).is_file():
            return replace(load(kept), source=source)
        if source is None or source.model is None or not _is_name(source.model):
            raise UserError(
                "The run in {path} started from {own}, a model without a name to find it by: give "
                "it with --from.",
                path=self.path,
                own=self.manifest["started_from"]["name"],
                field="from",
            )
        on_hub = source.revision is not None and "/" in source.model
        return open_start(f"{source.model}@{source.revision}" if on_hub else source.model)

    def _check_text(self, corpus: Corpus, name: str) -> None:
        """Raise UserError unless a corpus is the run's own; `name` is what the message calls it."""
        own = self.manifest["corpus"]
        if own["sha256"] not in ("", corpus.sha256()) or own["characters"] not in (
            0,
            len(corpus.ids),
        ):
            raise UserError(
                "The run in {path} learned from {own}, and {name} is a different text, or has "
                "changed since. To use its settings on another text, remove corpus from the file.",
                path=self.path,
                own=own["name"],
                name=name,
                field="corpus",
            )


def _is_name(model: str) -> bool:
    """Return whether a string may name a model of charrnn or of the Hub, rather than a path.

    The file may come from a stranger, whose paths must not be opened.
    """
    return _BUNDLED_NAME.fullmatch(model) is not None or is_id(model)


def _known(stored: Mapping[str, Any], config: type[Config], path: Path) -> Mapping[str, Any]:
    """Return stored settings. Raises UserError for one that this version does not know."""
    if unknown := [name for name in stored if name not in rules(config)]:
        raise UserError(
            "{path} has a setting that this version of charrnn does not know: {name}.",
            path=path,
            name=short_repr(unknown[0], 40),
            field="config",
        )
    return stored
