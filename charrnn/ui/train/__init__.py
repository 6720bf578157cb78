"""The Train tab: choose a text and a recipe, start a run, and watch it on the run card.

The form is on the left (`form_layout.py`, `form_events.py`); the card of a run and its buttons are
on the right (`run_events.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from ..i18n import t
from ..page.component import bind
from ..page.contract import button_id
from ..page.event_options import QUIET
from ..run_card import run_card
from ..run_card.example_run import example_run
from ..run_card.feed import RunFeeds
from ..run_card.recent_runs import recent_runs
from ..services.context import AppContext
from .form_events import wire_form
from .form_layout import build_form
from .form_storage import wire_form_storage
from .holdout_offer import wire_holdout_offer
from .run_events import RunControls, wire_run
from .suggestion import wire_suggestion


@dataclass(frozen=True)
class TrainTab:
    """Components that other parts of the page need.

    `generate_with` opens the card's model on the Generate tab. `run_id` holds the id of the run
    that this browser viewed last, None before the first. `fields` are the fields of the form by
    name, among them the settings `setting_names` of the recipe Custom.
    """

    generate_with: gr.Button
    run_id: gr.BrowserState
    fields: dict[str, Any]
    setting_names: list[str]


def train_tab(context: AppContext) -> TrainTab:
    """Build the tab inside the Blocks or the Tab that is open now."""
    (first, _), feeds = example_run(context, "en"), RunFeeds(context)
    with gr.Row(elem_classes="page-columns train-columns"):
        with gr.Column(scale=1, min_width=340, elem_classes="train-side"):
            form = build_form(context.limits, context)
            wire_form_storage(form, **QUIET)
            wire_holdout_offer(context, form, **QUIET)
        with gr.Column(scale=2, min_width=320, elem_classes="card"):
            built = first.value() | {"built": True}  # until `restore` returns the run to show
            card = run_card(built, bind(RunFeeds.poll, feeds), bind(RunFeeds.star, feeds))
            with gr.Row(elem_classes="train-buttons"):
                stop = _button("stop")
                sample = _button("sample")
                resume = _button("resume", elem_classes="at-the-end")
                push = _button("push")
                generate = _button("generate", variant="primary")
            recent_runs(context)
    run_id = gr.BrowserState(None, storage_key="charrnn", secret="charrnn")
    browser_runs = gr.JSON(visible=False)
    controls = RunControls(card, stop, sample, resume, push, generate, run_id, browser_runs)
    wire_form(context, form)
    wire_run(context, feeds, form, controls)
    wire_suggestion(context, form, card, run_id)
    return TrainTab(generate, run_id, form.by_name, [*form.custom.fields])


def _button(name: str, **look: Any) -> gr.Button:
    """Build a button of the card, off until `run_card.js` turns it on."""
    return gr.Button(
        t(f"train-{name}"), size="sm", interactive=False, elem_id=button_id(name), **look
    )
