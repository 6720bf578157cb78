"""How often Gradio's queue looks for something to do while nothing is asked of the app."""

from types import SimpleNamespace

import pytest
from conftest import awaited
from gradio import queueing

from charrnn.ui.server.event_queue import EventQueue


@pytest.mark.parametrize(
    ("loop", "least_seconds"), [("start_processing", 0.01), ("start_progress_updates", 0.1)]
)
def test_an_idle_queue_rests_between_its_looks_for_work(monkeypatch, loop, least_seconds):
    rests = []

    async def sleep(seconds):
        rests.append(seconds)
        queue.stopped = len(rests) == 3

    monkeypatch.setattr(queueing, "asyncio", SimpleNamespace(sleep=sleep))
    queue = EventQueue(SimpleNamespace(max_threads=1), lambda request: "ada", max_size=1)
    queue.active_jobs = [None]
    awaited(getattr(queue, loop)())
    assert len(rests) == 3 and min(rests) >= least_seconds
