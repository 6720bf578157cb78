"""The Models tab: cards of shipped, own and opened models, and those on the Hub."""

from __future__ import annotations

import gradio as gr

from .house import House


def models_tab(house: House) -> None:
    """Build the tab inside the Blocks or the Tab that is open now."""
    gr.HTML("")
