"""The models on the Hub that charrnn can open: searched, ordered, and the visitor's own.

The Hub is asked when somebody looks, never before, and not more often than it takes: what everybody
may see is kept for some minutes, for all visitors. All that it tells is a stranger's word.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar, get_args

import gradio as gr

from ... import hub
from ...errors import UserError
from ...hub import HubUnavailableError, ListedModel, Sort
from ...hub.account import account
from .. import i18n
from ..page.component import bind, html_component
from ..page.theme import asset
from ..services.auth import identity
from ..services.client import Client
from ..services.client_id import event_request
from ..services.context import AppContext
from ..services.ttl_cache import TTLCache
from .strings import BROWSE, CARDS

log = logging.getLogger(__name__)

LIMIT = 24  # models of a list
_LONGEST = 200  # characters of a search, or of a model's name
_LIST_SECONDS, _CURVE_SECONDS = 120.0, 900.0  # that a list is kept, and a curve
T = TypeVar("T")
Answer = dict[str, Any]


def build_hub_search(context: AppContext) -> gr.HTML:
    """The lists as a component."""
    hub_search = HubSearch(context)
    return html_component(
        "models/hub_search",
        asset("models/hub_search.html"),
        server_functions=[bind(HubSearch.search, hub_search), bind(HubSearch.curve, hub_search)],
        words=(CARDS, BROWSE),
        limit=LIMIT,
        elem_id="browse",
    )


class HubSearch:
    """Searches the Hub, and keeps what everybody may see for some minutes, for all visitors."""

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._lists: TTLCache[list[ListedModel]] = TTLCache(seconds=_LIST_SECONDS)
        self._curves: TTLCache[list[float] | None] = TTLCache(seconds=_CURVE_SECONDS)

    async def search(self, asked: object, request: gr.Request) -> Answer:
        """Return the models that a search finds (`{search, sort, mine}`), or the `problem` in
        words, and whether the visitor has signed in. Called from `hub_search.js`."""
        request = event_request(request)
        given = asked if isinstance(asked, dict) else {}
        search = str(given.get("search") or "").strip()[:_LONGEST]
        sort: Sort = given["sort"] if given.get("sort") in get_args(Sort) else "updated"
        who, run = identity(request), _search(self._context, request)
        answer: Answer = {"signed_in": who.signed_in}

        def public() -> Awaitable[list[ListedModel]]:
            return run(lambda: hub.list_models(search=search, sort=sort, limit=LIMIT))

        def own() -> list[ListedModel]:
            author = who.account or account(who.token)
            return hub.list_models(
                search=search, sort=sort, author=author, token=who.token, limit=LIMIT
            )

        try:
            if given.get("mine") and who.signed_in:
                found = await run(own)
            else:
                found = await self._lists.get((search.lower(), sort), public)
        except UserError as error:
            return answer | _problem(error, request)
        return answer | {"models": [_told(model) for model in found]}

    async def curve(self, asked: object, request: gr.Request) -> Answer:
        """Return the perplexities of a model's training (`{repo, mine}`), None if it has none, or
        the `problem` in words. Called from `hub_search.js`."""
        request = event_request(request)
        given = asked if isinstance(asked, dict) else {}
        repo, who = str(given.get("repo"))[:_LONGEST], identity(request)
        run = _search(self._context, request)

        def public() -> Awaitable[list[float] | None]:
            return run(lambda: hub.fetch_curve(repo))

        try:
            if given.get("mine") and who.signed_in:
                told = await run(lambda: hub.fetch_curve(repo, token=who.token))
            else:
                told = await self._curves.get(repo, public)
        except UserError as error:
            return _problem(error, request)
        return {"curve": told}


def _search(context: AppContext, request: gr.Request) -> Callable[[Callable[[], T]], Awaitable[T]]:
    """A function that asks the Hub in this client's turn. An answer may serve others who wait for
    the same, so it does not end when the client goes away."""
    return partial(context.limiters.searching.run, Client(context.client_id(request)))


def _problem(error: UserError, request: gr.Request) -> Answer:
    message = i18n.translate_error(error, i18n.locale_of(request))
    return {"problem": message, "away": isinstance(error, HubUnavailableError)}


def _told(model: ListedModel) -> Answer:
    """A model as JSON, `updated` in seconds of the epoch."""
    return {
        "repo": model.repo,
        "title": model.title,
        "perplexity": model.perplexity,
        "updated": model.updated.timestamp() if model.updated else None,
        "downloads": model.downloads,
        "likes": model.likes,
        "private": model.private,
    }
