"""What every tab needs to know about the house: where runs live, where models are kept, what is
allowed, and who asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import gradio as gr
from fastapi import Request

from ..limits import Limits
from ..workers import Runs
from .fetched import Fetched
from .visitor import visitor


@dataclass(frozen=True)
class House:
    """The running app: its training runs, the directory of the models that came with it, and what
    its visitors have opened from the Hub."""

    runs: Runs
    shelf: Path
    fetched: Fetched = field(default_factory=Fetched, compare=False)

    @property
    def limits(self) -> Limits:
        """How much a run, a visitor and all together may take."""
        return self.runs.limits

    def visitor(self, request: gr.Request | Request | None) -> str:
        """Who asks: the same for all requests of a visitor, and nothing that a caller chooses."""
        return visitor(request, proxied=bool(self.limits.proxies))
