"""The Generate tab: a trained model continues a prefix.

This file builds the components. `events.py` connects them to the server, and `stream.py` generates
the text. In the browser, `generate.js` asks for texts, `passages.js` keeps them for undo and redo,
`text_panel.js` draws the text, and `next_char.js` the ten likeliest next characters; `novelty.js`
shows what was copied from the training text. A model of lines has a list of them in place of the
text (`lines.js`). The whole passage is sent with every request, so the server stores nothing
between two of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import gradio as gr

from ...generation.stopping import MAX_STOP_CHARACTERS
from .. import i18n
from ..novelty import COMPARISON, NOVELTY, Comparer
from ..page.browser_state import BrowserState
from ..page.component import bind, html_component
from ..page.contract import element_id
from ..page.theme import asset
from ..services.catalog import find_model
from ..services.context import AppContext
from ..services.model_options import model_options
from .events import (
    Fields,
    first_prefix,
    initial_models,
    next_characters,
    update_models,
    wire_events,
)
from .hidden_states import hidden_states
from .lines_functions import describe_lines, write_lines
from .lines_strings import LINES
from .stream import ALPHAS, THREE_ALPHAS
from .strings import FROM_HUB_LINK, TEXT

MAX_LENGTH_ON_SLIDER = 2000  # characters


@dataclass(frozen=True)
class GenerateTab:
    """The parts of the tab that the rest of the page uses.

    checkpoint: the dropdown of models.
    fields: the fields whose values say what is generated, by name.
    from_hub: the component whose event `show_models` asks for the Models tab.
    browser_state: the input in which JavaScript passes a `BrowserState`.
    update_models: `update_models(state, request, chosen)` returns an update of the dropdown with
        the models that the user can choose; it selects `chosen` unless that is None.
    initial_models: `initial_models(state, request)` returns the update for a page that has just
        been loaded: it selects the model that was chosen last, or else the default model.
    """

    checkpoint: gr.Dropdown
    fields: dict[str, Any]
    from_hub: gr.HTML
    browser_state: gr.JSON
    update_models: Callable[[BrowserState, gr.Request, str | None], dict[str, Any]]
    initial_models: Callable[[BrowserState, gr.Request], dict[str, Any]]


def generate_tab(context: AppContext) -> GenerateTab:
    """Build the tab inside the Blocks or the Tab that is open now."""
    options = model_options(context, [], "en")
    default_key = options[0][1] if options else None
    default_prefix = first_prefix(find_model(context, default_key)) if default_key else ""

    with gr.Row(elem_classes="page-columns generate-columns"):
        with gr.Column(scale=2, min_width=300, elem_classes="card generate-main"):
            checkpoint, from_hub = _model_fields(options, default_key)
            prefix, passage = _text_fields(default_key, default_prefix)
            _line_list(context, default_key)
            _novelty_report(context)
        with gr.Column(scale=1, min_width=260, elem_classes="generate-side"):
            next_char = _next_char_panel(context)
            length, stop, finish, seed = _settings_fields()

    browser_state = gr.JSON(visible=False)
    wire_events(
        context,
        Fields(checkpoint, prefix, passage, next_char, length, stop, finish, seed, browser_state),
        default_prefix,
    )
    return GenerateTab(
        checkpoint,
        {
            "checkpoint": checkpoint,
            "prefix": prefix,
            "next_char": next_char,
            "length": length,
            "generate-seed": seed,
            "generate-stop": stop,
            "generate-finish": finish,
        },
        from_hub,
        browser_state,
        partial(update_models, context, default_key),
        partial(initial_models, context, default_key),
    )


def _model_fields(
    options: list[tuple[str, str]], default_key: str | None
) -> tuple[gr.Dropdown, gr.HTML]:
    """Build the dropdown of models, and the link beside it to those on the Hub."""
    checkpoint = gr.Dropdown(
        options,
        value=default_key,
        label=i18n.t("generate-checkpoint"),
        filterable=False,
        interactive=True,
        elem_id="generate-checkpoint",
    )
    from_hub = html_component(
        "generate/from_hub_link",
        asset("generate/from_hub_link.html"),
        words=[FROM_HUB_LINK],
        elem_id="generate-from-hub",
    )
    _error_message("checkpoint")
    return checkpoint, from_hub


def _text_fields(default_key: str | None, default_prefix: str) -> tuple[gr.Textbox, gr.HTML]:
    """Build the field of the prefix, and the text with its buttons."""
    prefix = gr.Textbox(
        default_prefix,
        label=i18n.t("generate-prefix"),
        placeholder=i18n.t("generate-prefix-hint"),
        lines=2,
        max_lines=6,
        elem_id="generate-prefix",
    )
    passage = html_component(
        "generate/generate",
        asset("generate/generate.html"),
        {"id": ""},
        words=[TEXT],
        three_alphas=THREE_ALPHAS,
        fields={"checkpoint": default_key, "prefix": default_prefix},
        elem_id="generate-page",
    )
    return prefix, passage


def _line_list(context: AppContext, default_key: str | None) -> None:
    """Build the list that takes the place of the text for a model of lines."""
    html_component(
        "generate/lines",
        asset("generate/lines.html"),
        server_functions=[bind(f, context) for f in (describe_lines, write_lines)],
        words=[LINES],
        checkpoint=default_key,
        elem_id="generate-lines",
    )


def _novelty_report(context: AppContext) -> None:
    """Build the report of what was copied from the training text."""
    comparer = Comparer(context)
    html_component(
        "generate/novelty",
        asset("novelty/report.html"),
        server_functions=[bind(f, comparer) for f in COMPARISON],
        words=[NOVELTY],
        elem_id="generate-novelty",
    )


def _next_char_panel(context: AppContext) -> gr.HTML:
    """Build the panel that chooses greedy or sampling and α, and shows the next characters."""
    return html_component(
        "generate/next_char",
        asset("generate/next_char.html"),
        {"mode": "sample", "alpha": 1.0},
        server_functions=[bind(next_characters, context), bind(hidden_states, context)],
        words=[TEXT],
        alphas=ALPHAS,
        elem_id="generate-next-char",
    )


def _settings_fields() -> tuple[gr.Slider, gr.Textbox, gr.Checkbox, gr.Textbox]:
    """Build the fields of length, stop string, finishing the sentence, and seed."""
    length = gr.Slider(
        1,
        MAX_LENGTH_ON_SLIDER,
        value=200,
        step=1,
        label=i18n.t("generate-length"),
        elem_id="generate-length",
    )
    stop = gr.Textbox(
        label=i18n.t("generate-stop"),
        placeholder=i18n.t("generate-stop-hint"),
        max_lines=1,
        max_length=MAX_STOP_CHARACTERS,
        elem_id="generate-stop",
    )
    finish = gr.Checkbox(
        label=i18n.t("generate-finish"),
        info=i18n.t("generate-finish-hint"),
        elem_id="generate-finish",
    )
    seed = gr.Textbox(
        label=i18n.t("generate-seed"),
        placeholder=i18n.t("generate-seed-hint"),
        max_lines=1,
        elem_id=element_id("generate-seed"),
    )
    _error_message("settings")
    return length, stop, finish, seed


def _error_message(place: str) -> None:
    """Build the element in which `generate.js` shows errors about the field above it."""
    gr.HTML(
        html_template='<p class="problem" role="alert"></p>',
        elem_id=element_id(f"generate-problem-{place}"),
        apply_default_css=False,
    )
