"""What every tab needs to know about the house: where runs live, where models are kept, what is
allowed, and who asks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from ..limits import Limits
from ..workers import Runs
from .visitor import visitor


@dataclass(frozen=True)
class House:
    """The running app: its training runs, and the directory of the models that came with it."""

    runs: Runs
    shelf: Path

    @property
    def limits(self) -> Limits:
        """How much a run, a visitor and all together may take."""
        return self.runs.limits

    def visitor(self, request: gr.Request | None) -> str:
        """Who asks: the same for all requests of a visitor, and nothing that a caller chooses."""
        return visitor(request, proxied=bool(self.limits.proxies))
