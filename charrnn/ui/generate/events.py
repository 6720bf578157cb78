"""Events of the Generate tab: which of them call the server, and what the server does.

The dropdown of models is an input of no event that the server handles: Gradio refuses a value that
is not among the options it sent last, and two updates of the options may cross. JavaScript sends
the key of the model beside it, and `find_model` decides whether there is such a model.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Generator
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any

import gradio as gr

from ...errors import UserError, traceback_without_message
from ...generation.config import GenerationConfig
from ...generation.prefill import line_start
from ...generation.stopping import finishing_after
from ...utils.validation import clean_text
from .. import i18n
from ..operations import Caller, find_model
from ..page.browser_state import SAVE_MODEL_JS, BrowserState
from ..page.component import bind
from ..page.modules import call
from ..server.answers import Json, answer_or_problem, as_object
from ..server.client import ClientGoneError
from ..services.catalog import ModelEntry
from ..services.context import DEFAULT_TEXT_ZH, AppContext
from ..services.model_options import model_options
from ..services.time_slicer import SLICER
from .random_draw import RandomDraw
from .seed import parse_seed
from .stream import (
    Passage,
    checked_passage_text,
    continue_passage,
    new_passage,
    next_char_table,
    stream_passage,
    stream_three_alphas,
)
from .strings import GENERATE

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fields:
    """The components of the tab that take part in its events."""

    checkpoint: gr.Dropdown
    prefix: gr.Textbox
    passage: gr.HTML
    next_char: gr.HTML
    length: gr.Slider
    stop: gr.Textbox
    finish: gr.Checkbox
    seed: gr.Textbox
    browser_state: gr.JSON

    @property
    def settings(self) -> list[Any]:
        """The components whose values say how a text is generated, as `_generate` takes them."""
        return [self.length, self.stop, self.finish, self.seed]


def wire_events(context: AppContext, fields: Fields, default_prefix: str) -> None:
    """Connect the components to their handlers; `default_prefix` is in the prefix field at first.

    Call this inside the Blocks that are open now.
    """
    _wire_model_choice(context, fields, default_prefix)
    _wire_generation(context, fields)


def _wire_model_choice(context: AppContext, fields: Fields, default_prefix: str) -> None:
    """Suggest a prefix for each model that is chosen, and tell the scripts of the tab."""
    checkpoint, prefix = fields.checkpoint, fields.prefix
    suggestion = gr.JSON(visible=False)
    private: dict[str, Any] = {"api_visibility": "private"}
    # A user may choose models faster than the server answers.
    each: dict[str, Any] = {"trigger_mode": "multiple"} | private
    answered = checkpoint.change(
        None, [checkpoint, prefix], js=call("noteModelChosen"), **private
    ).then(
        bind(_suggest_prefix, context),
        fields.browser_state,
        suggestion,
        js=call("withCheckpoint"),
        show_progress="hidden",
        **each,
    )
    taken = answered.success(
        None,
        [prefix, suggestion],
        prefix,
        js=call("takeSuggestion", default_prefix),
        **each,
    )
    taken.then(None, [checkpoint, prefix], js=call("notePrompt"), **each)
    answered.failure(None, [checkpoint, prefix], js=call("noteNoSuggestion"), **each)
    checkpoint.input(None, checkpoint, js=SAVE_MODEL_JS, **private)
    prefix.change(None, [checkpoint, prefix], js=call("notePrompt"), **each)


def _wire_generation(context: AppContext, fields: Fields) -> None:
    """Generate text when the page's script asks for it, and stop when it says so."""
    passage = fields.passage
    private: dict[str, Any] = {"api_visibility": "private"}
    generation = passage.generate(
        bind(_generate, context),
        [fields.prefix, passage, fields.next_char, *fields.settings],
        passage,
        show_progress="hidden",
        trigger_mode="multiple",  # an event that was stopped may still be ending
        api_visibility="private",
    )
    generation.then(None, js=call("noteGenerateSettled"), **private)
    generation.failure(None, js=call("noteGenerateSettled"), **private)  # lost connections too
    passage.stop(None, cancels=generation, api_visibility="private").then(
        None, js=call("noteGenerateSettled"), **private
    )


def update_models(
    context: AppContext,
    default_key: str | None,
    state: BrowserState,
    request: gr.Request,
    chosen: str | None = None,
) -> dict[str, Any]:
    """Return an update of the dropdown's options, with `chosen` selected unless that is None."""
    keys = [*state.keys, *([chosen] if chosen else [])]
    options = model_options(context, keys, i18n.locale_of(request), request)
    if chosen is None and default_key is None and options:
        chosen = _first_known(options, state.chosen)  # without bundled models: one of the user's
    update: dict[str, Any] = {"choices": options}
    return gr.update(**update if chosen is None else update | {"value": chosen})


def initial_models(
    context: AppContext, default_key: str | None, state: BrowserState, request: gr.Request
) -> dict[str, Any]:
    """Return an update that selects the model chosen last, or the default of the language."""
    locale = i18n.locale_of(request)
    options = model_options(context, state.keys, locale, request)
    default = DEFAULT_TEXT_ZH if locale == "zh" else default_key
    return gr.update(choices=options, value=_first_known(options, state.chosen, default))


def _first_known(options: list[tuple[str, str]], *keys: str | None) -> str | None:
    """Return the first of `keys` that is an option, else the first option, else None."""
    listed = [key for _, key in options]
    known = [key for key in keys if key in listed]
    return next(iter(known or listed), None)


async def _generate(
    context: AppContext,
    prefix: str,
    passage: Passage,
    next_char: dict[str, Any],
    length: int,
    stop: str,
    finish: bool,
    seed: str,
    event: gr.EventData,
    request: gr.Request,
) -> AsyncIterator[Passage]:
    """Handle the page's event `generate`: generate text, and yield the passage as it grows.

    `event.action` says what to do: `generate` begins with the prefix, `continue` goes on from the
    text of the passage, and `three-alphas` generates three continuations with one α each.
    """
    locale, caller = i18n.locale_of(request), Caller.from_request(context, request)
    client = caller.client
    latest = passage = passage if isinstance(passage, dict) else {}
    try:
        checkpoint = getattr(event, "checkpoint", None)
        if checkpoint is None:
            message = i18n.translate(GENERATE["generate-no-model"], locale)
            yield _with_problem(latest, message, "checkpoint")
            return
        config = GenerationConfig(
            int(length),
            str(next_char["mode"]),
            float(next_char["alpha"]),
            parse_seed(seed),
            stop_strings(stop),
            finishing_after(int(length)) if finish is True else None,
        )
        continues = event.action == "continue"
        start = (
            continue_passage(passage) if continues else new_passage(checked_passage_text(prefix))
        )
        start["checkpoint"] = str(checkpoint)
        stream = stream_three_alphas if event.action == "three-alphas" else stream_passage
        model = await find_model(context, caller, checkpoint)

        def frames() -> Generator[Passage, None, None]:
            yield from stream(model.open(), start, config, client.id)

        async with aclosing(context.limiters.generating.iterate(client, frames())) as passages:
            async for latest in passages:
                yield latest
    except ClientGoneError:
        return
    except UserError as error:
        yield _with_problem(latest, i18n.translate_error(error, locale), error.field)
    except Exception as error:  # noqa: BLE001  # logged, and shown on the page
        log.error("generating a text failed: %s", traceback_without_message(error))
        yield _with_problem(latest, i18n.translate_message(i18n.INTERNAL_ERROR, locale), None)


def stop_strings(text: object) -> tuple[str, ...]:
    r"""Return the string in the field *Stop at*, with \n and \t for line end and tab, if any."""
    typed = text if isinstance(text, str) else ""
    string = clean_text(typed.replace("\\n", "\n").replace("\\t", "\t"))
    return (string,) if string else ()


def _with_problem(passage: Passage, message: str, field: str | None) -> Passage:
    state = "stopped" if passage.get("state") == "writing" else passage.get("state")
    return passage | {"state": state, "problem": {"message": message, "field": field}}


async def next_characters(context: AppContext, query: object, request: gr.Request) -> Json:
    """Return which characters may follow a text, as `stream.next_char_table`.

    `next_char.js` calls this with `{checkpoint, text, begins_line, written, draw}`. `begins_line`
    says that the text was generated from an empty prefix, `written` is the character after the text
    or None, and `draw` how it was drawn or None.
    """
    fields, caller = as_object(query), Caller.from_request(context, request)

    async def answer() -> Json:
        text = checked_passage_text(fields.get("text"))
        written = fields.get("written")
        written = written if isinstance(written, str) and len(written) == 1 else None
        draw = RandomDraw.from_json(fields.get("draw"))
        model = await find_model(context, caller, fields.get("checkpoint"))

        def table() -> Json:
            checkpoint = model.open()
            begins_line = fields.get("begins_line") is True and text
            read = line_start(checkpoint.vocabulary) + text if begins_line else text
            return SLICER.compute(
                caller.client.id, lambda: next_char_table(checkpoint, read, written, draw)
            )

        return await context.limiters.inspecting.run(caller.client, table)

    return await answer_or_problem(answer, request)


async def _suggest_prefix(
    context: AppContext, checkpoint: object, request: gr.Request
) -> dict[str, Any]:
    """Return the chosen model's `key`, and a `prefix` that suits it or None."""
    answer = {"key": checkpoint, "prefix": None}
    caller = Caller.from_request(context, request)
    try:
        if isinstance(checkpoint, str):
            model = await find_model(context, caller, checkpoint)
            answer["prefix"] = await context.limiters.inspecting.run(
                caller.client, partial(first_prefix, model)
            )
    except UserError as error:  # `next_characters` shows it beside the dropdown
        log.info("no prefix for a model that cannot be opened: %s", error.field)
    return answer


def first_prefix(model: ModelEntry) -> str:
    """Return the first prefix of the samples in the model's training, or "" if there is none."""
    prefixes = model.open().about.get("prefixes")
    return clean_text(prefixes[0]) if isinstance(prefixes, list) and prefixes else ""
