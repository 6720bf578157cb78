"""The left column of the Train tab: text, recipe, settings and the button, with their summaries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from ...errors import UserError
from ...recipes import RECIPES
from ...runs import zerogpu as gpu
from ...runs.limits import Limits
from ...text import datasets
from ...text.encoding import display_name
from .. import i18n
from ..i18n import t
from ..i18n.titles import RECIPES as NAMES
from ..page.component import html_component
from ..page.contract import button_id, element_id
from ..services.context import DEFAULT_TEXT, AppContext
from .own_text import own_text_problem
from .part_choice import AUTO, build_part_choice, part_choice
from .request import (
    BUDGETS,
    CUSTOM,
    EXPERIMENTS,
    FROM_FILES,
    FROM_PASTE,
    OWN,
    TEXTBOOK,
    OfflineError,
    TrainRequest,
)
from .settings_form import SettingsForm, custom_settings, invalid_value_message
from .start_model import checked_key, start_field, start_note
from .strings import REPORT, TRAIN
from .summary import (
    button_label,
    corpus_summary,
    gpu_quota_notice,
    model_summary,
    non_breaking,
)

ENCODINGS = ("utf-8", "utf-16", "gb18030", "big5", "shift_jis", "euc-jp", "euc-kr",
             "windows-1252", "windows-1251", "koi8-r", "mac-roman")  # fmt: skip
PASTE = element_id("train-paste")  # the element id of the field for a pasted text
PROBLEM = '<div class="problem" role="alert">{{value}}</div>'

_TEXT_FIELDS = frozenset({"corpus", "encoding", "text"})
_TIMES = {"sprint": "10s", "coffee": "1min", "deep": "5min", "night": "night"}


def form_words() -> i18n.Words:
    """Return the labels of the choices in both languages."""
    table: dict[str, tuple[str, str]] = {}
    for entry in datasets.DATASETS:
        labels = []
        for title, locale in ((entry.title, "en"), (entry.title_zh, "zh")):
            what = i18n.translate(TRAIN[f"train-{entry.language}"], locale)
            count = i18n.number(entry.characters)
            amount = i18n.translate(TRAIN["train-card-characters"], locale, n=count)
            labels.append(f"{non_breaking(title)}\n{what} · {amount}")
        table[f"corpus-{entry.name}"] = (labels[0], labels[1])
    table[f"corpus-{OWN}"] = _two_lines(TRAIN["train-own"], TRAIN["train-own-how"])
    for name in BUDGETS:
        table[f"recipe-{name}"] = _two_lines(NAMES[name], TRAIN[f"train-recipe-{_TIMES[name]}"])
    for name in (TEXTBOOK, CUSTOM):
        table[f"recipe-{name}"] = _two_lines(NAMES[name], TRAIN[f"train-recipe-{name}"])
    for name in EXPERIMENTS:
        figures = list(RECIPES[name].published.values())
        english, chinese = NAMES[name]
        if figures:
            reached = str(float(figures[-1]))
            english, chinese = f"{english} → {reached}", f"{chinese} → {reached}"
        table[f"experiment-{name}"] = (english, chinese)
    request = TrainRequest()
    table["go"] = (button_label(request, "en"), button_label(request, "zh"))
    return table


def _two_lines(first: tuple[str, str], second: tuple[str, str]) -> tuple[str, str]:
    return f"{first[0]}\n{second[0]}", f"{first[1]}\n{second[1]}"


@dataclass(frozen=True)
class Form:
    """The column's components."""

    corpus: gr.Radio
    own: gr.Column
    paste: gr.Textbox
    files: gr.File
    source: gr.Radio
    encoding: gr.Dropdown
    part: gr.Dropdown
    text_problem: gr.HTML
    report: gr.HTML
    recipe: gr.Radio
    experiment: gr.Radio
    start: gr.HTML  # its value is the key of the model to start from
    start_note: gr.HTML
    start_problem: gr.HTML
    previous_choice: gr.JSON  # the last recipe except Custom, and a text set aside (text_choice.js)
    custom: SettingsForm
    gpu: gr.Checkbox
    gpu_notice: gr.HTML
    settings_problem: gr.HTML
    go: gr.Button
    model: gr.HTML

    @property
    def by_name(self) -> dict[str, Any]:
        """The components of `inputs` by name; those of settings by the setting's name.

        The order is that in which `train_request` takes their values.
        """
        names = ("corpus", "paste", "files", "source", "encoding", "part")
        more = ("recipe", "experiment", "previous_choice", "gpu", "start")
        chosen = {name: getattr(self, name) for name in (*names, *more)}
        return {**chosen, "base": self.custom.base, **self.custom.fields}

    @property
    def inputs(self) -> list[Any]:
        """The components of `by_name`."""
        return list(self.by_name.values())

    @property
    def outputs(self) -> list[Any]:
        """The components that `validate` updates."""
        text = [self.own, self.source, self.encoding, self.part, self.report]
        recipe = [self.experiment, self.custom.group, self.gpu_notice, self.start_note]
        settings = [self.custom.base, self.custom.head, *self.custom.fields.values()]
        return [*text, *recipe, *settings, *self.problems, self.go, self.model]

    @property
    def problems(self) -> list[gr.HTML]:
        """The components that `show_problems` updates."""
        return [self.text_problem, self.settings_problem, self.start_problem]

    def train_request(self, values: Sequence[Any], limits: Limits) -> TrainRequest:
        """Make a request of the values of `inputs`, with the limits of the server."""
        corpus, paste, files, source, encoding, part, recipe, *more = values
        experiment, previous, gpu, start, *custom = more
        base, settings = self.custom.read(*custom)
        return TrainRequest(
            corpus=corpus or DEFAULT_TEXT,
            paste=paste or "",
            files=tuple(str(file) for file in files or ()),
            source=source or FROM_FILES,
            encoding=None if encoding in (None, AUTO) else encoding,
            part=None if part in (None, "", AUTO) else str(part),
            recipe=recipe or "sprint",
            experiment=experiment or EXPERIMENTS[0],
            settings=settings,
            base_recipe=previous_recipe(previous),
            base=base,
            gpu=gpu is True,
            start_key=checked_key(start),
            limits=limits,
        )

    def validate(
        self, entered: TrainRequest, locale: str, start_error: UserError | None = None
    ) -> dict[Any, Any]:
        """Return what the form shows of a request: summaries, model, button label, problems.

        `start_error` says why the model to start from was not found.
        """
        errors = [] if start_error is None else [start_error]
        corpus, configs = None, None
        try:
            request = entered.resolved()
        except UserError as error:  # the base recipe and the model to start from do not go together
            errors.append(error)
            entered = request = replace(entered, start=None)
        try:
            configs = request.resolve_configs()
            if request.has_local_text:
                plan = request.plan()
                corpus, configs = plan.corpus, (plan.model, plan.training)
        except UserError as error:
            corpus = request.corpus_if_readable(errors.append) if request.has_local_text else None
            if error.message not in [other.message for other in errors]:
                errors.append(error)
        gpu_notice = gpu_quota_notice(request, configs[1] if configs else None, locale)
        return {
            self.own: gr.update(visible=request.corpus == OWN),
            self.source: gr.update(visible=request.has_paste and bool(request.files)),
            self.encoding: gr.update(visible=request.uses_files),
            self.part: part_choice(request, locale),
            self.experiment: gr.update(visible=request.recipe == TEXTBOOK),
            self.custom.group: gr.update(visible=request.recipe == CUSTOM),
            self.gpu_notice: gr.update(value=gpu_notice, visible=bool(gpu_notice)),
            self.report: corpus_summary(request, corpus, locale),
            self.model: model_summary(
                request, configs if corpus or request.corpus != OWN else None
            ),
            self.go: button_label(request, locale, configs[1] if configs else None),
            **self.custom.show(entered, request, field_errors(request, errors, locale), locale),
            **self.show_problems(errors, locale, request),
        }

    def show_problems(
        self, errors: Sequence[UserError], locale: str, request: TrainRequest | None = None
    ) -> dict[Any, Any]:
        """Show errors beside what caused them: text, start or settings; none clears all places.

        Every invalid setting in `request` is named, though only the first raised an error.
        """
        of_text = [error for error in errors if (error.field or "corpus") in _TEXT_FIELDS]
        of_start = [error for error in errors if error.field == "start"]
        beside = [*of_text, *of_start]
        others = [translate_problem(error, locale) for error in errors if error not in beside]
        invalid = (
            [invalid_value_message(name, locale) for name in request.invalid_settings()]
            if request and others
            else []
        )
        return {
            self.text_problem: "\n".join(translate_problem(error, locale) for error in of_text),
            self.start_problem: "\n".join(translate_problem(error, locale) for error in of_start),
            self.settings_problem: "\n".join(invalid or others),
        }

    def show_refusal(self, error: UserError, locale: str, request: TrainRequest) -> dict[Any, Any]:
        """Show why a request can't be trained, and open the accordions of its invalid fields."""
        invalid = field_errors(request, [error], locale)
        return self.show_problems([error], locale, request) | self.custom.open_accordions(
            [*invalid]
        )


def field_errors(request: TrainRequest, errors: Sequence[UserError], locale: str) -> dict[str, str]:
    """Return what is wrong with each field of Custom, by the setting's name."""
    fields = [(name, error) for error in errors for name in (error.field, *error.also) if name]
    messages = {name: translate_problem(error, locale) for name, error in fields}
    return messages | {
        name: invalid_value_message(name, locale) for name in request.invalid_settings()
    }


def translate_problem(error: UserError, locale: str) -> str:
    """Return the message of an error in the user's language."""
    if isinstance(error, OfflineError):
        return error.translated(locale)
    return i18n.translate_error(error, locale)


def previous_recipe(previous: object) -> str:
    """Return the recipe chosen before Custom; the browser's value may be anything."""
    recipe = previous.get("recipe") if isinstance(previous, dict) else None
    return recipe if isinstance(recipe, str) and recipe in RECIPES else "sprint"


def build_form(limits: Limits, context: AppContext | None = None) -> Form:
    """Build the column inside the Column that is open now.

    Without a `context` there are no models to start from.
    """
    request = TrainRequest()
    plan = request.plan()
    report = corpus_summary(request, plan.corpus, "en")
    model = model_summary(request, (plan.model, plan.training))
    corpus = gr.Radio(
        [(t(f"corpus-{name}"), name) for name in (*(e.name for e in datasets.DATASETS), OWN)],
        value=request.corpus,
        label=t("train-text"),
        elem_classes="choose two",
        elem_id="train-corpus",
    )
    with gr.Column(visible=False, elem_classes="train-own") as own:
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
        part = build_part_choice()
    text_problem = gr.HTML("", html_template=PROBLEM, elem_id="train-text-problem")
    report_box = html_component(
        "train/summary",
        '<p class="report-facts"></p><p class="report-rare"></p><p class="report-notes"></p>'
        '<p class="report-documents"></p><p class="report-list" role="status"></p>'
        '<p class="report-compared"></p>'
        '<p class="report-warning" role="status"></p>'
        '<pre class="report-preview" role="group" tabindex="0"></pre>',
        report,
        words=[REPORT],
        elem_id="train-report",
    )
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
    custom = custom_settings(replace(request, recipe=CUSTOM).resolved().base)
    on_gpu = gr.Checkbox(label=t("train-gpu"), visible=gpu.available(), elem_id="train-gpu")
    gpu_notice = gr.HTML(
        html_template='<p class="explain" role="status">{{value}}</p>',
        visible=False,
        elem_id="train-gpu-told",
    )
    with gr.Column(elem_classes="train-bar"):
        settings_problem = gr.HTML("", html_template=PROBLEM, elem_id="train-settings-problem")
        go = gr.Button(t("go"), variant="primary", size="lg", elem_id=button_id("go"))
    model_box = html_component(
        "train/summary",
        '<div class="plan"><p class="plan-model"></p><p class="plan-published"></p></div>',
        model,
        words=[REPORT],
        elem_id="train-model",
    )
    return Form(
        corpus, own, paste, files, source, encoding, part, text_problem, report_box, recipe,
        experiment, start, note, start_problem, previous_choice, custom, on_gpu, gpu_notice,
        settings_problem, go, model_box,
    )  # fmt: skip
