"""Follow a run's events, from any process, until it has ended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from ..training import Event
from .end_reasons import EndReason
from .run import Run

_POLL_SECONDS = 0.05


async def follow(run: Run, after: int = 0) -> AsyncIterator[Event]:
    """Yield the events of a run so far, then new ones as they are written, until it has ended.

    The first `after` events of the run are left out.
    """
    offset, left_out = 0, after
    while True:
        is_active = run.is_active  # read before the events, so that none is missed
        if offset:
            events, offset = run.read_events(offset)
        else:  # the log may be long
            events, offset = await asyncio.to_thread(run.read_events)
        for event in events[left_out:]:
            yield event
        left_out = max(0, left_out - len(events))
        if not is_active and not events:
            if run.has_ended:
                return
            try:  # it was killed together with its app
                await asyncio.to_thread(run.record_missing_end)
            except OSError:
                yield run.make_end_event(EndReason.CRASHED)
                return
        await asyncio.sleep(_POLL_SECONDS if is_active else 0)
