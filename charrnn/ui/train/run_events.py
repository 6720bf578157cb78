"""The events of a run: start, resume, stop, sample, and show it again when the page loads.

Runs are trained by worker processes (`charrnn.runs`). An event here only starts or stops a run; the
card then follows it by itself (`feed.js`), and turns its buttons on and off (`buttons.js`). The
browser keeps the run's id, from which everything on the card can be computed: a run is shown again
after a reload, or in another tab by `?run=<id>`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import gradio as gr

from ...errors import UserError
from ...runs.view_ids import RunAccess, view_id
from ...text import datasets
from ...utils.yield_points import yield_point
from .. import i18n
from ..page.browser_state import NEW_RUN_JS, PENDING_RUN_JS, own_run_ids, pending_run_id
from ..page.contract import CONTRACT
from ..page.event_options import UNLIMITED, UNQUEUED
from ..page.modules import call
from ..run_card.example_run import example_run
from ..run_card.feed import POLL_SECONDS, RunFeeds
from ..run_card.view_model import RunViewModel
from ..server.client import Client
from ..services.context import AppContext
from .form import Form, internal_error
from .form_events import with_start
from .request import TrainRequest
from .start_model import with_proposed_start
from .summary import format_bytes

log = logging.getLogger(__name__)

Frame = dict[Any, Any]
Frames = AsyncIterator[Frame]


@dataclass(frozen=True)
class RunControls:
    """The right column: the card and the buttons for its run."""

    card: gr.HTML
    stop: gr.Button
    sample: gr.Button
    resume: gr.Button
    push: gr.Button
    generate: gr.Button
    run_id: gr.BrowserState
    browser_runs: gr.JSON  # the browser's run ids, set by JavaScript (see browser_state.py)


def wire_run(context: AppContext, feeds: RunFeeds, form: Form, controls: RunControls) -> None:
    """Let the form start runs and the buttons of the card control them; restore the card."""
    events = _RunEvents(context, feeds, form, controls)
    outputs = [controls.card, controls.run_id, *form.problems]
    accordions = list(dict.fromkeys(form.custom.accordions.values()))
    inputs = [controls.run_id, *form.inputs, controls.browser_runs]
    form.go.click(events.start, inputs, [*outputs, *accordions], js=NEW_RUN_JS, **UNLIMITED)
    controls.resume.click(events.resume, controls.run_id, outputs, **UNLIMITED)
    controls.stop.click(events.stop, controls.run_id, None, **UNQUEUED)
    controls.sample.click(events.sample, controls.run_id, None, **UNQUEUED)
    controls.push.click(None, js=call("pushShownModel"), api_visibility="private")
    # The buttons and the run id that run_card.js updates, by their names there.
    updated = {name: getattr(controls, name, form.go) for name in CONTRACT["buttons"]}
    updated["run"] = controls.run_id
    controls.card.update_buttons(
        None,
        None,
        [*updated.values()],
        js=call("updatesOfButtons", [*updated]),
        api_visibility="private",
    )

    page = gr.context.Context.root_block
    assert page is not None
    inputs = [controls.run_id, controls.browser_runs]
    finding = page.load(events.restore, inputs, controls.card, js=PENDING_RUN_JS, **UNLIMITED)
    finding.failure(None, js=call("noteNotRestored"), api_visibility="private")


@dataclass(frozen=True)
class _RunEvents:
    """What the server does for the button of the form, those of the card, and a page that loads."""

    context: AppContext
    feeds: RunFeeds
    form: Form
    controls: RunControls

    async def start(self, request: gr.Request, run_id: str | None, *inputs: Any) -> Frames:
        """Start a run of what the form contains; show it, or the text being downloaded for it."""
        *values, browser_runs = inputs
        context, locale = self.context, i18n.locale_of(request)
        train_request = self.form.train_request(values, context.limits)
        client_id = context.client_id(request)

        async def frames() -> Frames:
            # The button stays on until the card has changed, since it has the keyboard's focus; its
            # event handles no second press before the first one's is over.
            yield self.form.show_problems([], locale)
            found = await with_start(context, train_request, Client(client_id), request)
            async for view in _download_text(context, Client(client_id), found):
                yield {self.controls.card: view.value()}
            # The run starts even if the connection breaks now: the browser knows its id.
            run = await context.limiters.planning.run(
                Client(client_id),
                lambda: context.runs.start(
                    with_proposed_start(context, found).resolved().plan(),
                    client_id,
                    pending_run_id(browser_runs),
                ),
            )
            card = await self.feeds.feed_of(RunAccess(run, run.id)).value()
            yield {self.controls.run_id: run.id, self.controls.card: card}

        async for frame in self._guarded(frames, run_id, locale, train_request):
            yield frame

    async def resume(self, run_id: str | None, request: gr.Request) -> Frames:
        """Queue a run that has ended again, and show it."""

        async def frames() -> Frames:
            client_id = self.context.client_id(request)
            act = partial(self.context.runs.resume, str(run_id), client_id)
            run = await self.context.limiters.planning.run(Client(client_id), act)
            yield {self.controls.card: await self.feeds.feed_of(RunAccess(run, run.id)).value()}

        async for frame in self._guarded(frames, run_id, i18n.locale_of(request)):
            yield frame

    def stop(self, run_id: str | None) -> None:
        """Stop a run and keep its model."""
        if run_id:
            self.context.runs.find(run_id).stop()

    def sample(self, run_id: str | None) -> None:
        """Let a run write a sample now."""
        if run_id:
            self.context.runs.find(run_id).sample()

    async def restore(
        self, run_id: str | None, browser_runs: object, request: gr.Request
    ) -> dict[str, Any]:
        """Return the card to show when the page loads.

        It is the run that the address names, or else this browser's last one, also if its start was
        not confirmed. A link to a run of this browser shows it with its controls.
        """
        named, locale = request.query_params.get("run"), i18n.locale_of(request)
        own = {view_id(key): key for key in filter(None, (run_id, *own_run_ids(browser_runs)))}
        named = own.get(named or "", named)
        if named and _find_run(self.context, named) is None:
            view, _ = example_run(self.context, locale)
            view.missing = True
            return view.value()
        pending = pending_run_id(browser_runs)
        last = pending if _find_run(self.context, pending) else run_id
        return await self._card_of(named or last, locale)

    async def _guarded(
        self,
        frames: Callable[[], Frames],
        run_id: str | None,
        locale: str,
        train_request: TrainRequest | None = None,
    ) -> Frames:
        """Yield the frames; show an error beside its field, and keep what was typed."""
        try:
            async for frame in frames():
                yield frame
        except UserError as error:
            if error.__cause__ is not None:  # details for the log, such as a resolver's message
                log.warning("%s", error.message)
            updates = (
                self.form.show_refusal(error, locale, train_request)
                if train_request
                else self.form.show_problems([error], locale)
            )
            yield updates | {self.controls.card: await self._card_of(run_id, locale)}
        except Exception:
            log.exception("a run could not be started or followed")
            yield self.form.show_problems([internal_error()], locale) | {
                self.controls.card: await self._card_of(run_id, locale)
            }

    async def _card_of(self, key: str | None, locale: str) -> dict[str, Any]:
        """Return the card of the run with this id or view id, or else an example."""
        access = _find_run(self.context, key)
        if access is None:
            return example_run(self.context, locale)[0].value()
        return await self.feeds.feed_of(access).value()


async def _download_text(
    context: AppContext, client: Client, train_request: TrainRequest
) -> AsyncIterator[RunViewModel]:
    """Download the text if it is not on this machine; yield views that show the progress."""
    if train_request.is_local():
        return
    view = RunViewModel(title=datasets.find_dataset(train_request.corpus).title)
    view.state = "downloading"

    def progress(done: int, whole: int | None) -> None:
        yield_point()
        view.fetched = (
            f"{format_bytes(done)} / {format_bytes(whole)}" if whole else format_bytes(done)
        )

    downloading = asyncio.create_task(
        context.limiters.fetching.run(client, lambda: train_request.load_text(progress))
    )
    try:
        while not (await asyncio.wait({downloading}, timeout=POLL_SECONDS))[0]:
            yield view
        downloading.result()
    finally:
        downloading.cancel()


def _find_run(context: AppContext, key: str | None) -> RunAccess | None:
    """Find a run; None if it was deleted, as runs are when a server without a disk restarts."""
    try:
        return context.find_run(key or "")
    except UserError:
        return None
