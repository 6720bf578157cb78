"""The Generate tab: a page on which a trained model writes.

A checkpoint, a prefix, one button. The text is drawn by `text_panel.js`; `generate.js` has the
buttons and keeps what undo and redo need; how the next character is chosen, and the ten likeliest
ones, is `next_char.js`; what they share is `tinted_text.js`. What is on the page travels with every
request, so nothing is remembered here between two of them; what the browser remembers is in
`browser_storage.py`.

The chooser is no input of any event that the server answers. Gradio refuses a value that is not
among the choices it last sent, and two updates of the choices may cross; so the key comes along
beside it, and `find_model` has the last word.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any

import gradio as gr

from ...errors import UserError, traceback_without_message
from .. import i18n
from ..page.browser_storage import SAVE_MODEL_JS, Memory
from ..page.component import bind, html_component
from ..page.contract import element_id
from ..page.modules import call
from ..page.theme import asset
from ..services.catalog import ModelEntry, find_model
from ..services.client import Client, ClientGoneError
from ..services.context import DEFAULT_TEXT_ZH, AppContext
from ..services.scheduler import SLICER
from .model_dropdown import choices
from .stream import (
    ALPHAS,
    TRIO,
    Manner,
    Page,
    blank,
    clean_text,
    following,
    outlook,
    page_text,
    write,
    write_trio,
)
from .strings import BESIDE, GENERATE, PAGE

log = logging.getLogger(__name__)

LARGEST_SEED = 2**31 - 1


@dataclass(frozen=True)
class GenerateTab:
    """What other tabs need: the chooser; `from_hub`, whose event `browse` asks for the models on
    the Hub; `brought`, the input in which JavaScript hands a memory over; and the updates of the
    chooser. `offer(memory, request, chosen)` lists the shipped models and the visitor's and, unless
    `chosen` is None, selects that one, which is listed too; `welcome(memory, request)` selects what
    was chosen last, or on a first visit the usual one."""

    checkpoint: gr.Dropdown
    from_hub: gr.HTML
    brought: gr.JSON
    offer: Callable[[Memory, gr.Request, str | None], dict[str, Any]]
    welcome: Callable[[Memory, gr.Request], dict[str, Any]]


def generate_tab(context: AppContext) -> GenerateTab:
    """Build the tab inside the Blocks or the Tab that is open now."""
    shelf = choices(context, [], "en")
    first = shelf[0][1] if shelf else None
    suggestion = _suggestion(find_model(context, first)) if first else ""

    with gr.Row(elem_classes="house-columns write-columns"):
        with gr.Column(scale=2, min_width=300, elem_classes="card write-main"):
            checkpoint = gr.Dropdown(
                shelf,
                value=first,
                label=i18n.t("write-checkpoint"),
                filterable=False,
                interactive=True,
                elem_id="write-checkpoint",
            )
            from_hub = html_component(
                "generate/from_hub_link",
                asset("generate/from_hub_link.html"),
                words=[BESIDE],
                elem_id="write-from-hub",
            )
            _problem("checkpoint")
            prefix = gr.Textbox(
                suggestion,
                label=i18n.t("write-prefix"),
                placeholder=i18n.t("write-prefix-hint"),
                lines=2,
                max_lines=6,
                elem_id="write-prefix",
            )
            page = html_component(
                "generate/generate",
                asset("generate/generate.html"),
                {"id": ""},
                words=[PAGE],
                trio=TRIO,
                fields={"checkpoint": first, "prefix": suggestion},
                elem_id="write-page",
            )
        with gr.Column(scale=1, min_width=260, elem_classes="write-side"):
            choice = html_component(
                "generate/next_char",
                asset("generate/next_char.html"),
                {"mode": "sample", "alpha": 1.0},
                server_functions=[bind(next_characters, context)],
                words=[PAGE],
                alphas=ALPHAS,
                elem_id="write-choice",
            )
            length = gr.Slider(
                1, 2000, value=200, step=1, label=i18n.t("write-length"), elem_id="write-length"
            )
            seed = gr.Textbox(
                label=i18n.t("write-seed"),
                placeholder=i18n.t("write-seed-hint"),
                max_lines=1,
                elem_id="write-seed",
            )
            _problem("settings")

    brought, suggested = gr.JSON(visible=False), gr.JSON(visible=False)
    # Models may be chosen faster than they are answered.
    each: dict[str, Any] = {"trigger_mode": "multiple", "api_visibility": "private"}
    asked = checkpoint.change(
        None, [checkpoint, prefix], js=call("noteModelChosen"), api_visibility="private"
    ).then(
        bind(_suggest, context),
        brought,
        suggested,
        js=call("withCheckpoint"),
        show_progress="hidden",
        **each,
    )
    told = asked.success(
        None,
        [prefix, suggested],
        prefix,
        js=call("takeSuggestion", suggestion),
        **each,
    )
    told.then(None, [checkpoint, prefix], js=call("notePrompt"), **each)
    asked.failure(None, [checkpoint, prefix], js=call("noteNoSuggestion"), **each)
    checkpoint.input(None, checkpoint, js=SAVE_MODEL_JS, api_visibility="private")
    prefix.change(
        None,
        [checkpoint, prefix],
        js=call("notePrompt"),
        trigger_mode="multiple",
        api_visibility="private",
    )
    writing = page.write(
        bind(_write, context),
        [prefix, page, choice, length, seed],
        page,
        show_progress="hidden",
        trigger_mode="multiple",  # generate.js asks once at a time; a stopped one may linger here
        api_visibility="private",
    )
    writing.then(None, js=call("noteGenerateSettled"), api_visibility="private")
    writing.failure(
        None, js=call("noteGenerateSettled"), api_visibility="private"
    )  # as where the line breaks
    page.halt(None, cancels=writing, api_visibility="private").then(
        None, js=call("noteGenerateSettled"), api_visibility="private"
    )

    def offer(memory: Memory, request: gr.Request, chosen: str | None = None) -> dict[str, Any]:
        keys = [*memory.keys, *([chosen] if chosen else [])]
        listed = choices(context, keys, i18n.locale_of(request), request)
        if chosen is None and first is None and listed:
            chosen = _known_or_first(memory.chosen, listed)  # better a run than an empty shelf
        update: dict[str, Any] = {"choices": listed}
        return gr.update(**update if chosen is None else update | {"value": chosen})

    def welcome(memory: Memory, request: gr.Request) -> dict[str, Any]:
        locale = i18n.locale_of(request)
        listed = choices(context, memory.keys, locale, request)
        usual = DEFAULT_TEXT_ZH if locale == "zh" else first
        value = _known_or_first(memory.chosen, listed, usual)
        return gr.update(choices=listed, value=value)

    return GenerateTab(checkpoint, from_hub, brought, offer, welcome)


def _known_or_first(
    chosen: str | None, listed: list[tuple[str, str]], *usual: str | None
) -> str | None:
    """The first of `chosen` and the `usual` ones that is on the list, or else the list's first."""
    keys = [key for _, key in listed]
    known = [key for key in (chosen, *usual) if key in keys]
    return next(iter(known or keys), None)


def _problem(place: str) -> None:
    """Room for what is wrong with the field above; `generate.js` fills it."""
    gr.HTML(
        html_template='<p class="problem" role="alert"></p>',
        elem_id=element_id(f"write-problem-{place}"),
        apply_default_css=False,
    )


async def _write(
    context: AppContext,
    prefix: str,
    page: Page,
    choice: dict[str, Any],
    length: int,
    seed: str,
    event: gr.EventData,
    request: gr.Request,
) -> AsyncIterator[Page]:
    """Handle the page's event `write`, whose `what` says whether to `generate` from the prefix,
    `continue` the page's text, or write three continuations with one α each (`trio`)."""
    locale, client = i18n.locale_of(request), context.client(request)
    latest = page = page if isinstance(page, dict) else {}
    try:
        checkpoint = getattr(event, "checkpoint", None)
        if checkpoint is None:
            message = i18n.translate(GENERATE["write-no-model"], locale)
            yield _with_problem(latest, message, "checkpoint")
            return
        manner = Manner(str(choice["mode"]), float(choice["alpha"]), int(length), _seed(seed))
        fresh = following(page) if event.what == "continue" else blank(page_text(prefix))
        start = write_trio if event.what == "trio" else write
        model = await _find(context, client, str(checkpoint), request)

        def frames() -> Generator[Page, None, None]:
            yield from start(model.open(), fresh, manner, client.id)

        async with aclosing(context.limiters.writing.iterate(client, frames())) as pages:
            async for latest in pages:
                yield latest
    except ClientGoneError:
        return
    except UserError as error:
        yield _with_problem(latest, i18n.translate_error(error, locale), error.field)
    except Exception as error:  # noqa: BLE001  # said on the page, and its place in the log
        log.error("writing a page failed: %s", traceback_without_message(error))
        yield _with_problem(latest, i18n.translate_message(i18n.INTERNAL_ERROR, locale), None)


def _seed(typed: str) -> int | None:
    """The seed someone typed; None where there is none.

    It goes back to the page as a JSON number, and Gradio's stream dies of one beyond 64 bits.
    """
    typed = typed.strip()
    if not typed:
        return None
    if typed.isdecimal() and len(typed) <= 20 and int(typed) <= LARGEST_SEED:
        return int(typed)
    shown = typed if len(typed) <= 40 else typed[:39] + "…"
    raise UserError(
        "seed = {value}: give a whole number from 0 to {most}, or leave it empty.",
        value=shown,
        most=LARGEST_SEED,
        field="seed",
    )


def _with_problem(page: Page, message: str, field: str | None) -> Page:
    state = "stopped" if page.get("state") == "writing" else page.get("state")
    return page | {"state": state, "problem": {"message": message, "field": field}}


async def next_characters(
    context: AppContext, asked: object, request: gr.Request
) -> dict[str, Any]:
    """Return which characters may follow a text (`{checkpoint, text}`; see `stream.outlook`), or
    the `problem` in words. Called from `next_char.js`."""
    client, given = context.client(request), asked if isinstance(asked, dict) else {}
    try:
        text = page_text(given.get("text"))
        model = await _find(context, client, str(given.get("checkpoint")), request)

        def outlook_after_text() -> dict[str, Any]:
            checkpoint = model.open()
            return SLICER.compute(client.id, lambda: outlook(checkpoint, text))

        return await context.limiters.looking.run(client, outlook_after_text)
    except ClientGoneError:
        return {}
    except UserError as error:
        message = i18n.translate_error(error, i18n.locale_of(request))
        return {"problem": {"message": message, "field": error.field}}


async def _find(context: AppContext, client: Client, key: str, request: gr.Request) -> ModelEntry:
    """The model with this key. Waiting for the Hub holds no place of what computes."""
    return await context.limiters.finding.run(client, partial(find_model, context, key, request))


async def _suggest(context: AppContext, checkpoint: object, request: gr.Request) -> dict[str, Any]:
    """Return a prefix that suits the chosen model, and the model's key."""
    answer = {"key": checkpoint, "prefix": None}
    client = context.client(request)
    try:
        if isinstance(checkpoint, str):
            model = await _find(context, client, checkpoint, request)
            suggestion = partial(_suggestion, model)
            answer["prefix"] = await context.limiters.looking.run(client, suggestion)
    except UserError as error:  # which the panel tells, beside the chooser
        log.info("nothing to suggest for a model that cannot be opened: %s", error.field)
    return answer


def _suggestion(model: ModelEntry) -> str:
    """A prefix that suits this model: the first of those it was shown with, or none."""
    prefixes = model.open().about.get("prefixes")
    return clean_text(prefixes[0]) if isinstance(prefixes, list) and prefixes else ""
