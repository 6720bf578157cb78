"""The run card, which shows a run as it happens, and the list of the user's recent runs."""

from __future__ import annotations

from typing import Any

import gradio as gr

from .. import i18n
from ..i18n.titles import RECIPES as RECIPE_NAMES
from ..page.component import Function, html_component
from ..page.theme import asset
from .strings import CARD


def run_card(value: dict[str, Any], poll: Function, star: Function) -> gr.HTML:
    """Build the card as a component, whose value is that of a `RunViewModel`.

    `poll` and `star` are the server functions of `feed.RunFeeds`.
    """
    return html_component(
        "run_card/run_card",
        asset("run_card/run_card.html"),
        value,
        server_functions=[poll, star],
        words=(i18n.SHARED, RECIPE_NAMES, CARD),
    )
