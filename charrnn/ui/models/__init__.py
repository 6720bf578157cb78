"""The Models tab: one's own models, those that came with charrnn, and those on the Hub.

Which models are one's own, the browser remembers (`browser_storage.py`): its runs, and what it has
opened. What the cards say of them comes from here, and so does what their buttons do. A model is
named by its key, never by a path. The tab is drawn by models.js; how a model is opened is
`open_model.py`, what there is on the Hub `hub_search.py`.
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
from ...runs.status import MAX_NAME_LENGTH
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
from ..services.catalog import ModelEntry, available_to, bundled, find_own_model, model_card
from ..services.client_id import event_request
from ..services.context import AppContext
from .download import make_zip
from .hub_search import build_hub_search
from .open_model import build_open_model
from .strings import CARDS, MODELS

log = logging.getLogger(__name__)

Card = dict[str, Any]


def models_tab(context: AppContext, tabs: gr.Tabs) -> None:
    """Build the tab inside the Tab that is open now, which is one of `tabs`."""
    build_open_model(context)
    shown = html_component(
        "models/models",
        asset("models/models.html"),
        server_functions=[
            *(bind(function, context) for function in (list_cards, resume, rename, remove)),
            bind(download, Downloads(context, lambda: shown)),
        ],
        words=(i18n.SHARED, CARDS, MODELS, DELETING),
        shipped=len(bundled(context)),
        max_name_length=MAX_NAME_LENGTH,
        elem_id="models",
    )
    shown.show_train(None, None, tabs, js=call("showTab", "train"), api_visibility="private")
    build_hub_search(context)


async def list_cards(
    context: AppContext, asked: object, request: gr.Request
) -> dict[str, list[Card]]:
    """Return the cards of runs and opened models (`{runs, opened}`), the latest first, as `yours`;
    and those of the bundled models as `bundled`. Called from `models.js`."""
    given = asked if isinstance(asked, dict) else {}
    list_all = partial(_cards, context, given, event_request(request))
    return await context.limiters.listing.run(context.client(request), list_all)


def _cards(
    context: AppContext, given: Mapping[str, Any], request: gr.Request
) -> dict[str, list[Card]]:
    runs, keys = _keys(given.get("runs")), _keys(given.get("opened"))
    there = available_to(context, keys, request)
    own = _runs(context, runs)
    own += [_opened(key, there) for key in keys]
    yours = sorted(filter(None, own), key=lambda told: told.get("date") or 0, reverse=True)
    ours = filter(None, map(_told, bundled(context)))
    return {"yours": yours, "shipped": list(ours)}


def _keys(given: object) -> list[str]:
    listed = given if isinstance(given, list) else []
    return [key for key in listed if isinstance(key, str)][:MAX_REMEMBERED]


def _told(model: ModelEntry) -> Card | None:
    """The card of a model; None if it is damaged, or goes at this very moment."""
    try:
        return model_card(model)
    except UserError:
        log.warning("%s has no card: it is damaged, or gone", model)
        return None


def _runs(context: AppContext, keys: list[str]) -> list[Card | None]:
    """The cards of runs, each with its `name` and the `label` that tells it from the others."""
    runs = []
    for key in keys:
        with suppress(UserError):  # it has been removed
            runs.append(context.runs.find(key))
    cards = []
    for run, label in zip(runs, labels_of(runs), strict=True):
        told = _run(run)
        cards.append(told and {"name": run.name, "label": label} | told)
    return cards


def _run(run: Run) -> Card | None:
    """The card of a run, with the `problem` in words if that or its model can't be read; None if
    it is gone, or has not saved a model yet."""
    try:
        state, checkpoint = run_summary(run)["state"], run.checkpoint
        if checkpoint is None:
            return None
        return model_card(ModelEntry(run.id, checkpoint, "run")) | {
            "state": state,
            "live": state in LIVE_STATES,
        }
    except UserError as error:
        return _damaged(run, error) if run.directory.is_dir() else None


def _damaged(run: Run, error: UserError) -> Card:
    return {
        "key": run.id,
        "source": "run",
        "title": title_of_damaged(run),
        "state": DAMAGED,
        "live": False,
        "date": last_change(run),
        "problem": i18n.error_in_both(error),
    }


def _opened(key: str, there: Mapping[str, ModelEntry | None]) -> Card | None:
    """The card of what was opened once: a model on the Hub that is not at hand is `away` and can be
    opened again, an uploaded one that is not here any more is `gone`."""
    if (model := there.get(key)) is not None:
        return _told(model)
    if key in there:
        return {"key": key, "source": "hub", "away": True}
    return {"key": key, "source": "upload", "gone": True} if is_upload(key) else None


async def resume(context: AppContext, key: object, request: gr.Request) -> dict[str, Any]:
    """Resume a run; return its id as `run`, or the `problem` in words. Called from `models.js`."""
    request = event_request(request)
    resume_run = partial(context.runs.resume, str(key), context.client_id(request))
    try:
        run = await context.limiters.planning.run(context.client(request), resume_run)
        return {"run": run.id}
    except UserError as error:
        return _problem(error, request)


@dataclass(frozen=True)
class Downloads:
    """Where the .zip files of models are made: among the files of a component of the page, which
    Gradio serves and removes."""

    context: AppContext
    component: Callable[[], gr.HTML]


async def download(downloads: Downloads, key: object, request: gr.Request) -> dict[str, Any]:
    """Make a .zip of a model; return its `path` on the server and its `name`, or the `problem` in
    words. Called from `models.js`."""
    context, request = downloads.context, event_request(request)
    client, limiters = context.client(request), context.limiters

    def packed(model: ModelEntry) -> dict[str, Any]:
        shares = context.runs.shares
        owner = shares.owner(context.client_id(request))
        with shares.reserving(owner, field="run") as reserve:
            file = make_zip(model, _title(model), downloads.component(), context.limits, reserve)
            shares.files.add(owner, file)
        context.hub_models.register_derived_file(model.directory, file)
        return {"path": str(file), "name": file.name}

    try:
        model = await limiters.finding.run(
            client, partial(find_own_model, context, str(key), request)
        )
        return await limiters.packing.run(client, partial(packed, model))
    except UserError as error:
        return _problem(error, request)


def _title(model: ModelEntry) -> str:
    """What a file with the model is called: as it is on the Hub, or else as on its card; empty for
    one that has no name."""
    told = _told(model) or {}
    title = (told.get("title") or {}).get("en") or (model.key if model.source == "shipped" else "")
    return str(told.get("repo") or title).rpartition("/")[2]


def _problem(error: UserError, request: gr.Request) -> dict[str, Any]:
    return {"problem": i18n.translate_error(error, i18n.locale_of(request))}
