"""The form: its components as a request, and the request as what they show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from ...errors import UserError
from ...recipes import RECIPES
from ...runs.limits import Limits
from .. import i18n
from ..services.context import DEFAULT_TEXT
from .part_choice import AUTO, part_choice
from .request import (
    CUSTOM,
    EXPERIMENTS,
    FROM_FILES,
    OWN,
    TEXTBOOK,
    OfflineError,
    TrainRequest,
)
from .settings_form import SettingsForm, invalid_value_message
from .start_model import checked_key
from .summary import (
    button_label,
    corpus_summary,
    gpu_quota_notice,
    model_summary,
)

_TEXT_FIELDS = frozenset({"corpus", "encoding", "text"})


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


def internal_error() -> UserError:
    """Build the error that the form shows for a bug."""
    return UserError(i18n.INTERNAL_ERROR, field="text")
