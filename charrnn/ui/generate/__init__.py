"""The Generate tab: a page on which a trained model writes.

A checkpoint, a prefix, one button. The text is drawn by `text_panel.js`; `generate.js` has the
buttons and keeps what undo and redo need; how the next character is chosen, and the ten likeliest
ones, is `next_char.js`; what they share is `tinted_text.js`. What is on the page travels with every
request, so nothing is remembered here between two of them; what the browser remembers is in
`browser_storage.py`.

The chooser is no input of any event that the server answers. Gradio refuses a value that is not
among the choices it last sent, and two updates of the choices may cross; so the key comes along
beside it, and `find` has the last word.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any

import gradio as gr

from ...errors import UserError, traceback_without_message
from .. import i18n
from ..page.browser_storage import CHOSEN, Memory
from ..page.theme import asset, script
from ..services.catalog import Model, find
from ..services.client import Client, ClientGoneError
from ..services.context import DEFAULT_TEXT_ZH, House
from ..services.scheduler import DESK
from .model_dropdown import choices
from .stream import (
    ALPHAS,
    TRIO,
    Manner,
    Page,
    blank,
    clean,
    following,
    outlook,
    page_text,
    write,
    write_trio,
)
from .strings import BESIDE, GENERATE, PAGE

log = logging.getLogger(__name__)

LARGEST_SEED = 2**31 - 1

# The key of the model that stands in the chooser, told at once; and handed over with an event.
_NOTE = """(checkpoint, prefix) => {
  window.generateChoosing = true;  // also for drawings that are not there yet
  window.generateFields = {checkpoint, prefix};
  document.dispatchEvent(new CustomEvent("generate:chosen", {detail: checkpoint}));
}"""
_WITH_KEY = """(_, ...given) => [window.generateFields.checkpoint, ...given]"""
# Tells the two drawings what stands in Gradio's own fields; needs no answer from the server.
_TELL = """(checkpoint, prefix) => {
  window.generateFields = {checkpoint, prefix};
  document.dispatchEvent(new CustomEvent("generate:fields", {detail: window.generateFields}));
}"""
# The prefix that suits the chosen model has come. What someone has typed meanwhile stays, and so
# does all if another model has been chosen since, whose answer will come, too.
_SUGGESTED = """(prefix, answer) => {
  if (answer?.key !== window.generateFields.checkpoint) return prefix;
  window.generateChoosing = false;
  if (answer.prefix === null) return prefix;
  const before = window.generateSuggestion ?? answer.first;
  window.generateSuggestion = answer.prefix;
  return ["", before].includes(prefix) ? answer.prefix : prefix;
}"""
_UNANSWERED = f"""(...fields) => {{
  window.generateChoosing = false;
  ({_TELL})(...fields);
}}"""
_SETTLED = """() => { document.dispatchEvent(new CustomEvent("generate:settled")); }"""


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


def generate_tab(house: House) -> GenerateTab:
    """Build the tab inside the Blocks or the Tab that is open now."""
    shelf = choices(house, [], "en")
    first = shelf[0][1] if shelf else None
    suggestion = _suggestion(find(house, first)) if first else ""
    table = i18n.both(PAGE)

    with gr.Row(elem_classes="house-columns write-columns"):
        with gr.Column(scale=2, min_width=300, elem_classes="card write-main"):
            checkpoint = gr.Dropdown(
                shelf,
                value=first,
                label=i18n.key("write-checkpoint"),
                filterable=False,
                interactive=True,
                elem_id="write-checkpoint",
            )
            from_hub = gr.HTML(
                html_template=asset("generate/from_hub_link.html"),
                js_on_load=script("generate/from_hub_link.js"),
                words=i18n.both(BESIDE),
                apply_default_css=False,
                elem_id="write-from-hub",
            )
            _problem("checkpoint")
            prefix = gr.Textbox(
                suggestion,
                label=i18n.key("write-prefix"),
                placeholder=i18n.key("write-prefix-hint"),
                lines=2,
                max_lines=6,
                elem_id="write-prefix",
            )
            page = gr.HTML(
                {"id": ""},
                html_template=asset("generate/generate.html"),
                js_on_load=script(
                    "generate/tinted_text.js", "generate/text_panel.js", "generate/generate.js"
                ),
                words=table,
                trio=TRIO,
                fields={"checkpoint": first, "prefix": suggestion},
                apply_default_css=False,
                elem_id="write-page",
            )
        with gr.Column(scale=1, min_width=260, elem_classes="write-side"):
            choice = gr.HTML(
                {"mode": "sample", "alpha": 1.0},
                html_template=asset("generate/next_char.html"),
                js_on_load=script("generate/tinted_text.js", "generate/next_char.js"),
                server_functions=[_look(house)],
                words=table,
                alphas=ALPHAS,
                apply_default_css=False,
                elem_id="write-choice",
            )
            length = gr.Slider(
                1, 2000, value=200, step=1, label=i18n.key("write-length"), elem_id="write-length"
            )
            seed = gr.Textbox(
                label=i18n.key("write-seed"),
                placeholder=i18n.key("write-seed-hint"),
                max_lines=1,
                elem_id="write-seed",
            )
            _problem("settings")

    brought, suggested = gr.JSON(visible=False), gr.JSON(visible=False)
    # Models may be chosen faster than they are answered.
    each: dict[str, Any] = {"trigger_mode": "multiple", "api_visibility": "private"}
    asked = checkpoint.change(None, [checkpoint, prefix], js=_NOTE, api_visibility="private").then(
        _suggest(house, suggestion),
        brought,
        suggested,
        js=_WITH_KEY,
        show_progress="hidden",
        **each,
    )
    told = asked.success(None, [prefix, suggested], prefix, js=_SUGGESTED, **each)
    told.then(None, [checkpoint, prefix], js=_TELL, **each)
    asked.failure(None, [checkpoint, prefix], js=_UNANSWERED, **each)
    checkpoint.input(None, checkpoint, js=CHOSEN, api_visibility="private")
    prefix.change(
        None,
        [checkpoint, prefix],
        js=_TELL,
        trigger_mode="multiple",
        api_visibility="private",
    )
    writing = page.write(
        _writer(house),
        [prefix, page, choice, length, seed],
        page,
        show_progress="hidden",
        trigger_mode="multiple",  # generate.js asks once at a time; a stopped one may linger here
        api_visibility="private",
    )
    writing.then(None, js=_SETTLED, api_visibility="private")
    writing.failure(None, js=_SETTLED, api_visibility="private")  # as where the line breaks
    page.halt(None, cancels=writing, api_visibility="private").then(
        None, js=_SETTLED, api_visibility="private"
    )

    def offer(memory: Memory, request: gr.Request, chosen: str | None = None) -> dict[str, Any]:
        keys = [*memory.keys, *([chosen] if chosen else [])]
        listed = choices(house, keys, i18n.language(request), request)
        if chosen is None and first is None and listed:
            chosen = _known_or_first(memory.chosen, listed)  # better a run than an empty shelf
        update: dict[str, Any] = {"choices": listed}
        return gr.update(**update if chosen is None else update | {"value": chosen})

    def welcome(memory: Memory, request: gr.Request) -> dict[str, Any]:
        tongue = i18n.language(request)
        listed = choices(house, memory.keys, tongue, request)
        usual = DEFAULT_TEXT_ZH if tongue == "zh" else first
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
        elem_id=f"write-problem-{place}",
        apply_default_css=False,
    )


def _writer(house: House) -> Callable[..., AsyncIterator[Page]]:
    """The handler of the page's `write` event, which says whether to `generate` from the prefix,
    `continue` what is on the page, or set `trio`, three α, side by side."""

    async def shown(
        prefix: str,
        page: Page,
        choice: dict[str, Any],
        length: int,
        seed: str,
        event: gr.EventData,
        request: gr.Request,
    ) -> AsyncIterator[Page]:
        tongue, client = i18n.language(request), house.client(request)
        latest = page = page if isinstance(page, dict) else {}
        try:
            checkpoint = getattr(event, "checkpoint", None)
            if checkpoint is None:
                message = i18n.say(GENERATE["write-no-model"], tongue)
                yield _with_problem(latest, message, "checkpoint")
                return
            manner = Manner(str(choice["mode"]), float(choice["alpha"]), int(length), _seed(seed))
            fresh = following(page) if event.what == "continue" else blank(page_text(prefix))
            start = write_trio if event.what == "trio" else write
            model = await _find(house, client, str(checkpoint), request)

            def frames() -> Generator[Page, None, None]:
                yield from start(model.open(), fresh, manner, client.id)

            async with aclosing(house.limiters.writing.iterate(client, frames())) as pages:
                async for latest in pages:
                    yield latest
        except ClientGoneError:
            return
        except UserError as error:
            yield _with_problem(latest, i18n.translate_error(error, tongue), error.field)
        except Exception as error:  # noqa: BLE001  # said on the page, and its place in the log
            log.error("writing a page failed: %s", traceback_without_message(error))
            yield _with_problem(latest, i18n.translate_message(i18n.INTERNAL_ERROR, tongue), None)

    return shown


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


def _look(house: House) -> Callable[[object, gr.Request], Awaitable[dict[str, Any]]]:
    async def look(asked: object, request: gr.Request) -> dict[str, Any]:
        """What may come next, for the panel; called from `next_char.js`."""
        client, given = house.client(request), asked if isinstance(asked, dict) else {}
        try:
            text = page_text(given.get("text"))
            model = await _find(house, client, str(given.get("checkpoint")), request)

            def outlook_after_text() -> dict[str, Any]:
                checkpoint = model.open()
                return DESK.compute(client.id, lambda: outlook(checkpoint, text))

            return await house.limiters.looking.run(client, outlook_after_text)
        except ClientGoneError:
            return {}
        except UserError as error:
            message = i18n.translate_error(error, i18n.language(request))
            return {"problem": {"message": message, "field": error.field}}

    return look


async def _find(house: House, client: Client, key: str, request: gr.Request) -> Model:
    """The model with this key. Waiting for the Hub holds no place of what computes."""
    return await house.limiters.finding.run(client, partial(find, house, key, request))


def _suggest(house: House, first: str) -> Callable[[object, gr.Request], Awaitable[dict[str, Any]]]:
    async def suggest(checkpoint: object, request: gr.Request) -> dict[str, Any]:
        """The chosen model's own prefix, and the `first` one, which the page opened with."""
        answer = {"key": checkpoint, "prefix": None, "first": first}
        client = house.client(request)
        try:
            if isinstance(checkpoint, str):
                model = await _find(house, client, checkpoint, request)
                suggestion = partial(_suggestion, model)
                answer["prefix"] = await house.limiters.looking.run(client, suggestion)
        except UserError as error:  # which the panel tells, beside the chooser
            log.info("nothing to suggest for a model that cannot be opened: %s", error.field)
        return answer

    return suggest


def _suggestion(model: Model) -> str:
    """A prefix that suits this model: the first of those it was shown with, or none."""
    prefixes = model.open().about.get("prefixes")
    return clean(prefixes[0]) if isinstance(prefixes, list) and prefixes else ""
