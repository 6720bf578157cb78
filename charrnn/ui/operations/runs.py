"""The operations of the public API on a run that has been started: watch, follow, status, stop.

A run is given by its id, which only the client that started it knows. A view id, which is in links,
is refused: it shows the run on the page, and nothing more.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable

from ...errors import UserError
from ...runs.follow import follow as events_of
from ...runs.run import Run
from ...runs.view_ids import is_view_id
from ...training import Event
from ...utils import validation
from ..services.context import AppContext
from ..services.run_status import RunStatus, RunStatusReader
from . import Caller

MAX_WAIT_SECONDS = 60.0
_QUEUE_POLL_SECONDS = 0.2
_STATUS_POLL_SECONDS = 0.25
_STOP_WAIT_SECONDS = 5.0  # a run stops within one step, and then saves its model

Notify = Callable[[str], Awaitable[None]]


async def watch(
    context: AppContext, run: Run, notify: Notify, after: int = 0
) -> AsyncIterator[Event]:
    """Yield the events of a run, without its first `after`, and without paths of this machine.

    While the run is queued, `notify` gets sentences about its place in the queue. These are no
    events, since the events of a run are the same for everyone who follows it.
    """
    last_notified: object = None
    while (position := await asyncio.to_thread(context.runs.queue_position, run.id))[0]:
        place, wait = position
        if (place, wait is None) != last_notified:
            last_notified = (place, wait is None)
            when = "wait unknown" if wait is None else f"about {wait:.0f} s to wait"
            await notify(f"Place {place} in the queue: {when}.")
        await asyncio.sleep(_QUEUE_POLL_SECONDS)
    async for event in events_of(run, after):
        yield _without_paths(event, run.id)


async def follow(
    context: AppContext, caller: Caller, run: object, after: object, notify: Notify
) -> AsyncIterator[Event]:
    """Yield the events of a run from number `after` on, as `watch` does, until it has ended.

    Events are numbered from 0, so `after` is the number of events that the caller has. Raises
    UserError if there is no such run, and for a run that has ended without such events.
    """
    found = find_run(context, run)
    number, any_sent = _checked_after(after), False
    async with context.limiters.following.slot(caller.client):
        async for event in watch(context, found, notify, number):
            any_sent = True
            yield event
    if not any_sent:  # Gradio would send null instead of no event
        raise UserError("This run has ended, and you have all of its events.", field="after")


def stop(context: AppContext, run: object) -> str:
    """Tell a run to stop, and return its state. Raises UserError if there is no such run."""
    found = find_run(context, run)
    found.stop()
    return found.state


async def status(
    context: AppContext,
    caller: Caller,
    run: object,
    wait_seconds: float = 0.0,
    after: object = None,
) -> RunStatus:
    """Return the status of a run, once there is news or `wait_seconds` are over.

    News is another state or place in the queue, a sample, or the end. What happened since event
    number `after` counts as news; None stands for the time of this call. Raises UserError if there
    is no such run.
    """
    reader = RunStatusReader(context.runs, find_run(context, run))
    known = None if after is None else _checked_after(after)
    before = await context.limiters.listing.run(caller.client, reader.read)  # a log may be long
    known = before.events if known is None else known
    until = time.monotonic() + min(wait_seconds, MAX_WAIT_SECONDS)
    if not before.is_active or reader.last_news >= known or time.monotonic() >= until:
        return before
    async with context.limiters.following.slot(caller.client):
        while True:
            await asyncio.sleep(_STATUS_POLL_SECONDS)
            now = await asyncio.to_thread(reader.read)
            moved = (now.state, now.place) != (before.state, before.place)
            if moved or reader.last_news >= known or time.monotonic() >= until:
                return now


async def stop_and_wait(context: AppContext, caller: Caller, run: object) -> RunStatus:
    """Stop a run, and return its status once it has stopped, or after a few seconds."""
    await asyncio.to_thread(stop, context, run)
    until = time.monotonic() + _STOP_WAIT_SECONDS
    while (now := await status(context, caller, run)).is_active and time.monotonic() < until:
        await asyncio.sleep(_STATUS_POLL_SECONDS)
    return now


def find_run(context: AppContext, run: object) -> Run:
    """Return the run with this id. Raises UserError if there is none, and for a view id."""
    key = validation.as_text(run, "run")
    if is_view_id(key):
        raise UserError(
            "This is the id of a link, which shows a run on the page. Give the run's own id: only "
            "the browser or program that started the run knows it.",
            field="run",
        )
    return context.runs.find(key)


def _checked_after(after: object) -> int:
    number = validation.as_int(after, "after")
    if number < 0:
        raise UserError(
            "after = {value}: give the number of events that you have, 0 or more.",
            value=number,
            field="after",
        )
    return number


def _without_paths(event: Event, run: str) -> Event:
    """Remove paths of this machine from an event; the checkpoint becomes the run's id.

    gradio_client would take an object with a `path` for a file, and try to download it.
    """
    if event["event"] == "checkpoint":
        return event | {"path": None}
    if event["event"] == "end" and event["checkpoint"] is not None:
        return event | {"checkpoint": run}
    return event
