"""Visitors who call the app over plain HTTP, each from an address or a browser of its own.

A test module takes the fixture by assignment, `scoring = visiting.scoring`.
"""

import asyncio
import json
import threading
from contextlib import asynccontextmanager
from types import SimpleNamespace

import httpx
import pytest

from charrnn.ui.operations import generation
from charrnn.utils.yield_points import yield_point


@pytest.fixture
def scoring(monkeypatch):
    """Scoring that takes until the test lets it end: what has `begun`, and `end`."""
    begun, end, real = [], threading.Event(), generation.score_text

    def score(checkpoint, text):
        begun.append(text)
        while not end.wait(0.01):
            yield_point()
        return real(checkpoint, text)

    monkeypatch.setattr(generation, "score_text", score)
    yield SimpleNamespace(begun=begun, end=end)
    end.set()


@asynccontextmanager
async def visitor(url, address, *, cookie=True):
    """A visitor's HTTP client at an address of this machine, with a cookie or as a program."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
    transport = httpx.AsyncHTTPTransport(local_address=address, limits=limits)
    async with httpx.AsyncClient(base_url=url, transport=transport, timeout=120) as http:
        if cookie:
            assert (await http.get("/")).headers["set-cookie"]
        yield http


async def call(http, endpoint, *data):
    """Call an endpoint and return its last value; raises PermissionError with a refusal."""
    joined = await http.post(f"gradio_api/call/{endpoint}", json={"data": data})
    if joined.status_code != 200:
        raise PermissionError(joined.status_code, joined.json()["detail"])
    stream = events(http, endpoint, joined.json()["event_id"])
    name, value = [event async for event in stream][-1]
    if name == "error":
        raise PermissionError(200, value["error"])
    return value[0]


async def events(http, endpoint, event_id):
    """The events of a call by name, as they come."""
    async with http.stream("GET", f"gradio_api/call/{endpoint}/{event_id}") as stream:
        if stream.status_code != 200:
            await stream.aread()
            raise PermissionError(stream.status_code, stream.json()["detail"])
        name = None
        async for line in stream.aiter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: ") and name != "heartbeat":
                yield name, json.loads(line.removeprefix("data: "))


async def until(condition):
    """Wait until a condition holds; the test's own limit ends it if it never does."""
    while not condition():
        await asyncio.sleep(0.01)
