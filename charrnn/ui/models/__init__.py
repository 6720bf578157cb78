"""The Models tab: the user's own models, the bundled ones, and those on the Hub.

The browser knows which models are the user's own: its runs, and the models that it has opened
(`browser_state.py`). This file makes the cards of these models and of the bundled ones, and
handles their buttons. A model is named by its key, never by a path. `models.js` draws the cards,
`open_model.py` opens models, and `hub_search.py` lists those on the Hub.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import gradio as gr

from ...errors import UserError
from ...runs.run import Run
from ...runs.run_directory import MAX_NAME_LENGTH
from ...runs.uploads import is_upload
from .. import i18n
from ..i18n.run_labels import labels_of
from ..page.component import bind, html_component
from ..page.contract import LIVE_STATES, MAX_REMEMBERED
from ..page.modules import call
from ..page.theme import asset
from ..run_card.recent_runs import last_change, remove, rename, run_summary, title_of_damaged
from ..run_card.strings import DELETING
from ..run_card.view_model import DAMAGED
from ..server.client_id import event_request
from ..services.catalog import ModelEntry, available_to, bundled, find_own_model, model_card
from ..services.context import AppContext
from .download import make_zip
from .hub_search import build_hub_search
from .open_model import build_open_model
from .strings import CARDS, MODELS

log = logging.getLogger(__name__)

Card = dict[str, Any]


def models_tab(context: AppContext, tabs: gr.Tabs) -> None:
    """Build the tab inside the Tab that is open now; it is one of `tabs`."""
    build_open_model(context)
    cards = html_component(
        "models/models",
        asset("models/models.html"),
        server_functions=[
            *(bind(function, context) for function in (list_cards, resume, rename, remove)),
            bind(make_download, Downloads(context, lambda: cards)),
        ],
        words=(i18n.SHARED, CARDS, MODELS, DELETING),
        bundled_count=len(bundled(context)),
        max_name_length=MAX_NAME_LENGTH,
        elem_id="models",
    )
    cards.show_train(None, None, tabs, js=call("showTab", "train"), api_visibility="private")
    build_hub_search(context)


async def list_cards(
    context: AppContext, query: object, request: gr.Request
) -> dict[str, list[Card]]:
    """Return cards of models: the user's `own`, the latest first, and the `bundled` ones.

    `query` is `{runs, opened}`, the keys of the user's own models. Called from `models.js`.
    """
    fields = query if isinstance(query, dict) else {}
    list_all = partial(_cards, context, fields, event_request(request))
    return await context.limiters.listing.run(context.client(request), list_all)


def _cards(
    context: AppContext, query: Mapping[str, Any], request: gr.Request
) -> dict[str, list[Card]]:
    runs, opened = _checked_keys(query.get("runs")), _checked_keys(query.get("opened"))
    available = available_to(context, opened, request)
    own = _run_cards(context, runs)
    own += [_opened_card(key, available) for key in opened]
    latest_first = sorted(filter(None, own), key=lambda card: card.get("date") or 0, reverse=True)
    return {
        "own": latest_first,
        "bundled": list(filter(None, map(_card_or_none, bundled(context)))),
    }


def _checked_keys(value: object) -> list[str]:
    keys = value if isinstance(value, list) else []
    return [key for key in keys if isinstance(key, str)][:MAX_REMEMBERED]


def _card_or_none(model: ModelEntry) -> Card | None:
    """Return the card of a model, or None if it is damaged or was just deleted."""
    try:
        return model_card(model)
    except UserError:
        log.warning("%s has no card: it is damaged, or was deleted", model)
        return None


def _run_cards(context: AppContext, keys: list[str]) -> list[Card | None]:
    """Return the cards of runs, each with its `name` and a `label` that sets it apart."""
    runs = []
    for key in keys:
        with suppress(UserError):  # it was deleted
            runs.append(context.runs.find(key))
    cards = []
    for run, label in zip(runs, labels_of(runs), strict=True):
        card = _run_card(run)
        cards.append(card and {"name": run.name, "label": label} | card)
    return cards


def _run_card(run: Run) -> Card | None:
    """Return the card of a run, or None if the run was deleted or has no model yet.

    If the run or its model cannot be read, the card has a `problem` in both languages.
    """
    try:
        state, checkpoint = run_summary(run)["state"], run.checkpoint
        if checkpoint is None:
            return None
        return model_card(ModelEntry(run.id, checkpoint, "run")) | {
            "state": state,
            "live": state in LIVE_STATES,
        }
    except UserError as error:
        return _damaged_card(run, error) if run.directory.is_dir() else None


def _damaged_card(run: Run, error: UserError) -> Card:
    return {
        "key": run.id,
        "source": "run",
        "title": title_of_damaged(run),
        "state": DAMAGED,
        "live": False,
        "date": last_change(run),
        "problem": i18n.error_in_both(error),
    }


def _opened_card(key: str, available: Mapping[str, ModelEntry | None]) -> Card | None:
    """Return the card of a model that the user opened.

    A Hub model that is not in the cache any more is `away`: it can be opened again. An uploaded
    model that was deleted is `gone`.
    """
    if (model := available.get(key)) is not None:
        return _card_or_none(model)
    if key in available:
        return {"key": key, "source": "hub", "away": True}
    return {"key": key, "source": "upload", "gone": True} if is_upload(key) else None


async def resume(context: AppContext, key: object, request: gr.Request) -> dict[str, Any]:
    """Resume a run; return its id as `run`, or a `problem`. Called from `models.js`."""
    request = event_request(request)
    resume_run = partial(context.runs.resume, str(key), context.client_id(request))
    try:
        run = await context.limiters.planning.run(context.client(request), resume_run)
        return {"run": run.id}
    except UserError as error:
        return _problem_of(error, request)


@dataclass(frozen=True)
class Downloads:
    """Makes .zip files of models, as files of `component`, which Gradio serves and deletes."""

    context: AppContext
    component: Callable[[], gr.HTML]


async def make_download(downloads: Downloads, key: object, request: gr.Request) -> dict[str, Any]:
    """Make a .zip of a model; return its `path` on the server and its `name`, or a `problem`.

    Called from `models.js`.
    """
    context, request = downloads.context, event_request(request)
    client, limiters = context.client(request), context.limiters

    def make_file(model: ModelEntry) -> dict[str, Any]:
        quotas = context.runs.disk_quotas
        owner = quotas.owner(context.client_id(request))
        with quotas.reserving(owner, field="run") as reserve:
            file = make_zip(
                model, _file_title(model), downloads.component(), context.limits, reserve
            )
            quotas.files.add(owner, file)
        context.hub_models.register_derived_file(model.directory, file)
        return {"path": str(file), "name": file.name}

    try:
        model = await limiters.fetching.run(
            client, partial(find_own_model, context, str(key), request)
        )
        return await limiters.zipping.run(client, partial(make_file, model))
    except UserError as error:
        return _problem_of(error, request)


def _file_title(model: ModelEntry) -> str:
    """Return the name of a model's .zip: that of its repository, else its title, else ""."""
    card = _card_or_none(model) or {}
    title = (card.get("title") or {}).get("en") or (model.key if model.source == "bundled" else "")
    return str(card.get("repo") or title).rpartition("/")[2]


def _problem_of(error: UserError, request: gr.Request) -> dict[str, Any]:
    return {"problem": i18n.translate_error(error, i18n.locale_of(request))}
