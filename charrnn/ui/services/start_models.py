"""The models that a run can start from: which a user may take, and which one helps a text."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import gradio as gr

from ... import hub
from ...checkpoint import Checkpoint
from ...checkpoint.source import ModelSource, is_base
from ...corpus import Corpus
from ...errors import Message, UserError
from ...hub import Token
from ...training.start_proposal import StartProposal, propose_start
from .. import i18n
from ..i18n.titles import model_title
from .catalog import ModelEntry, available_to, bundled, find_model, find_model_as, summarize
from .context import AppContext
from .lru_cache import LRUCache
from .model_options import model_options

log = logging.getLogger(__name__)

NOTHING = ""  # the key that stands for random weights
GROUPS = ("bases", "bundled", "runs", "opened")  # in the order in which they are offered
_MAX_PROPOSALS = 64  # that are kept
_START_OF_RUN = "start-"  # before the id of a run: the model that the run started from

Options = list[tuple[str, str]]  # labels and keys


def start_options(
    context: AppContext, keys: Iterable[str], locale: str, request: gr.Request | None = None
) -> dict[str, Options]:
    """Return the label and the key of every model that a user can start from, by group.

    Runs that the user may only watch are left out.
    """
    keys = list(keys)
    models = available_to(context, keys, request)
    groups: dict[str, Options] = {name: [] for name in GROUPS}
    for label, key in model_options(context, keys, locale, request):
        group = _group(key, models.get(key))
        if group is not None:
            groups[group].append((label, key))
    return groups


def _group(key: str, model: ModelEntry | None) -> str | None:
    source = "hub" if model is None else model.source
    if source == "bundled":
        return "bases" if is_base(key) else "bundled"
    return {"run": "runs", "hub": "opened", "upload": "opened"}.get(source)


def find_start(context: AppContext, key: str, request: gr.Request | None) -> ModelEntry:
    """Return the model with this key to start from, with the access rights of a request's sender.

    A model on the Hub is downloaded if necessary. Raises UserError if there is none, and for the
    model of a run that the user may only watch.
    """
    return _find_start(context, key, partial(find_model, context, key, request))


def find_start_as(context: AppContext, key: str, token: Token, client_id: str) -> ModelEntry:
    """Find a model as `find_start` does, for a client with this Hub token."""
    return _find_start(context, key, partial(find_model_as, context, key, token, client_id))


def _find_start(context: AppContext, key: str, find: Callable[[], ModelEntry]) -> ModelEntry:
    try:
        if key.startswith(_START_OF_RUN):
            return _start_of_run(context, key)
        model = find()
    except UserError as error:
        error.field = "start"
        raise
    if model.source == "shared":
        raise UserError(
            "That model belongs to a run that was shared with you: only its owner can start "
            "another run from it.",
            field="start",
        )
    return model


def _start_of_run(context: AppContext, key: str) -> ModelEntry:
    run = context.runs.find(key.removeprefix(_START_OF_RUN))
    run.check_directories()
    return ModelEntry(key, run.directory / "start", "upload")


def key_of_start(context: AppContext, run_id: str) -> str:
    """Return the key of the model that a run started from; that of nothing for random weights."""
    start = context.runs.find(run_id).manifest.get("started_from")
    if start is None:
        return NOTHING
    known = [model.key for model in bundled(context)]
    return start["model"] if start["model"] in known else f"{_START_OF_RUN}{run_id}"


def open_start(model: ModelEntry) -> Checkpoint:
    """Open a model to start from, with what is known of where it comes from."""
    if model.source == "hub":
        source = hub.source_of(model.key, model.directory)
    else:
        name = model.key if model.source == "bundled" else None
        source = ModelSource.of(model.directory, name)
    return replace(model.open(), source=source)


def title_of(model: ModelEntry, locale: str) -> str:
    """Return a short name of a model to start from."""
    if model.source == "hub":
        return model.key
    summary = summarize(model)
    titles = model_title(summary.title, summary.corpus)
    return titles[locale] if titles else model.key[:12]


class _Base(NamedTuple):
    model: ModelEntry
    changed: int  # time of change of its weights in nanoseconds


# What was proposed last, by a hash of the text and the states of the bases. The texts are not kept.
_proposals: LRUCache[tuple[str, tuple[_Base, ...]], StartProposal] = LRUCache(_MAX_PROPOSALS)


class ProposedBase(NamedTuple):
    """The base that a run on a text should start from: its title and the reason, by language."""

    model: ModelEntry
    title: dict[str, str]
    reason: dict[str, str]


def propose(context: AppContext, corpus: Corpus) -> ProposedBase | None:
    """Return the base that a run on a text should start from; None if none helps."""
    bases = {model.key: model for model in bundled(context) if is_base(model.key)}
    states = tuple(_Base(one, one.read(lambda _, changed: changed)) for one in bases.values())
    if not states:
        return None
    key = corpus.sha256(), states
    proposal = _proposals.get_or_compute(key, lambda: _propose(corpus, states))
    if proposal.name is None:
        return None
    reason, base = proposal.reason, bases[proposal.name]
    titles = {locale: title_of(base, locale) for locale in ("en", "zh")}
    reasons = {
        locale: i18n.translate_message(
            Message(reason.template, **{**reason.values, "model": title}), locale
        )
        for locale, title in titles.items()
    }
    return ProposedBase(base, titles, reasons)


def _propose(corpus: Corpus, bases: tuple[_Base, ...]) -> StartProposal:
    models = dict[str, Checkpoint]()
    for base in bases:
        try:
            models[base.model.key] = base.model.open()
        except UserError as error:
            log.warning("%s is not proposed: %s", base.model.key, error.message)
    return propose_start(corpus, models)
