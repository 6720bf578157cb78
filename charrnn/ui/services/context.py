"""Application context shared by all tabs: run manager, bundled models, limits, client ids."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import gradio as gr
from fastapi import Request

from ...runs.limits import Limits
from ...runs.manager import RunManager
from ...runs.view_ids import RunAccess, ViewIds, is_view_id
from ...utils.secret_key import read_key
from ...utils.space import space_id
from ..server.client import Client, connection_check, unread_check
from ..server.client_id import ClientIds
from .hub_listing import HubListing
from .hub_models import HubModelCache
from .limiters import Limiters

# The dataset that is selected when the page opens, and the model of the same name; by language.
DEFAULT_TEXT, DEFAULT_TEXT_ZH = "tide-clock", "songs"


@dataclass(frozen=True)
class AppContext:
    """The running app: its runs, bundled models, and the models that users opened from the Hub."""

    runs: RunManager
    bundled_dir: Path
    hub_models: HubModelCache = field(default_factory=HubModelCache, compare=False)
    client_ids: ClientIds = field(init=False, compare=False)
    view_ids: ViewIds = field(init=False, compare=False)
    limiters: Limiters = field(init=False, compare=False)
    hub_listing: HubListing = field(init=False, compare=False)

    def __post_init__(self) -> None:
        client_ids = ClientIds(
            read_key(self.runs.root),
            behind_proxy=bool(self.limits.proxies),
            in_frame=space_id() is not None,
        )
        object.__setattr__(self, "client_ids", client_ids)
        object.__setattr__(self, "view_ids", ViewIds(self.runs.root))
        object.__setattr__(self, "limiters", Limiters(self.limits.visitors_per_address))
        object.__setattr__(self, "hub_listing", HubListing(self.limiters.searching))

    @property
    def limits(self) -> Limits:
        """The limits per run, per user and in total."""
        return self.runs.limits

    def client_id(self, request: gr.Request | Request | None) -> str:
        """Return the id of the client that sent a request (`server.client_id`)."""
        return self.client_ids.of(request)

    def client(self, request: gr.Request | Request | None) -> Client:
        """Return the client that sent a request. Call it at the start of the event."""
        return Client(self.client_id(request), connection_check(request), unread_check())

    def find_run(self, key: str) -> RunAccess:
        """Return the run with this id or view id, and what its holder may do with it.

        Raises UserError if there is none.
        """
        run = self.view_ids.find(key) if is_view_id(key) else self.runs.find(key)
        return RunAccess(run, key)
