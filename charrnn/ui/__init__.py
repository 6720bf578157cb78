"""The page: its header and its tabs, and how it is launched."""

from __future__ import annotations

from typing import Any

import gradio as gr

from . import words
from .api import endpoints
from .custom import custom_words
from .form import form_words
from .generate import generate_tab
from .house import House
from .look import asset, styles, theme
from .shelf import shipped
from .train import train_tab
from .wish import USUAL_ZH
from .words import SHARED, key
from .words_generate import GENERATE
from .words_train import TRAIN

__all__ = ["House", "build", "launch_options"]

_KEPT = 24 * 3600  # seconds that an uploaded file stays on the disk


def build(house: House) -> gr.Blocks:
    """The whole interface, not yet launched."""
    page: gr.Blocks
    with gr.Blocks(title="charrnn", fill_width=True, delete_cache=(3600, _KEPT)) as page:
        endpoints(house)  # first, so that no event of the page takes one of their names
        gr.HTML(
            html_template=asset("header.html"),
            js_on_load=asset("header.js"),
            words=words.both(SHARED),
            apply_default_css=False,
        )
        with gr.Tabs(selected="train") as tabs:
            with gr.Tab(key("tab-train"), id="train"):
                train = train_tab(house)
            with gr.Tab(key("tab-generate"), id="generate"):
                generate = generate_tab(house)

        def carry_over(model: str | None) -> tuple[Any, Any]:
            return gr.Tabs(selected="generate"), generate.offer([], model)

        train.generate_with.click(
            carry_over,
            train.model,
            [tabs, generate.checkpoint],
            show_progress="hidden",
            api_visibility="private",
        )

        def welcome(run_id: str | None, request: gr.Request) -> Any:
            """After a reload the visitor's run is among the models again; a Chinese visitor finds
            the Chinese model chosen."""
            chinese = words.language(request) == "zh"
            chosen = [model.key for model in shipped(house) if chinese and model.key == USUAL_ZH]
            return generate.offer([run_id] if run_id else [], chosen[0] if chosen else None)

        page.load(
            welcome,
            train.run_id,
            generate.checkpoint,
            show_progress="hidden",
            api_visibility="private",
        )
    page.queue(max_size=64, default_concurrency_limit=8)
    return page


def launch_options() -> dict[str, Any]:
    """What `launch` is told about the look, the languages and the limits."""
    tables = (GENERATE, SHARED, TRAIN, form_words(), custom_words())
    return {
        "theme": theme(),
        "css": styles(),
        "i18n": words.translations(*tables),
        "footer_links": [],
        "run_history": False,
        "ssr_mode": False,
        "show_error": False,
        "max_file_size": "100mb",
    }
