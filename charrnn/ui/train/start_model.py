"""The choice of a model to start from: the field, and what the form says below it.

`start_model.js` and `start_note.js` draw them. The value of the field is the key of a model, an
empty text for random weights, or `AUTOMATIC`: the base that helps the text, if one does. That is
what the form begins with.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial
from typing import Any

import gradio as gr

from ...errors import UserError
from ...training.transfer import FIXED_SETTINGS
from .. import i18n
from ..page.browser_state import BrowserState
from ..page.component import bind, html_component
from ..page.contract import CONTRACT
from ..server.answers import Json, answer_or_problem, as_object
from ..services.catalog import summarize
from ..services.context import AppContext
from ..services.start_models import (
    GROUPS,
    NOTHING,
    ProposedBase,
    propose,
    start_options,
)
from .custom_strings import TAKES
from .request import BUDGETS, CUSTOM, TrainRequest
from .settings_form import label
from .start_strings import START

log = logging.getLogger(__name__)

AUTOMATIC = CONTRACT["automatic_start"]
MAX_KEY_LENGTH = 200  # characters of a model's key that a browser sends


def start_field(context: AppContext | None) -> gr.HTML:
    """Build the field; without a context there are no models to choose from."""
    options = {
        locale: start_options(context, [], locale) if context else {} for locale in ("en", "zh")
    }
    return html_component(
        "train/start_model",
        '<div class="start-model"><label for="start-model"></label>'
        '<select id="start-model"></select></div>',
        AUTOMATIC,
        server_functions=[bind(list_starts, context)],
        words=[START],
        groups=list(GROUPS),
        options=options,
        elem_id="train-start",
    )


def start_note(context: AppContext | None, request: TrainRequest) -> gr.HTML:
    """Build the line below the field, for a request: which model to start from, and why."""
    return html_component(
        "train/start_note",
        '<p class="start-note" role="status"><span></span> <button type="button"></button></p>',
        note_of(context, request) if context else {},
        words=[START],
        elem_id="train-start-note",
    )


async def list_starts(context: AppContext, query: object, request: gr.Request) -> Json:
    """Return the `groups` of models to start from, with labels and keys.

    The query has the `BrowserState` as `state`, and the `chosen` key. Called from start_model.js.
    """
    fields, locale = as_object(query), i18n.locale_of(request)
    chosen = checked_key(fields.get("chosen"))
    keys = [*BrowserState.from_json(fields.get("state")).keys, *([chosen] if chosen else [])]

    async def answer() -> Json:
        listed = partial(start_options, context, keys, locale, request)
        groups = await context.limiters.listing.run(context.client(request), listed)
        return {"groups": {name: [list(one) for one in groups[name]] for name in GROUPS}}

    return await answer_or_problem(answer, request)


def is_key(value: object) -> bool:
    """Return whether what a browser sent may be the key of a model."""
    return isinstance(value, str) and len(value) <= MAX_KEY_LENGTH and value.isprintable()


def checked_key(value: object) -> str:
    """Return the key that a browser sent; that of nothing if it is no key."""
    return str(value).strip() if is_key(value) else NOTHING


def with_proposed_start(context: AppContext, request: TrainRequest) -> TrainRequest:
    """Return a request whose start is `AUTOMATIC` with the base that helps its text, if one does.

    Custom has no such base, since a base would fix the architecture. Raises UserError if the text
    can't be used.
    """
    if request.start_key != AUTOMATIC or request.recipe not in BUDGETS:
        return request
    base = _proposed(context, request)
    return request if base is None else replace(request, start=base.model)


def _proposed(context: AppContext, request: TrainRequest) -> ProposedBase | None:
    """Return the base that helps the text; None where there is no text yet.

    None also for the textbook's experiments, which begin with random weights.
    """
    recipe = request.base_recipe if request.recipe == CUSTOM else request.recipe
    if recipe not in BUDGETS or not request.has_local_text:
        return None
    return propose(context, request.load_corpus())


def note_of(context: AppContext, request: TrainRequest) -> dict[str, Any]:
    """Return what the line below the field says of a request: its `text`, by language, and a `key`.

    The button there chooses the `key`: that of nothing where the run starts from a model, and that
    of a base, or `AUTOMATIC`, where it starts from nothing and the base would help. `base` has the
    `key` and the `title`, by language, of a base that the run starts from by itself. The object is
    empty where there is nothing to say.
    """
    try:
        if request.start_key == AUTOMATIC and request.recipe in BUDGETS and not request.is_local():
            return {"key": NOTHING, "text": i18n.in_both(START["after-download"])}
        if request.start_key in (NOTHING, AUTOMATIC):
            base = _proposed(context, request)
            if base is None:
                return {}
            if request.recipe == CUSTOM:
                return {"key": base.model.key, "text": base.reason}
            if request.start_key == NOTHING:
                return {"key": AUTOMATIC, "text": base.reason}
            text = {
                locale: i18n.translate(START["starts-from-it"], locale, reason=reason)
                for locale, reason in base.reason.items()
            }
            return {
                "key": NOTHING,
                "text": text,
                "base": {"key": base.model.key, "title": base.title},
            }
        if request.start is not None:
            return {"key": NOTHING, "text": _about(request)}
    except UserError as error:  # the form shows it beside the field
        log.info("there is no note on the model to start from: %s", error.message)
    return {}


def _about(request: TrainRequest) -> dict[str, str]:
    """Describe the model that is chosen, and say what it decides."""
    assert request.start is not None
    network = summarize(request.start).network
    if request.recipe != CUSTOM:
        return i18n.in_both(START["about-start"], model=network)
    return {
        locale: i18n.translate(
            START["about-fixed"], locale, model=network, names=_fixed_names(locale)
        )
        for locale in ("en", "zh")
    }


def _fixed_names(locale: str) -> str:
    names = [label(name, locale) for name in FIXED_SETTINGS]
    return i18n.translate(TAKES["comma"], locale).join(names)
