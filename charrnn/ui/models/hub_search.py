"""Search of the models on the Hub that charrnn can open, and of the user's own there.

The Hub is asked only once a user looks at the list. Public answers are cached for some minutes and
shared by all users. All texts from the Hub are untrusted.
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
from ..server.auth import identity
from ..server.client import Client
from ..server.client_id import event_request
from ..services.context import AppContext
from ..services.ttl_cache import TTLCache
from .strings import CARDS, HUB_SEARCH

log = logging.getLogger(__name__)

MAX_LISTED_MODELS = 24
_MAX_QUERY_CHARACTERS = 200  # of a search, or of the name of a model
_CURVE_TTL_SECONDS = 900.0
T = TypeVar("T")
Answer = dict[str, Any]


def build_hub_search(context: AppContext) -> gr.HTML:
    """Build the list as a component."""
    hub_search = HubSearch(context)
    return html_component(
        "models/hub_search",
        asset("models/hub_search.html"),
        server_functions=[bind(HubSearch.search, hub_search), bind(HubSearch.curve, hub_search)],
        words=(CARDS, HUB_SEARCH),
        limit=MAX_LISTED_MODELS,
        elem_id="hub-search",
    )


class HubSearch:
    """Searches the Hub, with a cache of public curves."""

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._curves: TTLCache[list[float] | None] = TTLCache(seconds=_CURVE_TTL_SECONDS)

    async def search(self, query: object, request: gr.Request) -> Answer:
        """Return the `models` that a search finds, or a `problem`, and whether the user signed in.

        `query` is `{search, sort, mine}`. Called from `hub_search.js`.
        """
        request = event_request(request)
        fields = query if isinstance(query, dict) else {}
        search = str(fields.get("search") or "").strip()[:_MAX_QUERY_CHARACTERS]
        sort: Sort = fields["sort"] if fields.get("sort") in get_args(Sort) else "updated"
        user, run = identity(request), _limited(self._context, request)
        answer: Answer = {"signed_in": user.signed_in}

        def own() -> list[ListedModel]:
            return hub.list_models(
                search=search,
                sort=sort,
                author=user.account or account(user.token),
                token=user.token,
                limit=MAX_LISTED_MODELS,
            )

        try:
            if fields.get("mine") and user.signed_in:
                found = await run(own)
            else:
                found = await self._context.hub_listing.search(
                    self._context.client_id(request), search, sort, MAX_LISTED_MODELS
                )
        except UserError as error:
            return answer | _problem_of(error, request)
        return answer | {"models": [_as_json(model) for model in found]}

    async def curve(self, query: object, request: gr.Request) -> Answer:
        """Return the `curve` of a model: its perplexities in training, None without a log.

        If that fails, return a `problem`. `query` is `{repo, mine}`. Called from `hub_search.js`.
        """
        request = event_request(request)
        fields = query if isinstance(query, dict) else {}
        repo, user = str(fields.get("repo"))[:_MAX_QUERY_CHARACTERS], identity(request)
        run = _limited(self._context, request)

        def public() -> Awaitable[list[float] | None]:
            return run(lambda: hub.fetch_curve(repo))

        try:
            if fields.get("mine") and user.signed_in:
                curve = await run(lambda: hub.fetch_curve(repo, token=user.token))
            else:
                curve = await self._curves.get(repo, public)
        except UserError as error:
            return _problem_of(error, request)
        return {"curve": curve}


def _limited(context: AppContext, request: gr.Request) -> Callable[[Callable[[], T]], Awaitable[T]]:
    """Return a function that calls the Hub within the limits for this client.

    A call goes on when the client disconnects, since other clients may wait for the same answer.
    """
    return partial(context.limiters.searching.run, Client(context.client_id(request)))


def _problem_of(error: UserError, request: gr.Request) -> Answer:
    message = i18n.translate_error(error, i18n.locale_of(request))
    return {"problem": message, "away": isinstance(error, HubUnavailableError)}


def _as_json(model: ListedModel) -> Answer:
    """Return a model as JSON; `updated` is in seconds since the epoch."""
    return {
        "repo": model.repo,
        "title": model.title,
        "perplexity": model.perplexity,
        "updated": model.updated.timestamp() if model.updated else None,
        "downloads": model.downloads,
        "likes": model.likes,
        "private": model.private,
    }
