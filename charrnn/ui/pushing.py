"""The dialog that uploads a model to the Hub."""

from __future__ import annotations

import gradio as gr

from .house import House


def push_dialog(house: House) -> None:
    """Build the dialog inside the Blocks that are open now. It opens on the window's event
    `charrnn-push`, whose `detail` has the `key` and the `title` of a model."""
    gr.HTML("")
