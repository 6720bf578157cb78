"""The models that the page and the endpoints can open: the shipped ones and a visitor's own.

A key is the name of a directory on the shelf, or a run's id. It is only ever compared with what
is there, never made into a path, so a key cannot point outside. The last few models opened stay
in memory for as long as their file does not change.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from .. import corpora
from ..checkpoint import WEIGHTS, Checkpoint, load
from ..errors import UserError
from .house import House

KEPT = 6  # models in memory


@dataclass(frozen=True)
class Model:
    """A model that can be opened: its key, and where it lies. `run` says that it is a run's."""

    key: str
    directory: Path
    run: bool = False

    def open(self) -> Checkpoint:
        """Its checkpoint. Raises UserError if that is damaged, or gone by now."""
        try:
            changed = (self.directory / WEIGHTS).stat().st_mtime_ns
        except FileNotFoundError:
            raise _no_model(self.key) from None
        try:
            return _opened(self.directory, changed)
        except UserError:
            if (self.directory / WEIGHTS).is_file():
                raise
            raise _no_model(self.key) from None  # it was removed at this very moment


def shipped(house: House) -> list[Model]:
    """The models on the shelf: those of known texts in the texts' order, then by name."""
    if not house.shelf.is_dir():
        return []
    known = [entry.name for entry in corpora.ENTRIES]
    named = sorted(path.name for path in house.shelf.iterdir() if (path / WEIGHTS).is_file())
    named.sort(key=lambda name: known.index(name) if name in known else len(known))
    return [Model(name, house.shelf / name) for name in named]


def find(house: House, key: str) -> Model:
    """The model with this key: a shipped one, or what a run has saved so far.

    Raises UserError where there is none, in the same words whatever the key looks like.
    """
    for model in shipped(house):
        if model.key == key:
            return model
    try:
        run = house.runs.find(key)
    except UserError:
        raise _no_model(key) from None
    if run.checkpoint is None:
        raise UserError(
            "This run has not saved a model yet: wait a moment and try again.", field="checkpoint"
        )
    return Model(key, run.checkpoint, run=True)


def offered(house: House, keys: Iterable[str]) -> list[Model]:
    """The models a visitor can choose: the shipped ones, then the others of these `keys`.

    Runs that are gone, or have not saved a model yet, are left out.
    """
    models = {model.key: model for model in shipped(house)}
    for key in keys:
        try:
            models.setdefault(key, find(house, key))
        except UserError:
            continue
    return list(models.values())


def describe(model: Model) -> dict[str, Any]:
    """What is known of a model, without its weights: name, corpus, size, perplexity, as JSON.

    `perplexity` is that on held-out text, or else on the training text, or None.
    """
    checkpoint = model.open()
    network, about = checkpoint.model, checkpoint.about
    return {
        "name": model.key,
        "title": checkpoint.name,
        "model": network.config.label,
        "corpus": about.get("corpus"),
        "recipe": about.get("recipe"),
        "perplexity": checkpoint.perplexity,
        "symbols": len(checkpoint.vocabulary) - 1,
        "parameters": sum(weight.numel() for weight in network.parameters()),
        "bytes": (model.directory / WEIGHTS).stat().st_size,
    }


def _no_model(key: object) -> UserError:
    shown = str(key)
    shown = shown if len(shown) <= 60 else shown[:59] + "…"
    return UserError(
        f"There is no model called {shown!r}: give the name of one that came with the app, or "
        "the id of a run.",
        field="checkpoint",
    )


@lru_cache(maxsize=KEPT)
def _opened(directory: Path, changed: int) -> Checkpoint:
    return load(directory)
