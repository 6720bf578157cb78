"""Texts that the Inspect tab waits for: how far they are, and that an older one stops."""

import asyncio
import threading

import pytest
from conftest import awaited, small_model
from launching import app_context

from charrnn.checkpoint import Checkpoint, save
from charrnn.inspection import inspect
from charrnn.text import datasets
from charrnn.ui.inspect import reach
from charrnn.ui.inspect.requests import InspectTab
from charrnn.ui.inspect.server_functions import read_text, reading_progress, stop_reading
from charrnn.ui.services.page_jobs import PageJobs
from charrnn.utils.yield_points import yield_point
from charrnn.vocabulary import Vocabulary


@pytest.fixture
def tab(tmp_path):
    vocabulary = Vocabulary.from_text(datasets.load("tide-clock").text)
    model = Checkpoint(small_model(vocabulary_size=len(vocabulary)), vocabulary)
    save(model, tmp_path / "shelf" / "tide-clock")
    with app_context(tmp_path) as context:
        yield InspectTab(context)


@pytest.fixture
def slow_reading(monkeypatch):
    """Makes the reading of a text that begins with "slow" wait at its half until it is stopped."""
    half, ended = threading.Event(), threading.Event()

    def read_slowly(checkpoint, text, *, on_progress, **options):
        if text.startswith("slow"):
            on_progress(0.5)
            half.set()
            try:
                while True:
                    yield_point()
                    ended.wait(0.01)
            finally:
                ended.set()
        return inspect(checkpoint, text, on_progress=on_progress, **options)

    monkeypatch.setattr("charrnn.ui.inspect.text_reader.inspect", read_slowly)
    return half, ended


def query(text, job="job"):
    return {"checkpoint": "tide-clock", "source": "own", "text": text, "job": job}


async def begin(tab, half):
    slow = asyncio.create_task(read_text(tab, query("slow text"), None))
    assert await asyncio.to_thread(half.wait, 30)
    return slow


def test_a_newer_reading_of_the_page_stops_the_older_one(tab, slow_reading):
    half, ended = slow_reading

    async def both():
        slow = await begin(tab, half)
        assert await reading_progress(tab, {"job": "job"}, None) == {"share": 0.5}
        assert await reading_progress(tab, {"job": "another"}, None) == {"share": None}
        quick = await read_text(tab, query("quick text"), None)
        return await slow, quick

    stopped, answer = awaited(both())
    assert stopped == {}
    assert answer["text"] == "quick text"
    assert ended.wait(90), "it went on computing"
    assert awaited(reading_progress(tab, {"job": "job"}, None)) == {"share": None}


def test_a_reading_that_nobody_waits_for_stops(tab, slow_reading):
    half, ended = slow_reading

    async def stopped():
        slow = await begin(tab, half)
        await stop_reading(tab, {"job": "another"}, None)
        assert not slow.done()
        await stop_reading(tab, {"job": "job"}, None)
        return await slow

    assert awaited(stopped()) == {}
    assert ended.wait(90)


def test_a_measurement_that_nobody_waits_for_stops(tab, monkeypatch):
    begun, ended = threading.Event(), threading.Event()

    def measure(*args, **options):
        begun.set()
        try:
            while True:
                yield_point()
                ended.wait(0.01)
        finally:
            ended.set()

    monkeypatch.setattr(reach, "model_norms", measure)

    async def stopped():
        reading = (await read_text(tab, query("The tide clock stood."), None))["reading"]
        asked = {"checkpoint": "tide-clock", "reading": reading, "job": "reach", "steps": 9}
        measuring = asyncio.create_task(reach.gradient_norms(tab, asked, None))
        assert await asyncio.to_thread(begun.wait, 30)
        await stop_reading(tab, {"job": "reach"}, None)
        return await measuring

    assert awaited(stopped()) == {}
    assert ended.wait(90)


def test_jobs_are_those_of_one_client():
    jobs = PageJobs()
    with jobs.start("one", "job") as job:
        job.note(0.25)
        jobs.stop("another", "job")
        assert (jobs.share("one", "job"), jobs.share("another", "job")) == (0.25, None)
        with jobs.start("one", "job") as newer:
            assert job.is_stopped and not newer.is_stopped
        assert jobs.share("one", "job") is None
    for no_name in (["no name"], "x" * 65):
        with jobs.start("one", no_name):
            assert jobs.share("one", no_name) is None


def test_the_progress_of_an_inspection_ends_at_one(checkpoint):
    shares = []
    inspect(checkpoint, "abc" * 400, on_progress=shares.append)
    assert shares == sorted(shares) and len(shares) > 1
    assert shares[-1] == 1
