"""Follow a run's events, from any process, until it has ended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from ..training import Event
from .end_reasons import EndReason
from .run import Run

_POLL_SECONDS = 0.05


async def follow(run: Run) -> AsyncIterator[Event]:
    """Yield all events of a run so far, then new ones as they are written, until it has ended."""
    offset = 0
    while True:
        is_active = run.is_active  # read before the events, so that none is missed
        events, offset = run.read_events(offset)
        for event in events:
            yield event
        if not is_active and not events:
            if run.has_ended:
                return
            try:  # it was killed together with its app
                await asyncio.to_thread(run.record_missing_end)
            except OSError:
                yield run.make_end_event(EndReason.CRASHED)
                return
        await asyncio.sleep(_POLL_SECONDS if is_active else 0)
