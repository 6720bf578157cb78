"""One visitor floods the app with calls, and the others do not notice."""

import asyncio

import endpoints
import httpx
import pytest
import visiting
from conftest import awaited
from visiting import call, events, until, visitor

small, context, url = endpoints.small, endpoints.context, endpoints.url
scoring = visiting.scoring
FLOOD = 300
RUN = {"hidden_size": 8, "batch_size": 4, "steps": 8, "seconds": 60}


async def first_event(http, endpoint, *data):
    """The first value that an endpoint streams; its client goes away then."""
    joined = await http.post(f"gradio_api/call/{endpoint}", json={"data": data})
    assert joined.status_code == 200, joined.text
    name, value = await anext(events(http, endpoint, joined.json()["event_id"]))
    assert name == "generating", value
    return value[0]


async def use(http):
    """Do what a visitor does: load the page, begin a run, have a text written, stop the run."""
    for path in ("/", "/config"):
        assert (await http.get(path)).status_code == 200
    began = await first_event(http, "train", None, "abc " * 500, "custom", RUN, 0)
    assert began["event"] == "start"
    text = await call(http, "generate", "small", "ab", 20, "greedy", 1.0, None)
    assert len(text) == 22
    assert await call(http, "stop", began["run"]) in ("running", "stopping", "stopped")


@pytest.mark.parametrize(
    "flooder",
    [{"address": "127.0.0.2", "cookie": False}, {"address": "127.0.0.1", "cookie": True}],
    ids=["another address", "another browser"],
)
def test_a_flood_of_scores_keeps_nobody_waiting_but_its_sender(context, url, scoring, flooder):
    limit = context.limiters.scoring
    places = limit.per_user + limit.max_waiting_per_user

    async def story():
        async with visitor(url, **flooder) as sender, visitor(url, "127.0.0.1") as other:
            texts = [f"abc abc {i}" for i in range(FLOOD)]
            flood = [asyncio.create_task(call(sender, "score", "small", one)) for one in texts]
            await until(lambda: scoring.begun)
            await use(other)
            answered = [one for one in flood if one.done() and one.exception() is None]
            assert not answered, "the flood was over before the visitor was served"
            for path in ("/", "/config"):
                assert (await sender.get(path)).status_code == 200
            await until(lambda: sum(one.done() for one in flood) >= FLOOD - places)
            scoring.end.set()
            await asyncio.wait(flood)
            assert "a" in await call(sender, "generate", "small", "a", 5, "greedy", 1.0, None)
            return [one.exception() for one in flood]

    outcomes = awaited(asyncio.wait_for(story(), 240))
    assert outcomes.count(None) == places
    refused = [one for one in outcomes if isinstance(one, PermissionError)]
    assert refused and all("requests waiting" in one.args[1] for one in refused)
    # A sender who is slow to collect loses answers: a hundred are kept for each.
    dropped = [one for one in outcomes if isinstance(one, httpx.RemoteProtocolError)]
    assert places + len(refused) + len(dropped) == FLOOD
