"""The public models on the Hub that charrnn can open, as lists that all users share for a while."""

from __future__ import annotations

import logging
from functools import partial

from ... import hub
from ...errors import UserError
from ...hub import ListedModel, Sort
from ..server.client import Client
from ..server.per_user_limiter import PerUserLimiter
from .ttl_cache import TTLCache

log = logging.getLogger(__name__)

_TTL_SECONDS = 120.0
_MAX_LATEST = 100  # models in the list for programs
_LATEST_DEADLINE_SECONDS = 5.0


class HubListing:
    """Lists public models on the Hub; its answers are cached."""

    def __init__(self, limiter: PerUserLimiter) -> None:
        self._limiter = limiter
        self._lists: TTLCache[list[ListedModel]] = TTLCache(seconds=_TTL_SECONDS)

    async def search(self, client: str, search: str, sort: Sort, limit: int) -> list[ListedModel]:
        """Return the models that a search finds, `limit` at most.

        A search goes on when the client with this id disconnects, since other clients may wait for
        the same answer. Raises UserError if the Hub cannot be asked.
        """
        ask = partial(hub.list_models, search=search, sort=sort, limit=limit)
        return await self._lists.get(
            (search.lower(), sort, limit), lambda: self._limiter.run(Client(client), ask)
        )

    async def latest(self, client: str) -> list[ListedModel]:
        """Return the models that were updated last; none if the Hub cannot be asked."""

        def ask() -> list[ListedModel]:
            try:
                return hub.list_models(limit=_MAX_LATEST, deadline=_LATEST_DEADLINE_SECONDS)
            except UserError as error:  # remembered like an answer, so that nobody waits again
                log.info("the models on the Hub are not listed: %s", error.message)
                return []

        return await self._lists.get("latest", lambda: self._limiter.run(Client(client), ask))
