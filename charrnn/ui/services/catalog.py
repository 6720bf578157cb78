"""The models that the page and the endpoints can open, by key.

A key is the name of a directory on the shelf, a run's id, an uploaded checkpoint's, or what a
model is called on the Hub: `owner/name`, or `owner/name@revision`. It is only ever compared with
what is there, never made into a path, so a key cannot point outside. The last few models opened
stay in memory for as long as their file does not change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeVar

import gradio as gr

from ... import hub
from ...checkpoint import WEIGHTS, Checkpoint, load
from ...checkpoint.files import LOG
from ...checkpoint.logs import curve_in, text_of
from ...errors import UserError, short_repr
from ...hub import Ref, Token
from ...runs import uploads
from ...runs.run import Run
from ...text import datasets
from ...utils.regular_files import DamagedRunUserError
from ..i18n.titles import chinese
from .auth import identity
from .context import AppContext

T = TypeVar("T")
Source = Literal["shipped", "run", "shared", "hub", "upload"]

MAX_OPEN_MODELS = 6  # models in memory
MAX_CURVE_POINTS = 60  # of a card's curve


@dataclass(frozen=True)
class ModelEntry:
    """A model that can be opened: its key, where it lies, and where it comes from."""

    key: str
    directory: Path
    source: Source = "shipped"

    def __str__(self) -> str:
        """For a log: who knows the whole id of a run or of an upload may open it."""
        own = self.source in ("run", "shared", "upload")
        return f"{self.source} {self.key.removeprefix('upload-')[:4]}…" if own else self.key

    def open(self) -> Checkpoint:
        """Its checkpoint. Raises UserError if that is damaged, or gone by now."""
        return self.read(_load_cached)

    def read(self, reader: Callable[[Path, int], T]) -> T:
        """What `reader` makes of its directory, told when the weights were changed last, in
        nanoseconds. Raises UserError as `open`."""
        weights = self.directory / WEIGHTS
        try:
            return reader(self.directory, weights.stat().st_mtime_ns)
        except FileNotFoundError:
            raise _no_model(self.key) from None
        except UserError:
            if weights.is_file():
                raise
            raise _no_model(self.key) from None  # it was removed at this very moment


def bundled(context: AppContext) -> list[ModelEntry]:
    """The models on the shelf: those of known texts in the texts' order, then by name."""
    if not context.bundled_dir.is_dir():
        return []
    known = [entry.name for entry in datasets.DATASETS]
    named = sorted(
        path.name for path in context.bundled_dir.iterdir() if (path / WEIGHTS).is_file()
    )
    named.sort(key=lambda name: known.index(name) if name in known else len(known))
    return [ModelEntry(name, context.bundled_dir / name) for name in named]


def find_model(context: AppContext, key: str, request: gr.Request | None = None) -> ModelEntry:
    """The model with this key, for the sender of `request`: a shipped one, what a run has saved so
    far, an uploaded one, or one on the Hub.

    Raises UserError where there is none, in the same words whatever the key looks like, and for
    all that goes wrong with the Hub.
    """
    if (model := _find_local(context, key)) is not None:
        return model
    return _find_on_hub(context, key, identity(request).token, context.client_id(request))


def find_model_as(context: AppContext, key: str, token: Token, client_id: str) -> ModelEntry:
    """As `find_model`, for a visitor who has this token for the Hub."""
    return _find_local(context, key) or _find_on_hub(context, key, token, client_id)


def find_own_model(context: AppContext, key: str, request: gr.Request | None) -> ModelEntry:
    """Find a model as `find_model` does, for a download or a push.

    Raises UserError for the model of a run that the client may only watch.
    """
    model = find_model(context, key, request)
    if model.source == "shared":
        raise UserError(
            "That model belongs to a run that was shared with you. You can write with it here; "
            "only its owner can download or push it.",
            field="checkpoint",
        )
    return model


def _find_on_hub(context: AppContext, key: str, token: Token, client_id: str) -> ModelEntry:
    """A model on the Hub, which is asked unless this visitor has opened the model lately."""
    if not hub.is_id(key):
        raise _no_model(key)
    try:
        ref = Ref.parse(key)
        found = context.hub_models.get(ref, token, client_id)
    except UserError as error:
        raise UserError(error.message, field="checkpoint") from None
    return ModelEntry(str(ref), found, "hub")


def _find_local(context: AppContext, key: str) -> ModelEntry | None:
    """A model that needs no asking. Raises UserError for a run that has not saved one yet."""
    for model in bundled(context):
        if model.key == key:
            return model
    if uploads.is_upload(key):
        found = uploads.find(context.runs.root, key)
        return None if found is None else ModelEntry(key, found, "upload")
    try:
        access = context.find_run(key)
    except UserError:
        return None
    if (checkpoint := access.run.checkpoint) is None:
        try:
            access.run.check_directories()
        except DamagedRunUserError as error:
            raise UserError(error.message, field="checkpoint") from None
        raise UserError(
            "This run has not saved a model yet: wait a moment and try again.", field="checkpoint"
        )
    return ModelEntry(key, checkpoint, "run" if access.may_control else "shared")


def available_to(
    context: AppContext, keys: Iterable[str], request: gr.Request | None = None
) -> dict[str, ModelEntry | None]:
    """The models a visitor can choose, by key: the shipped ones, then the others of these `keys`.

    Nobody is asked. Runs and uploads that are gone are left out, and so are runs that have not
    saved a model yet; a model on the Hub that this visitor has not opened lately is None.
    """
    models: dict[str, ModelEntry | None] = {model.key: model for model in bundled(context)}
    for key in keys:
        try:
            if (model := _find_local(context, key)) is not None:
                models.setdefault(key, model)
            elif hub.is_id(key):
                ref = Ref.parse(key)
                found = context.hub_models.cached(ref, identity(request).token)
                models.setdefault(str(ref), ModelEntry(str(ref), found, "hub") if found else None)
        except UserError:
            continue
    return models


@dataclass(frozen=True)
class ModelSummary:
    """What is known of a model without its weights. `title` is None where nobody has given it a
    name; `perplexity` is that on held-out text, or else (`held_out` is false) on its training text,
    or None; `curve` holds the perplexities of its training, 60 at most, or None."""

    title: str | None
    network: str
    corpus: dict[str, Any] | None
    recipe: str | None
    perplexity: float | None
    held_out: bool
    symbols: int
    parameters: int
    curve: list[float] | None
    bytes: int
    changed: float  # in seconds of the epoch


def summarize(model: ModelEntry) -> ModelSummary:
    """What is known of a model. Raises UserError if it is damaged, or gone by now."""
    return model.read(_summarize_cached)


def describe(model: ModelEntry) -> dict[str, Any]:
    """What /models says of a model: name, corpus, size, perplexity, as JSON.

    `perplexity` is that on held-out text, or else on the training text, or None.
    """
    known = summarize(model)
    return {
        "name": model.key,
        "title": known.title or "unnamed",
        "model": known.network,
        "corpus": known.corpus,
        "recipe": known.recipe,
        "perplexity": known.perplexity,
        "symbols": known.symbols,
        "parameters": known.parameters,
        "bytes": known.bytes,
    }


def model_card(model: ModelEntry) -> dict[str, Any]:
    """What a card shows of a model, as JSON: `ModelSummary`, and besides its key and its source.

    Names are in English and Chinese, and None where there are none; `date` is in seconds of the
    epoch, None for a model that came with the app; `resumable` says that it is a run's that has
    ended and can go on; `repo` and `revision` are None but for a model on the Hub. Raises UserError
    as `summarize`.
    """
    known = summarize(model)
    title, corpus = known.title, (known.corpus or {}).get("name")
    ref = Ref.parse(model.key) if model.source == "hub" else None
    return {
        "key": model.key,
        "source": model.source,
        "title": None if title is None else {"en": title, "zh": chinese(title)},
        "model": known.network,
        "corpus": None if not corpus else {"en": corpus, "zh": chinese(corpus)},
        "perplexity": known.perplexity,
        "held_out": known.held_out,
        "bytes": known.bytes,
        "date": None if model.source == "shipped" else known.changed,
        "curve": known.curve,
        "resumable": model.source == "run" and _resumable(Run(model.directory.parent)),
        "repo": ref.repo if ref else None,
        "revision": ref.revision if ref else None,
    }


def _resumable(run: Run) -> bool:
    return run.has_resume_state and not run.is_active


def _no_model(key: object) -> UserError:
    shown = str(key)
    shown = shown if len(shown) <= 60 else shown[:59] + "…"
    return UserError(
        "There is no model called {name}: give the name of one that came with the app, the "
        "id of a run, or owner/name of one on the Hub.",
        name=short_repr(shown),
        field="checkpoint",
    )


@lru_cache(maxsize=MAX_OPEN_MODELS)
def _load_cached(directory: Path, changed: int) -> Checkpoint:
    return load(directory)


@lru_cache(maxsize=256)
def _summarize_cached(directory: Path, changed: int) -> ModelSummary:
    """They outlive the weights, of which few are kept."""
    checkpoint = _load_cached(directory, changed)
    network, about = checkpoint.model, checkpoint.about
    perplexity, results = checkpoint.perplexity, about.get("results") or {}
    return ModelSummary(
        title=about.get("name") or None,
        network=network.config.label,
        corpus=about.get("corpus"),
        recipe=about.get("recipe"),
        perplexity=perplexity if perplexity and perplexity > 0 else None,
        held_out=results.get("validation_perplexity") is not None,
        symbols=checkpoint.vocabulary.symbol_count,
        parameters=sum(weight.numel() for weight in network.parameters()),
        curve=_curve(directory),
        bytes=(directory / WEIGHTS).stat().st_size,
        changed=changed / 1e9,
    )


def _curve(directory: Path) -> list[float] | None:
    try:
        log = text_of(directory, LOG)
    except UserError:
        return None
    return None if log is None else curve_in(log, MAX_CURVE_POINTS)
