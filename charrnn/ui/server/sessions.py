"""Lean Gradio sessions, without the data that this app does not use.

Gradio stores for every session the configuration of all components, with their last values, so that
a link can restore them. For this page that takes 200 KB, and tens of milliseconds of the event loop
for each new session id, which any request may make up; and a pasted text stays in memory until ten
thousand other sessions have come. This app has no such links.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import gradio as gr
from gradio.routes import App
from gradio.state_holder import SessionState, StateHolder

MAX_SESSIONS = 2_000
"""As many as Gradio's queue has mailboxes."""


class Session(SessionState):
    """A session that records which components changed, and no values."""

    def __init__(self, blocks: gr.Blocks) -> None:
        # Gradio's class copies the configuration of the components in `blocks`.
        without = SimpleNamespace(default_config=blocks.default_config, blocks={})
        super().__init__(without)  # type: ignore[arg-type]

    def _update_config(self, key: int) -> None:
        pass

    def _update_value_in_config(self, key: int, value: Any) -> None:
        pass


class Sessions(StateHolder):
    """The sessions, the latest `MAX_SESSIONS` of them."""

    def __getitem__(self, session_id: str) -> SessionState:
        if session_id not in self.session_data:
            self.session_data[session_id] = Session(self.blocks)
        return super().__getitem__(session_id)


@asynccontextmanager
async def lean_sessions(app: App) -> AsyncIterator[None]:
    """Give an app lean sessions while it runs: a `lifespan`."""
    app.state_holder = Sessions()  # type: ignore[no-untyped-call]
    app.state_holder.set_blocks(app.get_blocks())
    yield
