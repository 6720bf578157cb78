"""The left column of the Train tab: text, recipe, settings and the button, with their summaries."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import gradio as gr

from ...runs import zerogpu as gpu
from ...runs.limits import Limits
from ...text import datasets
from ...text.encoding import display_name
from ..i18n import t
from ..page.component import html_component
from ..page.contract import button_id, element_id
from ..services.context import AppContext
from .form import Form
from .own_text import own_text_problem
from .part_choice import AUTO, build_part_choice
from .request import (
    BUDGETS,
    CUSTOM,
    EXPERIMENTS,
    FROM_FILES,
    FROM_PASTE,
    OWN,
    TEXTBOOK,
    TrainRequest,
)
from .settings_form import custom_settings
from .start_model import AUTOMATIC, start_field, start_note, with_proposed_start
from .strings import REPORT
from .summary import corpus_summary, model_summary

ENCODINGS = ("utf-8", "utf-16", "gb18030", "big5", "shift_jis", "euc-jp", "euc-kr",
             "windows-1252", "windows-1251", "koi8-r", "mac-roman")  # fmt: skip
PASTE = element_id("train-paste")  # the element id of the field for a pasted text
PROBLEM = '<div class="problem" role="alert">{{value}}</div>'


def build_form(limits: Limits, context: AppContext | None = None) -> Form:
    """Build the column inside the Column that is open now.

    Without a `context` there are no models to start from.
    """
    request = TrainRequest(start_key=AUTOMATIC)
    if context is not None:
        request = with_proposed_start(context, request)
    plan = request.plan()
    return Form(
        **_text_fields(request, corpus_summary(request, plan.corpus, "en"), limits),
        **_recipe_fields(request, context),
        **_settings_fields(request),
        **_button_and_model(model_summary(request, (plan.model, plan.training))),
    )


def _text_fields(request: TrainRequest, summary: dict[str, Any], limits: Limits) -> dict[str, Any]:
    """Build the choice of a text, the fields of the user's own, and what is said of the text.

    This function and those below return components by their names in `Form`.
    """
    corpus = gr.Radio(
        [(t(f"corpus-{name}"), name) for name in (*(e.name for e in datasets.DATASETS), OWN)],
        value=request.corpus,
        label=t("train-text"),
        elem_classes="choose two",
        elem_id="train-corpus",
    )
    with gr.Column(visible=False, elem_classes="train-own") as own:
        own_fields = _own_text_fields(limits)
    text_problem = gr.HTML("", html_template=PROBLEM, elem_id="train-text-problem")
    report = html_component(
        "train/summary",
        '<p class="report-facts"></p><p class="report-rare"></p><p class="report-notes"></p>'
        '<p class="report-documents"></p><p class="report-list" role="status"></p>'
        '<p class="report-compared"></p>'
        '<p class="report-warning" role="status"></p>'
        '<pre class="report-preview" role="group" tabindex="0"></pre>',
        summary,
        words=[REPORT],
        elem_id="train-report",
    )
    return {
        "corpus": corpus,
        "own": own,
        **own_fields,
        "text_problem": text_problem,
        "report": report,
    }


def _own_text_fields(limits: Limits) -> dict[str, Any]:
    """Build the fields for a text of the user's own: pasted, or files, and how to read them."""
    paste = gr.Textbox(
        label=t("train-paste"),
        placeholder=t("train-paste-here"),
        lines=6,
        max_lines=6,  # fixed: a growing field would lay out the page again for each line
        elem_id=PASTE,
    )
    own_text_problem(limits)
    files = gr.File(
        label=t("train-files"),
        file_count="multiple",
        height=110,
        elem_id=element_id("train-files"),
    )
    source = gr.Radio(
        [(t(f"train-source-{name}"), name) for name in (FROM_PASTE, FROM_FILES)],
        value=FROM_FILES,
        label=t("train-source"),
        info=t("train-source-hint"),
        visible=False,
        elem_classes="choose two",
        elem_id="train-source",
    )
    encoding = gr.Dropdown(
        [(t("train-encoding-auto"), AUTO), *((display_name(e), e) for e in ENCODINGS)],
        value=AUTO,
        label=t("train-encoding"),
        info=t("train-encoding-hint"),
        filterable=False,
        visible=False,
        elem_id="train-encoding",
    )
    return {
        "paste": paste,
        "files": files,
        "source": source,
        "encoding": encoding,
        "part": build_part_choice(),
    }


def _recipe_fields(request: TrainRequest, context: AppContext | None) -> dict[str, Any]:
    """Build the choices of the model to start from, the recipe and the experiment."""
    note = start_note(context, request)
    start_problem = gr.HTML("", html_template=PROBLEM, elem_id="train-start-problem")
    start = start_field(context)  # on the line of the next field's label
    recipe = gr.Radio(
        [(t(f"recipe-{name}"), name) for name in (*BUDGETS, TEXTBOOK, CUSTOM)],
        value=request.recipe,
        label=t("train-recipe"),
        elem_classes="choose three",
        elem_id=element_id("train-recipe"),
    )
    experiment = gr.Radio(
        [(t(f"experiment-{name}"), name) for name in EXPERIMENTS],
        value=EXPERIMENTS[0],
        label=t("train-experiment"),
        info=t("train-experiment-hint"),
        visible=False,
        elem_classes="choose one",
        elem_id="train-experiment",
    )
    previous_choice = gr.JSON({"recipe": request.recipe_name, "text": None}, visible=False)
    return {
        "start_note": note,
        "start_problem": start_problem,
        "start": start,
        "recipe": recipe,
        "experiment": experiment,
        "previous_choice": previous_choice,
    }


def _settings_fields(request: TrainRequest) -> dict[str, Any]:
    """Build the form of all settings, and the choice of a GPU where the Space lends one."""
    custom = custom_settings(replace(request, recipe=CUSTOM, start=None).resolved().base)
    on_gpu = gr.Checkbox(label=t("train-gpu"), visible=gpu.available(), elem_id="train-gpu")
    gpu_notice = gr.HTML(
        html_template='<p class="explain" role="status">{{value}}</p>',
        visible=False,
        elem_id="train-gpu-told",
    )
    return {"custom": custom, "gpu": on_gpu, "gpu_notice": gpu_notice}


def _button_and_model(summary: dict[str, Any]) -> dict[str, Any]:
    """Build the button that trains, and what is said of the model."""
    with gr.Column(elem_classes="train-bar"):
        settings_problem = gr.HTML("", html_template=PROBLEM, elem_id="train-settings-problem")
        go = gr.Button(t("go"), variant="primary", size="lg", elem_id=button_id("go"))
    model = html_component(
        "train/summary",
        '<div class="plan"><p class="plan-model"></p><p class="plan-published"></p></div>',
        summary,
        words=[REPORT],
        elem_id="train-model",
    )
    return {"settings_problem": settings_problem, "go": go, "model": model}
