"""Fill in the Train form with the settings of a run that went wrong and one suggested change.

Nothing is trained yet; the button of the form says what it would train.
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from ...errors import UserError
from ...recipes import RECIPES
from ...text import datasets
from .. import i18n
from ..run_card.view_model import RunViewModel
from ..services.context import AppContext
from ..services.start_models import key_of_start
from .base_settings import BaseSettings
from .form import Form
from .request import CUSTOM


def wire_suggestion(
    context: AppContext, form: Form, card: gr.HTML, run_id: gr.BrowserState
) -> None:
    """Make a click on the suggestion of the run card fill in the form."""

    def fill(run_id: str | None, request: gr.Request) -> Any:
        try:
            filled = apply_suggestion(context, form, run_id or "")
        except UserError as error:
            return form.show_problems([error], i18n.locale_of(request))
        return filled or gr.skip()

    custom = form.custom
    places = [
        form.corpus,
        form.recipe,
        form.previous_choice,
        form.start,
        custom.base,
        *custom.fields.values(),
        *dict.fromkeys(custom.accordions.values()),
    ]
    card.apply_suggestion(
        fill,
        run_id,
        [*places, *form.problems],
        show_progress="hidden",
        queue=False,
        api_visibility="private",
    )


def apply_suggestion(context: AppContext, form: Form, run_id: str) -> dict[Any, Any] | None:
    """Return the updates of the form's fields; None if there is no change to try.

    Raises UserError if there is no such run.
    """
    run = context.runs.find(run_id)
    view = RunViewModel(run.id, max_seconds=context.limits.seconds)
    for event in run.read_events()[0]:
        view.apply(event)
    change = (view.fields()["diagnosis"] or {}).get("change")
    if change is None:
        return None
    manifest = run.manifest
    setting, value = change
    recipe = manifest.get("base") or manifest["recipe"]
    recipe = recipe if recipe in RECIPES else CUSTOM
    settings = manifest["model"] | manifest["training"]
    filled: dict[Any, Any] = {
        form.recipe: CUSTOM,
        form.previous_choice: {"recipe": recipe, "text": None},
        form.start: key_of_start(context, run_id),
        form.custom.base: BaseSettings.of(recipe, None, settings).as_json(),
        **form.custom.show_values(settings | {setting: value}),
        **form.custom.open_accordions([setting]),
    }
    texts = {entry.title: entry.name for entry in datasets.DATASETS}
    if name := texts.get(str(manifest["corpus"]["name"])):  # the user's own text stays as it is
        filled[form.corpus] = name
    return filled
