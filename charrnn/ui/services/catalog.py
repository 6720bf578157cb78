"""Find and describe models by key.

A key is the name of a bundled model, the id of a run or of an uploaded checkpoint, or a model's id
on the Hub: `owner/name` or `owner/name@revision`. Keys are compared with what exists and never made
into paths, so a key cannot lead out of the app's directories. The models opened last stay in memory
while their files do not change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeVar

import gradio as gr

from ... import hub
from ...checkpoint import Checkpoint, load
from ...checkpoint.format import LOG, WEIGHTS
from ...checkpoint.logs import curve_in, text_of
from ...errors import UserError, short_repr
from ...hub import ListedModel, Ref, Token
from ...runs import uploads
from ...runs.run import Run
from ...text import datasets
from ...utils.regular_files import DamagedRunUserError
from ..i18n.titles import corpus_title, model_title
from ..server.auth import identity
from .context import AppContext

T = TypeVar("T")
Source = Literal["bundled", "run", "shared", "hub", "upload"]

MAX_OPEN_MODELS = 6
MAX_CURVE_POINTS = 60  # of the curve on a model's card


@dataclass(frozen=True)
class ModelEntry:
    """A model that can be opened: its key, its directory, and its source."""

    key: str
    directory: Path
    source: Source = "bundled"

    def __str__(self) -> str:
        """Return the key for a log, shortened for runs and uploads, whose full id gives access."""
        own = self.source in ("run", "shared", "upload")
        return f"{self.source} {self.key.removeprefix('upload-')[:4]}…" if own else self.key

    def open(self) -> Checkpoint:
        """Return the checkpoint. Raises UserError if it is damaged or has been deleted."""
        return self.read(_load_cached)

    def read(self, reader: Callable[[Path, int], T]) -> T:
        """Call `reader` with the directory and the time of change of the weights in nanoseconds.

        Returns what it returns. Raises UserError as `open` does.
        """
        weights = self.directory / WEIGHTS
        try:
            return reader(self.directory, weights.stat().st_mtime_ns)
        except FileNotFoundError:
            raise _no_model(self.key) from None
        except UserError:
            if weights.is_file():
                raise
            raise _no_model(self.key) from None  # it was deleted at this moment


def bundled(context: AppContext) -> list[ModelEntry]:
    """Return the models that came with the app: those of known datasets first, then by name."""
    if not context.bundled_dir.is_dir():
        return []
    known = [entry.name for entry in datasets.DATASETS]
    named = sorted(
        path.name for path in context.bundled_dir.iterdir() if (path / WEIGHTS).is_file()
    )
    named.sort(key=lambda name: known.index(name) if name in known else len(known))
    return [ModelEntry(name, context.bundled_dir / name) for name in named]


def find_model(context: AppContext, key: str, request: gr.Request | None = None) -> ModelEntry:
    """Return the model with this key, with the access rights of the sender of `request`.

    It may be a bundled model, the latest one of a run, an uploaded one, or one on the Hub. Raises
    UserError if there is none, in the same words for all kinds of keys, and for all errors of the
    Hub.
    """
    if (model := _find_local(context, key)) is not None:
        return model
    return _find_on_hub(context, key, identity(request).token, context.client_id(request))


def find_model_as(context: AppContext, key: str, token: Token, client_id: str) -> ModelEntry:
    """Find a model as `find_model` does, for a client with this Hub token."""
    return _find_local(context, key) or _find_on_hub(context, key, token, client_id)


def find_own_model(context: AppContext, key: str, request: gr.Request | None) -> ModelEntry:
    """Find a model as `find_model` does, for a download or a push.

    Raises UserError for the model of a run that the client may only watch.
    """
    model = find_model(context, key, request)
    if model.source == "shared":
        raise UserError(
            "That model belongs to a run that was shared with you. You can generate with it "
            "here; only its owner can download or push it.",
            field="checkpoint",
        )
    return model


def _find_on_hub(context: AppContext, key: str, token: Token, client_id: str) -> ModelEntry:
    """Return a model on the Hub, from the cache if this client has opened it recently."""
    if not hub.is_id(key):
        raise _no_model(key)
    try:
        ref = Ref.parse(key)
        found = context.hub_models.get(ref, token, client_id)
    except UserError as error:
        raise UserError(error.message, field="checkpoint") from None
    return ModelEntry(str(ref), found, "hub")


def _find_local(context: AppContext, key: str) -> ModelEntry | None:
    """Return a model that is on this machine. Raises UserError for a run without a model so far."""
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
    """Return the models that a user can choose, by key: the bundled ones, then those of `keys`.

    No request is sent. Runs and uploads that have been deleted are left out, and so are runs
    without a model so far. A model on the Hub that this user has not opened recently is None.
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
    """Facts about a model, without its weights.

    `title` is None for a model without a name. `perplexity` is measured on held-out text, or on the
    training text if `held_out` is false, or None. `curve` holds the perplexities during training,
    60 at most, or None. `changed` is in seconds since the epoch.
    """

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
    changed: float  # seconds since the epoch


def summarize(model: ModelEntry) -> ModelSummary:
    """Return the facts about a model. Raises UserError if it is damaged or has been deleted."""
    return model.read(_summarize_cached)


def describe(model: ModelEntry) -> dict[str, Any]:
    """Return the JSON description of a model that the endpoint /models returns.

    `perplexity` is measured on held-out text, or on the training text, or None.
    """
    known = summarize(model)
    return {
        "name": model.key,
        "source": model.source,
        "title": known.title or "unnamed",
        "model": known.network,
        "corpus": known.corpus,
        "recipe": known.recipe,
        "perplexity": known.perplexity,
        "symbols": known.symbols,
        "parameters": known.parameters,
        "bytes": known.bytes,
    }


def describe_listed(model: ListedModel) -> dict[str, Any]:
    """Return the same description of a model in a list of the Hub, with None for what is not known.

    Its title and its perplexity are what its owner says.
    """
    known = {"name": model.repo, "source": "hub", "title": model.title}
    unknown = dict.fromkeys(("model", "corpus", "recipe", "symbols", "parameters", "bytes"))
    return {**known, **unknown, "perplexity": model.perplexity}


def model_card(model: ModelEntry) -> dict[str, Any]:
    """Return the JSON that a card shows of a model: key, source, and the fields of `ModelSummary`.

    Names are in English and Chinese, or None. `date` is in seconds since the epoch; None for a
    bundled model. `resumable` is true for the model of a run that has ended and can be resumed.
    `repo` and `revision` are None except for a model on the Hub. Raises UserError as `summarize`
    does.
    """
    known = summarize(model)
    corpus = known.corpus or {}
    ref = Ref.parse(model.key) if model.source == "hub" else None
    return {
        "key": model.key,
        "source": model.source,
        "title": model_title(known.title, corpus),
        "model": known.network,
        "corpus": corpus_title(corpus) if corpus.get("name") else None,
        "perplexity": known.perplexity,
        "held_out": known.held_out,
        "bytes": known.bytes,
        "date": None if model.source == "bundled" else known.changed,
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
    """Return the facts about a model; more of them are cached than models."""
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
