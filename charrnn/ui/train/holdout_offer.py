"""Hold out another part of the text, or learn it line by line, by one press beside the report.

Custom is chosen, with all settings of the recipe that was chosen and this one change. Nothing is
trained yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import gradio as gr

from ...corpus.split import LINES, SPREAD
from ...errors import UserError
from .. import i18n
from ..services.context import AppContext
from .base_settings import BaseSettings
from .form import Form
from .request import CUSTOM, TrainRequest
from .start_model import with_proposed_start

_DOCUMENTS = "documents"
_SETTINGS: Mapping[str, Mapping[str, Any]] = {  # by what the press offers
    SPREAD: {"holdout": SPREAD},
    LINES: {"holdout": LINES},
    _DOCUMENTS: {_DOCUMENTS: "lines"},
}


def wire_holdout_offer(context: AppContext, form: Form, **options: Any) -> None:
    """Make a press on the offer beside the report of the text fill in the form."""

    async def fill(event: gr.EventData, request: gr.Request, *values: Any) -> Any:
        part = getattr(event, "part", None)
        if not isinstance(part, str) or part not in _SETTINGS:
            return gr.skip()
        entered = form.train_request(values, context.limits)

        def act() -> dict[Any, Any]:
            return hold_out(form, with_proposed_start(context, entered), part)

        try:
            return await context.limiters.planning.run(context.client(request), act)
        except UserError as error:
            return form.show_problems([error], i18n.locale_of(request))

    custom = form.custom
    form.report.hold_out(
        fill,
        form.inputs,
        [
            form.recipe, form.previous_choice, form.start, custom.base, *custom.fields.values(),
            *dict.fromkeys(custom.accordions.values()), *form.problems,
        ],
        queue=False,
        **options,
    )  # fmt: skip


def hold_out(form: Form, entered: TrainRequest, part: str) -> dict[Any, Any]:
    """Return the updates that choose Custom, as the form stands, with what was offered.

    A base that was proposed stays the model to start from, now as a choice.
    """
    custom = form.custom
    if entered.recipe == CUSTOM:
        changed: Mapping[str, Any] = _SETTINGS[part]
        updates: dict[Any, Any] = {}
    else:
        recipe = entered.recipe_name
        begun = replace(
            entered, recipe=CUSTOM, base_recipe=recipe, base=BaseSettings(), settings={}
        )
        resolved = begun.resolved()
        changed = {**resolved.settings, **_SETTINGS[part]}
        updates = {
            form.recipe: CUSTOM,
            form.previous_choice: {"recipe": recipe, "text": None},
            custom.base: resolved.base.as_json(),
        }
        if entered.start is not None:
            updates[form.start] = entered.start.key
    return updates | custom.show_values(changed) | custom.open_accordions([*_SETTINGS[part]])
