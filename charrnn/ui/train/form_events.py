"""The events of the form: each change is validated, and one choice may change another."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial
from typing import Any

import gradio as gr

from ...errors import UserError
from ...recipes import RECIPES
from .. import i18n
from ..page.event_options import IN_BROWSER, UNQUEUED
from ..page.modules import call
from ..server.client import Client, ClientGoneError
from ..services.context import AppContext
from ..services.newest_requests import NewestRequests
from ..services.start_models import NOTHING, find_start
from .form import Form, internal_error
from .form_storage import SAVE_FORM_JS
from .request import EXPERIMENTS, FROM_FILES, TrainRequest
from .start_model import AUTOMATIC, note_of, with_proposed_start

log = logging.getLogger(__name__)

Frame = dict[Any, Any]
Frames = AsyncIterator[Frame]


def wire_form(context: AppContext, form: Form) -> None:
    """Validate the form after each change: summaries, model, button label, problems.

    Gradio sets the fields one by one when the form is restored or reset, and triggers an event for
    each. Only the answer to the newest is shown; the others are of a form that is half set.
    """
    newest = NewestRequests()
    number = gr.JSON(visible=False)  # of the request, filled in by the browser

    async def validate(request: gr.Request, *inputs: Any) -> Any:
        *values, count = inputs
        is_newest = newest.note(request, count)
        frame = await answer(request, values, is_newest)
        return frame if is_newest() else gr.skip()

    async def answer(
        request: gr.Request, values: list[Any], is_newest: Callable[[], bool]
    ) -> Frame:
        entered, locale = form.train_request(values, context.limits), i18n.locale_of(request)
        client, start_error = context.client(request), None
        try:
            entered = await with_start(context, entered, client, request)
        except UserError as error:
            start_error = error

        def show() -> Frame:
            if not is_newest():  # while the request was waiting
                return {}
            shown = form.validate(_with_base(context, entered), locale, start_error)
            if entered.is_empty:  # only the button Train says so, and text_choice.js clears it
                del shown[form.text_problem]
            return shown | {form.start_note: note_of(context, entered)}

        try:
            return await context.limiters.planning.run(client, show)
        except UserError as error:
            return form.show_problems([error], locale)
        except ClientGoneError:
            raise
        except Exception:
            log.exception("the form could not be looked over")
            return form.show_problems([internal_error()], locale)

    gr.on(
        [box.change for box in form.inputs if not isinstance(box, gr.JSON)],
        validate,
        [*form.inputs, number],
        form.outputs,
        js=SAVE_FORM_JS,
        trigger_mode="always_last",
        **UNQUEUED,
    )
    _wire_choices(form)


def _wire_choices(form: Form) -> None:
    """Let one choice change another, in the browser.

    There, no late answer of the server can undo a choice.
    """
    published = {name: RECIPES[name].corpus for name in EXPERIMENTS}
    gr.on(
        [form.recipe.input, form.experiment.input],
        None,
        [form.corpus, form.recipe, form.experiment, form.previous_choice],
        [form.corpus, form.previous_choice],
        js=call("chooseText", published),
        **IN_BROWSER,
    )
    form.corpus.input(
        None, form.previous_choice, form.previous_choice, js=call("keepText"), **IN_BROWSER
    )
    form.files.upload(None, None, form.source, js=call("sourceIs", FROM_FILES), **IN_BROWSER)
    gr.on(
        [form.corpus.change, form.paste.change, form.files.change],
        None,
        [form.corpus, form.paste, form.files],
        form.text_problem,
        js=call("problemOfText"),
        **IN_BROWSER,
    )
    fields = form.custom.fields
    form.custom.head.reset_fields(
        None,
        form.custom.inputs,
        [*fields.values()],
        js=call("resetFields", [*fields]),
        **IN_BROWSER,
    )


def _with_base(context: AppContext, train_request: TrainRequest) -> TrainRequest:
    """Return the request with the base that is proposed; unchanged if the text can't be used."""
    try:
        return with_proposed_start(context, train_request)
    except UserError as error:  # `validate` raises it, too
        log.info("no base is proposed: %s", error.message)
        return train_request


async def with_start(
    context: AppContext, train_request: TrainRequest, client: Client, request: gr.Request
) -> TrainRequest:
    """Return the request with the model that was chosen to start from, downloaded if necessary.

    One that is only proposed depends on the text: `with_proposed_start` finds it.

    Raises UserError if the sender of the request may not start from it.
    """
    if train_request.start_key in (NOTHING, AUTOMATIC):
        return train_request
    find = partial(find_start, context, train_request.start_key, request)
    return replace(train_request, start=await context.limiters.fetching.run(client, find))
