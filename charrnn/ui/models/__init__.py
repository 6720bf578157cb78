"""The Models tab: one's own models, those that came with charrnn, and those on the Hub.

Which models are one's own, the browser remembers (`browser_storage.py`): its runs, and what it has
opened. What the cards say of them comes from here, and so does what their buttons do. A model is
named by its key, never by a path. The tab is drawn by models.js; how a model is opened is
`open_model.py`, what there is on the Hub `hub_search.py`.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

import gradio as gr

from ...errors import UserError
from ...runs.run import Run
from ...runs.status import MAX_NAME_LENGTH
from ...runs.uploads import is_upload
from .. import i18n
from ..i18n.run_labels import labels_of
from ..page.browser_storage import KEPT
from ..page.theme import asset, script
from ..run_card.recent_runs import changed, deleter, line, renamer, title_of
from ..run_card.strings import DELETING
from ..run_card.view_model import DAMAGED, LIVE
from ..services.catalog import Model, card, find_own, offered, shipped
from ..services.client_id import event_request
from ..services.context import House
from .download import pack
from .hub_search import browser
from .open_model import opener
from .strings import CARDS, MODELS

log = logging.getLogger(__name__)

Card = dict[str, Any]
_SHOW_TRAIN = '() => ({__type__: "update", selected: "train"})'


def models_tab(house: House, tabs: gr.Tabs) -> None:
    """Build the tab inside the Tab that is open now, which is one of `tabs`."""
    opener(house)
    shown = gr.HTML(
        html_template=asset("models/models.html"),
        js_on_load=script("page/storage.js", "models/model_card.js", "models/models.js"),
        server_functions=[
            *(_teller(house), _resumer(house), renamer(house), deleter(house)),
            _downloader(house, lambda: shown),
        ],
        words=i18n.both(i18n.SHARED, CARDS, MODELS, DELETING),
        shipped=len(shipped(house)),
        kept=KEPT,
        longest=MAX_NAME_LENGTH,
        apply_default_css=False,
        elem_id="models",
    )
    shown.train(None, None, tabs, js=_SHOW_TRAIN, api_visibility="private")
    browser(house)


def _teller(house: House) -> Callable[[object, gr.Request], Awaitable[dict[str, list[Card]]]]:
    async def cards(asked: object, request: gr.Request) -> dict[str, list[Card]]:
        """The cards of these runs and opened models, the latest first, and of the shipped ones."""
        given = asked if isinstance(asked, dict) else {}
        tell = partial(told, given, event_request(request))
        return await house.limiters.listing.run(house.client(request), tell)

    def told(given: Mapping[str, Any], request: gr.Request) -> dict[str, list[Card]]:
        runs, keys = _keys(given.get("runs")), _keys(given.get("opened"))
        there = offered(house, keys, request)
        own = _runs(house, runs)
        own += [_opened(key, there) for key in keys]
        yours = sorted(filter(None, own), key=lambda told: told.get("date") or 0, reverse=True)
        ours = filter(None, map(_told, shipped(house)))
        return {"yours": yours, "shipped": list(ours)}

    return cards


def _keys(given: object) -> list[str]:
    return [key for key in given if isinstance(key, str)][:KEPT] if isinstance(given, list) else []


def _told(model: Model) -> Card | None:
    """The card of a model; None if it is damaged, or goes at this very moment."""
    try:
        return card(model)
    except UserError:
        log.warning("%s has no card: it is damaged, or gone", model)
        return None


def _runs(house: House, keys: list[str]) -> list[Card | None]:
    """The cards of runs, each with its `name` and the `label` that tells it from the others."""
    runs = []
    for key in keys:
        with suppress(UserError):  # it has been removed
            runs.append(house.runs.find(key))
    cards = []
    for run, label in zip(runs, labels_of(runs), strict=True):
        told = _run(run)
        cards.append(told and {"name": run.name, "label": label} | told)
    return cards


def _run(run: Run) -> Card | None:
    """The card of a run, with the `problem` in words if that or its model can't be read; None if
    it is gone, or has not saved a model yet."""
    try:
        state, checkpoint = line(run)["state"], run.checkpoint
        if checkpoint is None:
            return None
        return card(Model(run.id, checkpoint, "run")) | {"state": state, "live": state in LIVE}
    except UserError as error:
        return _damaged(run, error) if run.directory.is_dir() else None


def _damaged(run: Run, error: UserError) -> Card:
    return {
        "key": run.id,
        "source": "run",
        "title": title_of(run),
        "state": DAMAGED,
        "live": False,
        "date": changed(run),
        "problem": i18n.error_in_both(error),
    }


def _opened(key: str, there: Mapping[str, Model | None]) -> Card | None:
    """The card of what was opened once: a model on the Hub that is not at hand is `away` and can be
    opened again, an uploaded one that is not here any more is `gone`."""
    if (model := there.get(key)) is not None:
        return _told(model)
    if key in there:
        return {"key": key, "source": "hub", "away": True}
    return {"key": key, "source": "upload", "gone": True} if is_upload(key) else None


def _resumer(house: House) -> Callable[[object, gr.Request], Awaitable[dict[str, Any]]]:
    async def resume(key: object, request: gr.Request) -> dict[str, Any]:
        """Let a run go on; the `problem`, in words, if it cannot."""
        request = event_request(request)
        resume_run = partial(house.runs.keep_training, str(key), house.visitor(request))
        try:
            run = await house.limiters.planning.run(house.client(request), resume_run)
            return {"run": run.id}
        except UserError as error:
            return _problem(error, request)

    return resume


def _downloader(
    house: House, served: Callable[[], gr.HTML]
) -> Callable[[object, gr.Request], Awaitable[dict[str, Any]]]:
    async def download(key: object, request: gr.Request) -> dict[str, Any]:
        """Where a model's .zip is served, and its `name`; or the `problem`, in words."""
        request = event_request(request)
        client, limiters = house.client(request), house.limiters

        def packed(model: Model) -> dict[str, Any]:
            shares = house.runs.shares
            owner = shares.owner(house.visitor(request))
            with shares.reserving(owner, field="run") as reserve:
                file = pack(model, _title(model), served(), house.limits, reserve)
                shares.files.add(owner, file)
            house.fetched.made_of(model.directory, file)
            return {"path": str(file), "name": file.name}

        try:
            model = await limiters.finding.run(client, partial(find_own, house, str(key), request))
            return await limiters.packing.run(client, partial(packed, model))
        except UserError as error:
            return _problem(error, request)

    return download


def _title(model: Model) -> str:
    """What a file with the model is called: as it is on the Hub, or else as on its card; empty for
    one that has no name."""
    told = _told(model) or {}
    title = (told.get("title") or {}).get("en") or (model.key if model.source == "shipped" else "")
    return str(told.get("repo") or title).rpartition("/")[2]


def _problem(error: UserError, request: gr.Request) -> dict[str, Any]:
    return {"problem": i18n.translate_error(error, i18n.language(request))}
