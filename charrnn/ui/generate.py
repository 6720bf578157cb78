"""The Generate tab: a page on which a trained model writes.

A checkpoint, a prefix, one button. The text is drawn by `generate.js`, which also keeps what undo
and redo need; how the next character is chosen, and the ten likeliest ones, by `likely.js`; what
the two share is `drawing.js`. What is on the page travels with every request, so nothing is
remembered here between two of them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from ..errors import UserError
from . import words
from .house import House
from .look import asset
from .shelf import Model, describe, find, offered
from .words_generate import GENERATE, PAGE
from .writing import ALPHAS, TRIO, Manner, Page, blank, clean, following, outlook, write, write_trio

log = logging.getLogger(__name__)

AT_ONCE = 4  # pages written at the same time; more wait in the queue

# Tells the two drawings what stands in Gradio's own fields; needs no answer from the server.
_TELL = """(checkpoint, prefix) => {
  window.generateFields = {checkpoint, prefix};
  document.dispatchEvent(new CustomEvent("generate:fields", {detail: window.generateFields}));
}"""
_SETTLED = """() => { document.dispatchEvent(new CustomEvent("generate:settled")); }"""


@dataclass(frozen=True)
class GenerateTab:
    """What other tabs need: the chooser, and `offer(runs, chosen)`, the update that lists the
    shipped models and a visitor's `runs` in it and, unless `chosen` is None, selects that one,
    which is listed too."""

    checkpoint: gr.Dropdown
    offer: Callable[[Sequence[str], str | None], dict[str, Any]]


def generate_tab(house: House) -> GenerateTab:
    """Build the tab inside the Blocks or the Tab that is open now."""
    choices = _choices(house, [])
    first = choices[0][1] if choices else None
    suggestion = _suggestion(house, first)
    table = words.both(PAGE)

    with gr.Row(elem_classes="house-columns write-columns"):
        with gr.Column(scale=2, min_width=300, elem_classes="card write-main"):
            checkpoint = gr.Dropdown(
                choices,
                value=first,
                label=words.key("write-checkpoint"),
                filterable=False,
                interactive=True,
                elem_id="write-checkpoint",
            )
            _problem("checkpoint")
            prefix = gr.Textbox(
                suggestion,
                label=words.key("write-prefix"),
                placeholder=words.key("write-prefix-hint"),
                lines=2,
                max_lines=6,
                elem_id="write-prefix",
            )
            page = gr.HTML(
                {"id": ""},
                html_template=asset("generate.html"),
                js_on_load=asset("drawing.js") + asset("generate.js"),
                words=table,
                trio=TRIO,
                fields={"checkpoint": first, "prefix": suggestion},
                apply_default_css=False,
                elem_id="write-page",
            )
        with gr.Column(scale=1, min_width=260, elem_classes="write-side"):
            choice = gr.HTML(
                {"mode": "sample", "alpha": 1.0},
                html_template=asset("likely.html"),
                js_on_load=asset("drawing.js") + asset("likely.js"),
                server_functions=[_look(house)],
                words=table,
                alphas=ALPHAS,
                apply_default_css=False,
                elem_id="write-choice",
            )
            length = gr.Slider(
                1, 2000, value=200, step=1, label=words.key("write-length"), elem_id="write-length"
            )
            seed = gr.Textbox(
                label=words.key("write-seed"),
                placeholder=words.key("write-seed-hint"),
                max_lines=1,
                elem_id="write-seed",
            )
            _problem("settings")

    suggested = gr.State(suggestion)
    checkpoint.change(
        _suggest(house),
        [checkpoint, prefix, suggested],
        [prefix, suggested],
        show_progress="hidden",
        api_visibility="private",
    ).then(None, [checkpoint, prefix], js=_TELL, api_visibility="private")
    prefix.change(
        None,
        [checkpoint, prefix],
        js=_TELL,
        trigger_mode="multiple",
        api_visibility="private",
    )
    writing = page.write(
        _writer(house),
        [checkpoint, prefix, page, choice, length, seed],
        page,
        show_progress="hidden",
        concurrency_limit=AT_ONCE,
        concurrency_id="generate",
        trigger_mode="multiple",  # generate.js asks once at a time; a stopped one may linger here
        api_visibility="private",
    )
    writing.then(None, js=_SETTLED, api_visibility="private")
    page.halt(None, cancels=writing, api_visibility="private").then(
        None, js=_SETTLED, api_visibility="private"
    )

    def offer(runs: Sequence[str], chosen: str | None = None) -> dict[str, Any]:
        choices = _choices(house, [*runs, *([chosen] if chosen else [])])
        if chosen is None and first is None and choices:
            chosen = choices[0][1]  # the shelf is empty: better a run than nothing
        update: dict[str, Any] = {"choices": choices}
        return gr.update(**update if chosen is None else update | {"value": chosen})

    return GenerateTab(checkpoint, offer)


def _problem(place: str) -> None:
    """Room for what is wrong with the field above; `generate.js` fills it."""
    gr.HTML(
        html_template='<p class="problem" role="alert"></p>',
        elem_id=f"write-problem-{place}",
        apply_default_css=False,
    )


def _writer(house: House) -> Callable[..., Iterator[Page]]:
    """The handler of the page's `write` event, which says whether to `generate` from the prefix,
    `continue` what is on the page, or set `trio`, three α, side by side."""

    def shown(
        checkpoint: str | None,
        prefix: str,
        page: Page,
        choice: dict[str, Any],
        length: int,
        seed: str,
        event: gr.EventData,
        request: gr.Request,
    ) -> Iterator[Page]:
        tongue = words.language(request)
        latest = page
        try:
            if checkpoint is None:
                message = words.say(GENERATE["write-no-model"], tongue)
                raise UserError(message, field="checkpoint")
            manner = Manner(str(choice["mode"]), float(choice["alpha"]), int(length), _seed(seed))
            opened = find(house, checkpoint).open()
            onwards = event.what == "continue"
            fresh = following(page) if onwards else blank(clean(prefix))
            start = write_trio if event.what == "trio" else write
            for latest in start(opened, fresh, manner):
                yield latest
        except UserError as error:
            yield _with_problem(latest, words.problem(error.message, tongue), error.field)
        except Exception:  # said on the page, and in full in the log
            log.exception("writing a page failed")
            yield _with_problem(latest, words.say(words.SHARED["broken"], tongue), None)

    return shown


def _seed(typed: str) -> int | None:
    """The seed someone typed; None where there is none."""
    if not typed.strip():
        return None
    try:
        return int(typed)
    except ValueError:
        message = f"seed = {typed[:40]}: give a whole number of at least 0, or leave it empty."
        raise UserError(message, field="seed") from None


def _with_problem(page: Page, message: str, field: str | None) -> Page:
    state = "stopped" if page.get("state") == "writing" else page.get("state")
    return page | {"state": state, "problem": {"message": message, "field": field}}


def _look(house: House) -> Callable[[dict[str, Any], gr.Request], dict[str, Any]]:
    def look(asked: dict[str, Any], request: gr.Request) -> dict[str, Any]:
        """What may come next, for the panel; called from `likely.js`."""
        try:
            return outlook(find(house, asked["checkpoint"]).open(), clean(asked["text"]))
        except UserError as error:
            message = words.problem(error.message, words.language(request))
            return {"problem": {"message": message, "field": error.field}}

    return look


def _suggest(house: House) -> Callable[[str | None, str, str], tuple[str, str]]:
    def suggest(checkpoint: str | None, prefix: str, suggested: str) -> tuple[str, str]:
        """The chosen model's own prefix, unless the visitor has written one."""
        suggestion = _suggestion(house, checkpoint)
        return (suggestion if prefix in ("", suggested) else prefix), suggestion

    return suggest


def _suggestion(house: House, key: str | None) -> str:
    """A prefix that suits this model: the first of those it was shown with, or none."""
    if key is None:
        return ""
    try:
        prefixes = find(house, key).open().about.get("prefixes")
    except UserError:
        return ""
    return clean(prefixes[0]) if isinstance(prefixes, list) and prefixes else ""


def _choices(house: House, runs: Sequence[str]) -> list[tuple[str, str]]:
    """Label and key of every model on offer; a damaged one is left out."""
    choices = []
    for model in offered(house, runs):
        try:
            choices.append((_label(model), model.key))
        except UserError as error:
            log.warning("%s is not offered: %s", model.directory, error.message)
    return choices


def _label(model: Model) -> str:
    known = describe(model)
    parts = [known["title"], known["model"]]
    if known["perplexity"] is not None:
        parts.append(f"perplexity {known['perplexity']:.3g}")
    if model.run:
        parts.append(f"run {model.key[:4]}…")
    return " · ".join(parts)
