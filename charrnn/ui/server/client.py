"""Client of a request: its id, and whether it is still connected.

Gradio cancels an event when its page closes or cancels it, if the event is a coroutine. It does not
cancel a component's server function, an event without a queue, or a thread: those ask here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import gradio as gr
from fastapi import Request
from gradio.context import LocalContext

from .client_id import event_request

IsGone = Callable[[], Awaitable[bool]]


async def _never() -> bool:
    return False


def _nothing_unread() -> bool:
    return False


@dataclass(frozen=True)
class Client:
    """The sender of a request.

    `id` is the client id. `is_gone` returns whether the client has disconnected. `has_unread`
    returns whether messages of its session wait to be collected.
    """

    id: str = ""
    is_gone: IsGone = _never
    has_unread: Callable[[], bool] = _nothing_unread


def connection_check(request: gr.Request | Request | None) -> IsGone:
    """Return a function that returns whether the client of the current event has disconnected."""
    event_id, blocks = LocalContext.event_id.get(None), LocalContext.blocks.get(None)
    if event_id is not None and blocks is not None:
        event = blocks._queue.event_ids_to_events.get(event_id)

        async def stream_closed() -> bool:
            return event is None or not event.alive

        return stream_closed
    request = event_request(request)
    if request is None or request.request is None:
        return _never
    return request.request.is_disconnected


def unread_check() -> Callable[[], bool]:
    """Return a function that returns whether messages wait for the client of the current event.

    Any thread may call it.
    """
    event_id, blocks = LocalContext.event_id.get(None), LocalContext.blocks.get(None)
    if event_id is None or blocks is None:
        return _nothing_unread
    queue = blocks._queue
    event = queue.event_ids_to_events.get(event_id)
    messages = queue.pending_messages_per_session.get(event.session_hash) if event else None
    return _nothing_unread if messages is None else lambda: not messages.empty()


class ClientGoneError(gr.Error):
    """The client disconnected: the result is not needed any more."""

    def __init__(self) -> None:
        super().__init__("The client has gone away.", print_exception=False)
