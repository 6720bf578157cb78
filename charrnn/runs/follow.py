"""Follow a run's events, from any process, until it has ended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from ..training import Event
from .end_reasons import EndReason
from .run import Run

_POLL = 0.05  # seconds between looks at a live run's events


async def follow(run: Run) -> AsyncIterator[Event]:
    """Yield all events of a run so far, then new ones as they are written, until it has ended."""
    offset = 0
    while True:
        live = run.is_active  # looked at first, so that no event can slip between the two
        events, offset = run.read_events(offset)
        for event in events:
            yield event
        if not live and not events:
            if run.has_ended:
                return
            try:  # it was killed, and nobody is there to say so
                await asyncio.to_thread(run.record_crash)
            except OSError:
                yield run.make_end_event(EndReason.CRASHED)
                return
        await asyncio.sleep(_POLL if live else 0)
