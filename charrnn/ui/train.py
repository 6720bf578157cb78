"""The Train tab: choose a text and a recipe, press the button, watch the run.

Training lives in worker processes (`charrnn.runs`); the page only follows. Everything on the run
card can be told again from the run's id, which the browser keeps: after a reload, or from
another tab with `?run=<id>`, the same run is found and followed on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from .. import corpora
from ..errors import UserError
from ..recipes import RECIPES
from ..runs import Run
from . import words
from .card import ENDED, Story, run_card
from .earlier import first_story
from .form import Form, build_form
from .house import House
from .wish import OWN, TEXTBOOK, USUAL_ZH, Wish, size
from .words import key
from .words_train import TRAIN

log = logging.getLogger(__name__)

EVERY = 0.15  # seconds between two frames of the card

Frame = dict[Any, Any]
Frames = AsyncIterator[Frame]
_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
_AT_ONCE: dict[str, Any] = {**_QUIET, "queue": False}  # short: nobody should wait behind a run
_WATCHING: dict[str, Any] = {**_QUIET, "concurrency_limit": None}


@dataclass(frozen=True)
class TrainTab:
    """What other parts need: the button that carries a model over to the Generate tab, the key
    of the model it carries, and the id of the browser's own run (None before the first)."""

    generate_with: gr.Button
    model: gr.State
    run_id: gr.BrowserState


@dataclass(frozen=True)
class _Stage:
    """The right column: the card and what can be done with its run."""

    card: gr.HTML
    stop: gr.Button
    sample: gr.Button
    keep: gr.Button
    generate: gr.Button
    model: gr.State
    run_id: gr.BrowserState


def train_tab(house: House) -> TrainTab:
    """Build the tab inside the Blocks or the Tab that is open now."""
    first, first_model = first_story(house, "en")
    with gr.Row(elem_classes="house-columns train-columns"):
        with gr.Column(scale=1, min_width=340, elem_classes="train-side"):
            form = build_form()
        with gr.Column(scale=2, min_width=320, elem_classes="card"):
            card = run_card(first.value())
            with gr.Row(elem_classes="train-buttons"):
                stop = _button("stop")
                sample = _button("sample")
                keep = _button("keep", elem_classes="at-the-end")
                generate = _button("generate", variant="primary", on=bool(first_model))
    stage = _Stage(
        card, stop, sample, keep, generate,
        gr.State(first_model), gr.BrowserState(None, storage_key="charrnn", secret="charrnn"),
    )  # fmt: skip
    _wire_form(form)
    _wire_run(house, form, stage)
    return TrainTab(generate, stage.model, stage.run_id)


def _button(name: str, *, on: bool = False, **look: Any) -> gr.Button:
    return gr.Button(
        key(f"train-{name}"), size="sm", interactive=on, elem_id=f"train-{name}", **look
    )


def _wire_form(form: Form) -> None:
    """Every change of the form looks it over again: report, model, button, problems."""

    async def look(request: gr.Request, *values: Any) -> Frame:
        wish, tongue = form.wish(values), words.language(request)
        try:
            return await asyncio.to_thread(form.looked_over, wish, tongue)
        except Exception:
            log.exception("the form could not be looked over")
            return form.problem(_broken(tongue), tongue)

    async def suit_text(corpus: str, recipe: str, experiment: str) -> Any:
        """The text that an experiment was published with, unless it is one's own that is set."""
        if recipe != TEXTBOOK or corpus == OWN:
            return gr.skip()
        return RECIPES[experiment].corpus

    outputs = [
        form.own, form.experiment, form.custom.group, form.report, form.model, form.go,
        form.text_problem, form.settings_problem,
    ]  # fmt: skip
    gr.on(
        [box.change for box in form.inputs],
        look,
        form.inputs,
        outputs,
        trigger_mode="always_last",
        **_AT_ONCE,
    )
    gr.on(
        [form.recipe.input, form.experiment.input],
        suit_text,
        [form.corpus, form.recipe, form.experiment],
        form.corpus,
        **_AT_ONCE,
    )


def _wire_run(house: House, form: Form, stage: _Stage) -> None:
    outputs = [
        stage.card, stage.stop, stage.sample, stage.keep, stage.generate, stage.model,
        stage.run_id, form.go, form.text_problem, form.settings_problem,
    ]  # fmt: skip

    async def start(request: gr.Request, run_id: str | None, *values: Any) -> Frames:
        wish, tongue = form.wish(values), words.language(request)

        async def frames() -> Frames:
            # The button stays on while nothing else has happened: it has the keyboard's focus, and
            # a second press is not heard before this one's event is over.
            yield form.problem(None, tongue)
            told = _Fetching(wish)
            planning = asyncio.create_task(asyncio.to_thread(wish.plan, told.progress))
            while not (await asyncio.wait({planning}, timeout=EVERY))[0]:
                if told.story:
                    yield {stage.card: told.story.value(), form.go: gr.update(interactive=False)}
            run = await asyncio.to_thread(house.runs.start, planning.result())
            async for frame in _follow(house, form, stage, run, tongue):
                yield frame

        async for frame in _guarded(frames, form, stage, house, run_id, tongue):
            yield frame

    async def again(run_id: str | None, request: gr.Request) -> Frames:
        tongue = words.language(request)

        async def frames() -> Frames:
            run = await asyncio.to_thread(house.runs.keep_training, str(run_id))
            async for frame in _follow(house, form, stage, run, tongue):
                yield frame

        async for frame in _guarded(frames, form, stage, house, run_id, tongue):
            yield frame

    async def find_again(run_id: str | None, request: gr.Request) -> Frames:
        """On load: the run that the address names, or the one this browser had last."""
        named, tongue = request.query_params.get("run"), words.language(request)
        run = _find(house, named or run_id)
        if run is None:  # (a generator that yields nothing would empty its outputs)
            story, model = first_story(house, tongue)
            story.missing = bool(named)
            # Not the id: a click may have begun a run by now.
            yield {stage.card: story.value(), stage.model: model}
            return
        async for frame in _follow(house, form, stage, run, tongue):
            yield frame

    def stop(run_id: str | None) -> None:
        if run_id:
            house.runs.find(run_id).stop()

    def sample(run_id: str | None) -> None:
        if run_id:
            house.runs.find(run_id).sample()

    form.go.click(start, [stage.run_id, *form.inputs], outputs, **_WATCHING)
    stage.keep.click(again, stage.run_id, outputs, **_WATCHING)
    stage.stop.click(stop, stage.run_id, None, **_AT_ONCE)
    stage.sample.click(sample, stage.run_id, None, **_AT_ONCE)

    def usual_text(request: gr.Request) -> Any:
        """A Chinese visitor finds the Chinese text chosen."""
        return USUAL_ZH if words.language(request) == "zh" else gr.skip()

    context = gr.context.Context.root_block
    assert context is not None
    context.load(usual_text, None, form.corpus, **_QUIET)
    context.load(find_again, stage.run_id, outputs, **_WATCHING)


class _Fetching:
    """Tells how far a download is; nothing for a text that is here already."""

    def __init__(self, wish: Wish) -> None:
        self.story: Story | None = None
        if not wish.fetched():
            entry = corpora.find(wish.corpus)
            self.story = Story(title=entry.title)
            self.story.state = "downloading"

    def progress(self, done: int, whole: int | None) -> None:
        """Called by the download, from its thread."""
        if self.story:
            self.story.fetched = f"{size(done)} / {size(whole)}" if whole else size(done)


async def _guarded(
    frames: Callable[[], Frames],
    form: Form,
    stage: _Stage,
    house: House,
    run_id: str | None,
    tongue: str,
) -> Frames:
    """The frames, or what went wrong in words beside its field; what was typed stays."""
    try:
        async for frame in frames():
            yield frame
    except UserError as error:
        if error.__cause__ is not None:  # what people need not know, such as a resolver's words
            log.warning("%s", error.message)
        yield {**form.problem(error, tongue), **_settled(house, form, stage, run_id, tongue)}
    except Exception:
        log.exception("a run could not be started or followed")
        problem = form.problem(_broken(tongue), tongue)
        yield {**problem, **_settled(house, form, stage, run_id, tongue)}


def _broken(tongue: str) -> UserError:
    return UserError(words.say(words.SHARED["broken"], tongue), field="text")


def _settled(house: House, form: Form, stage: _Stage, run_id: str | None, tongue: str) -> Frame:
    """The page as it was: the browser's own last run on the card, or else an earlier one."""
    run = _find(house, run_id)
    if run is None:
        story, model = first_story(house, tongue)
        state = "idle"
    else:
        story, model, state = _story(run), run.id if run.checkpoint else None, run.state
        story.state = state
        for event in run.read_events()[0]:
            story.tell(event)
    return {
        stage.card: story.value(),
        form.go: gr.update(interactive=run is None or state in ENDED),
        stage.model: model,
        **_buttons(stage, state, model is not None, tongue),
    }


def _find(house: House, run_id: str | None) -> Run | None:
    """The run, if it is still there: runs do not outlive a server with no disk of its own."""
    try:
        return house.runs.find(run_id or "")
    except UserError:
        return None


async def _follow(house: House, form: Form, stage: _Stage, run: Run, tongue: str) -> Frames:
    """What the page shows of a run, from its first event until it has ended."""
    story = _story(run)
    yield {stage.run_id: run.id}
    offset, stood = 0, None
    while True:
        state, ahead = run.state, house.runs.queue_position(run.id)  # before the events
        events, offset = run.read_events(offset)
        for event in events:
            story.tell(event)
        story.state, story.ahead = state, ahead
        stands = (state, ahead, run.checkpoint is not None)
        frame: Frame = {}
        if events or stands != stood:
            frame[stage.card] = story.value()
        if stands != stood:
            stood = stands
            frame[form.go] = gr.update(interactive=story.state in ENDED)
            frame[stage.model] = run.id if run.checkpoint else None
            frame |= _buttons(stage, story.state, run.checkpoint is not None, tongue)
        if frame:
            yield frame
        if story.state in ENDED:
            return
        await asyncio.sleep(EVERY)


def _buttons(stage: _Stage, state: str, has_model: bool, tongue: str) -> Frame:
    """Each button on only where it makes sense; a run that waits has nothing to keep yet."""
    on = {
        stage.stop: state in ("queued", "running"),
        stage.sample: state == "running",
        stage.keep: state in ("finished", "stopped", "failed") and has_model,
        stage.generate: has_model,
    }
    frame: Frame = {button: gr.update(interactive=can) for button, can in on.items()}
    stop = words.say(TRAIN["train-cancel" if state == "queued" else "train-stop"], tongue)
    frame[stage.stop] = gr.update(value=stop, interactive=on[stage.stop])
    return frame


def _story(run: Run) -> Story:
    """The story of a run, before its first event."""
    return Story(run.id, title=str(run.request["corpus"]["name"]))
