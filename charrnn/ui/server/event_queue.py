"""Gradio's event queue with a limit per user.

Gradio passes events on in the order in which they arrive, and stores their results by session until
a stream collects them. It stores 2,000 sessions and then drops the oldest, in use or not. Here each
user may have a limited number of pending events. Results are dropped if they are not collected for
long, or if their user leaves too many of them; and an empty mailbox is dropped before a full one,
so that no session in use is lost.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import gradio as gr
from fastapi import Request
from gradio.data_classes import PredictBodyInternal
from gradio.queueing import Queue
from gradio.routes import App
from gradio.server_messages import EventMessage
from gradio.utils import LRUCache

from ...runs.limits import address_of
from .per_user_limiter import MAX_SHARES_PER_ADDRESS, check_share

MAX_EVENTS_PER_USER = 100  # running and waiting
MAX_UNCOLLECTED_SESSIONS_PER_USER = 100  # with messages that no stream has collected
COLLECT_SECONDS = 600.0  # after which uncollected messages are dropped
IDLE_SECONDS = 30.0  # after which an empty mailbox is dropped; a stream reads every 10 s
_SWEEP_SECONDS = 15.0
# Gradio looks a thousand times a second whether there is an event to start, and a hundred times
# whether one has progress of Gradio's kind to show: together a twelfth of a core in an idle app.
_EVENT_POLL_SECONDS = 0.01
_PROGRESS_POLL_SECONDS = 0.25  # nothing here uses that kind of progress


class Mailbox(asyncio.Queue[EventMessage]):
    """The messages of a session that its stream has not collected yet.

    `user` is the client id of the session's latest event. `since` is the time at which the oldest
    message arrived or the previous one was collected. `readers` is the number of streams that wait
    for a message now; `read` is the time at which the last one stopped waiting.
    """

    def __init__(self) -> None:
        super().__init__()
        self.user = ""
        self.since = self.read = time.monotonic()
        self.readers = 0

    async def get(self) -> EventMessage:
        """Wait for the next message."""
        self.readers += 1
        try:
            return await super().get()
        finally:
            self.readers -= 1
            self.read = time.monotonic()

    def _put(self, item: EventMessage) -> None:
        if self.empty():
            self.since = time.monotonic()
        super()._put(item)

    def _get(self) -> EventMessage:
        self.since = time.monotonic()
        return super()._get()


class Mailboxes(LRUCache[str, asyncio.Queue[EventMessage]]):
    """The mailboxes by session, limited to the most recent ones.

    Gradio deletes the mailbox of a stream that breaks off, which may have been dropped before.
    """

    def __setitem__(self, session: str, value: asyncio.Queue[EventMessage]) -> None:
        super().__setitem__(session, value if isinstance(value, Mailbox) else Mailbox())

    def __delitem__(self, session: str) -> None:
        if session in self:
            super().__delitem__(session)

    def all(self) -> Iterator[tuple[str, Mailbox]]:
        """Iterate over the sessions and their mailboxes as they are now."""
        yield from [(session, box) for session, box in self.items() if isinstance(box, Mailbox)]


class EventQueue(Queue):
    """The event queue of a page, with a limit per user.

    `client_id` returns the client id of a request.
    """

    def __init__(self, page: gr.Blocks, client_id: Callable[[Request], str], max_size: int) -> None:
        super().__init__(
            live_updates=True,
            concurrency_count=page.max_threads,
            update_intervals=1,
            max_size=max_size,
            blocks=page,
            default_concurrency_limit=None,
        )
        self._client_id = client_id
        # Gradio summarizes these records after each event, for a page that is closed (`routes`).
        self.ANALYTICS_MAX_EVENTS = 1
        self.sleep_when_free = _EVENT_POLL_SECONDS
        self.progress_update_sleep_when_free = _PROGRESS_POLL_SECONDS
        self.mailboxes = Mailboxes(self.pending_messages_per_session.max_size)
        self.pending_messages_per_session = self.mailboxes

    async def push(self, body: PredictBodyInternal, request: Request, username: str | None) -> Any:
        """Queue an event, as Gradio's queue does. Raises BusyUserError if the user has too many."""
        user = self._client_id(request)
        check_share(self._events_by_user(), user, MAX_EVENTS_PER_USER)
        if len(self.mailboxes) >= self.mailboxes.max_size:
            await self.sweep(idle_seconds=0.0)
        request.state.client_id = user
        pushed = await super().push(body, request, username)
        if isinstance(box := self.mailboxes.get(str(body.session_hash)), Mailbox):
            box.user = user
        await self._drop_surplus(user)
        return pushed

    async def sweep(self, idle_seconds: float | None = None) -> None:
        """Drop idle mailboxes, and messages that are not collected for long.

        A mailbox is idle if it has been empty and without a stream for `idle_seconds`
        (`IDLE_SECONDS`). A stream may stay open while its page has no pending events, and ends with
        its mailbox.
        """
        idle = time.monotonic() - (IDLE_SECONDS if idle_seconds is None else idle_seconds)
        active = {event.session_hash for event in self.event_ids_to_events.values()}
        pending = self.pending_event_ids_session
        late = time.monotonic() - COLLECT_SECONDS
        dropped = []
        for session, box in self.mailboxes.all():
            if box.empty() and session not in active and not pending.get(session):
                if not box.readers and box.read <= idle:
                    del self.mailboxes[session]
            elif box.since < late and not (box.empty() and session in active):
                dropped.append(session)
        for session in pending.keys() - self.mailboxes.keys() - active:
            del pending[session]
        for session in dropped:
            await self._drop(session)

    def _events_by_user(self) -> Counter[str]:
        events = self.event_ids_to_events.values()
        return Counter(event.request.state.client_id for event in events)

    async def _drop_surplus(self, user: str) -> None:
        """Drop the oldest mailboxes beyond the limits of a user and of its network address."""
        address = address_of(user)
        boxes = self.mailboxes.all()
        full = [(box.since, session, box.user) for session, box in boxes if not box.empty()]
        full = [one for one in full if address_of(one[2]) == address]
        own = [one for one in full if one[2] == user]
        for share, most in (
            (own, MAX_UNCOLLECTED_SESSIONS_PER_USER),
            (full, MAX_SHARES_PER_ADDRESS * MAX_UNCOLLECTED_SESSIONS_PER_USER),
        ):
            for _, session, _ in sorted(share)[:-most]:
                await self._drop(session)

    async def _drop(self, session: str) -> None:
        """Drop a session's messages, and cancel its pending events."""
        del self.mailboxes[session]
        self.pending_event_ids_session.pop(session, None)
        await self.clean_events(session_hash=session)


@asynccontextmanager
async def sweeping_mailboxes(app: App) -> AsyncIterator[None]:
    """Sweep the mailboxes of an app regularly while it runs: a `lifespan`."""

    async def sweep() -> None:
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            if isinstance(queue := app.get_blocks()._queue, EventQueue):
                await queue.sweep()

    task = asyncio.create_task(sweep())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
