"""What a visitor may have under way and uncollected in the queue of events, and open as streams."""

import asyncio
import secrets
from contextlib import AsyncExitStack

import endpoints
import pytest
import visiting
from conftest import awaited
from gradio.server_messages import ProcessGeneratingMessage
from visiting import call, events, until, visitor

from charrnn.ui import build, launch_options
from charrnn.ui.operations import generation
from charrnn.ui.server import event_queue, open_streams
from charrnn.ui.server.per_user_limiter import MAX_SHARES_PER_ADDRESS

small, context, scoring = endpoints.small, endpoints.context, visiting.scoring
BUSY = "requests waiting"
SCORE = ("score", "small", "abc abc")


@pytest.fixture(scope="module")
def page(context):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(event_queue, "_SWEEP_SECONDS", 0.05)
        patch.setattr(event_queue, "IDLE_SECONDS", 0.0)
        page = build(context)
        page.launch(prevent_thread_lock=True, quiet=True, **launch_options(context))
        yield page
        page.close()


@pytest.fixture
def queue(page):
    """The page's queue, in which nothing is left of other tests."""
    awaited(asyncio.wait_for(until(lambda: not page._queue.event_ids_to_events), 60))
    return page._queue


def played(scene):
    return awaited(asyncio.wait_for(scene, 60))


async def post(http, endpoint, *data):
    """Ask for an event: its status, and its id or why it is refused."""
    answer = await http.post(f"gradio_api/call/{endpoint}", json={"data": data})
    return answer.status_code, answer.json().get("event_id") or answer.json()["detail"]


async def accepted(http, endpoint, *data):
    status, event_id = await post(http, endpoint, *data)
    assert status == 200, event_id
    return event_id


async def accepted_in_the_end(http, *data):
    while (answer := await post(http, *data))[0] != 200:
        assert answer[0] == 429
        await asyncio.sleep(0.02)


# Events under way


def test_a_user_has_so_many_events_under_way_and_the_others_have_theirs(
    page, queue, scoring, monkeypatch
):
    monkeypatch.setattr(event_queue, "MAX_EVENTS_PER_USER", 3)

    async def scene():
        async with (
            visitor(page.local_url, "127.0.0.2") as one,
            visitor(page.local_url, "127.0.0.2") as neighbor,
        ):
            for _ in range(3):
                await accepted(one, *SCORE)
            assert await post(one, "recipes") == (429, f"You already have 3 {BUSY}: try again "
                                                       "when one of them is done.")  # fmt: skip
            await accepted(neighbor, *SCORE)
            async with visitor(page.local_url, "127.0.0.1") as other:
                await accepted(other, *SCORE)
            scoring.end.set()
            await accepted_in_the_end(one, *SCORE)

    played(scene())


def test_browsers_without_number_have_no_more_events_than_an_address_has(
    page, queue, scoring, monkeypatch
):
    monkeypatch.setattr(event_queue, "MAX_EVENTS_PER_USER", 1)

    async def scene():
        async with AsyncExitStack() as stack:
            browsers = [
                await stack.enter_async_context(visitor(page.local_url, "127.0.0.2"))
                for _ in range(MAX_SHARES_PER_ADDRESS + 1)
            ]
            *answers, last = [await post(browser, *SCORE) for browser in browsers]
            assert [status for status, _ in answers] == [200] * MAX_SHARES_PER_ADDRESS
            assert last[0] == 429 and "users from your network" in last[1]

    played(scene())


def test_the_events_of_a_page_that_is_closed_count_no_longer(page, queue, scoring, monkeypatch):
    monkeypatch.setattr(event_queue, "MAX_EVENTS_PER_USER", 1)
    [score] = [e for e in page.config["dependencies"] if e["api_name"] == "score"]
    session = secrets.token_hex(5)
    asked = {"data": ["small", "abc"], "fn_index": score["id"], "session_hash": session}

    async def scene():
        async with visitor(page.local_url, "127.0.0.2") as http:
            assert (await http.post("gradio_api/queue/join", json=asked)).status_code == 200
            query = {"session_hash": session}
            async with http.stream("GET", "gradio_api/queue/data", params=query):
                await until(lambda: scoring.begun)
                assert (await http.post("gradio_api/queue/join", json=asked)).status_code == 429
            await accepted_in_the_end(http, "recipes")

    played(scene())


# Streams


def test_a_user_has_so_many_streams_and_the_others_have_theirs(page, queue, scoring, monkeypatch):
    monkeypatch.setattr(open_streams, "MAX_STREAMS_PER_USER", 2)

    async def opened(stack, http):
        event_id = await accepted(http, *SCORE)
        stream = http.stream("GET", f"gradio_api/call/score/{event_id}")
        return await stack.enter_async_context(stream)

    async def scene():
        async with (
            visitor(page.local_url, "127.0.0.2") as one,
            visitor(page.local_url, "127.0.0.1") as other,
            AsyncExitStack() as stack,
        ):
            async with AsyncExitStack() as closing:
                assert (await opened(closing, one)).status_code == 200
                assert (await opened(stack, one)).status_code == 200
                refused = await opened(stack, one)
                assert refused.status_code == 429
                assert f"2 {BUSY}" in (await refused.aread()).decode()
                assert (await opened(stack, other)).status_code == 200
                assert (await one.get("config")).status_code == 200
            while (await opened(stack, one)).status_code != 200:  # one client has gone
                await asyncio.sleep(0.05)
            scoring.end.set()

    played(scene())


def test_streams_that_have_ended_do_not_count(page, queue, monkeypatch):
    monkeypatch.setattr(open_streams, "MAX_STREAMS_PER_USER", 1)

    async def scene():
        async with visitor(page.local_url, "127.0.0.2") as http:
            for _ in range(4):
                assert await call(http, "recipes")

    played(scene())


# What nobody collects


def test_what_has_been_collected_is_forgotten(page, queue):
    async def scene():
        async with visitor(page.local_url, "127.0.0.2") as http:
            event_id = await accepted(http, "recipes")
            assert event_id in queue.mailboxes
            assert [name async for name, _ in events(http, "recipes", event_id)] == ["complete"]
        await until(lambda: event_id not in queue.mailboxes)
        await until(lambda: event_id not in queue.pending_event_ids_session)

    played(scene())


def test_a_stream_that_waits_for_a_pages_next_event_stays_open(queue, monkeypatch):
    async def scene():
        box = queue.mailboxes["page"] = event_queue.Mailbox()
        reading = asyncio.create_task(box.get())
        await asyncio.sleep(0)
        await queue.sweep()
        assert "page" in queue.mailboxes
        reading.cancel()
        await asyncio.wait([reading])
        monkeypatch.setattr(event_queue, "IDLE_SECONDS", 30.0)
        await queue.sweep()  # between two reads of the stream
        assert "page" in queue.mailboxes
        await queue.sweep(idle_seconds=0.0)
        assert "page" not in queue.mailboxes

    played(scene())


def test_an_answer_waits_a_while_to_be_collected_and_then_goes(page, queue, monkeypatch):
    async def scene():
        async with visitor(page.local_url, "127.0.0.2") as http:
            event_id = await accepted(http, "recipes")
            await until(lambda: not queue.event_ids_to_events)
            await asyncio.sleep(0.2)  # several sweeps
            assert [name async for name, _ in events(http, "recipes", event_id)] == ["complete"]
            event_id = await accepted(http, "recipes")
            await until(lambda: not queue.event_ids_to_events)
            monkeypatch.setattr(event_queue, "COLLECT_SECONDS", 0.0)
            await until(lambda: not queue.mailboxes and not queue.pending_event_ids_session)

    played(scene())


def test_a_call_whose_results_are_not_collected_ends_after_a_while(
    page, queue, scoring, monkeypatch
):
    async def scene():
        async with visitor(page.local_url, "127.0.0.2") as http:
            await accepted(http, *SCORE)
            await until(lambda: scoring.begun)
            monkeypatch.setattr(event_queue, "COLLECT_SECONDS", 0.0)
            await until(lambda: not queue.event_ids_to_events)

    played(scene())


def test_a_user_with_many_uncollected_results_loses_the_oldest(page, queue, monkeypatch):
    monkeypatch.setattr(event_queue, "MAX_UNCOLLECTED_SESSIONS_PER_USER", 2)

    async def scene():
        async with (
            visitor(page.local_url, "127.0.0.2") as one,
            visitor(page.local_url, "127.0.0.1") as other,
        ):
            kept = await accepted(other, "recipes")
            mine = []
            for _ in range(5):
                mine.append(await accepted(one, "recipes"))
                await until(lambda: not queue.event_ids_to_events)
            assert set(queue.mailboxes) == {kept, *mine[-2:]}
            for caller, event_id in [(other, kept), (one, mine[-1])]:
                got = [name async for name, _ in events(caller, "recipes", event_id)]
                assert got == ["complete"]

    played(scene())


def test_a_session_in_use_outlives_any_number_of_later_calls(page, queue, scoring, monkeypatch):
    monkeypatch.setattr(queue.mailboxes, "max_size", 3)

    async def scene():
        async with (
            visitor(page.local_url, "127.0.0.2") as one,
            visitor(page.local_url, "127.0.0.1") as other,
        ):
            scored = asyncio.create_task(call(one, *SCORE))
            await until(lambda: scoring.begun)
            for _ in range(8):
                await call(other, "recipes")
            scoring.end.set()
            assert (await scored)["characters"]

    played(scene())


def test_an_uncollected_text_is_stored_once_and_not_at_every_length(page, queue, monkeypatch):
    monkeypatch.setattr(generation, "FRAME_SECONDS", 0.0)

    async def scene():
        async with visitor(page.local_url, "127.0.0.2") as http:
            event_id = await accepted(http, "generate", "small", "a", 2_000, "greedy", 1.0, None)
            await until(lambda: not queue.event_ids_to_events)
            box = queue.mailboxes[event_id]
            waiting = [box.get_nowait() for _ in range(box.qsize())]
            assert sum(isinstance(one, ProcessGeneratingMessage) for one in waiting) <= 2
            assert len(waiting[-1].output["data"][0]) == 2_001

    played(scene())
