"""What the app remembers of the pages that are open and of the files they send, which is little."""

import asyncio
import sys

import pytest
import serving
from conftest import awaited
from starlette.requests import Request

from charrnn.ui.server import upload_progress
from charrnn.ui.server.sessions import MAX_SESSIONS
from charrnn.ui.server.upload_progress import MAX_UPLOADS, UploadProgress

served, http = serving.served, serving.http


# Sessions


def validate(served, http, session, text, number=None):
    """Let the form be validated with this pasted text, as the page does; return the new values."""
    [event] = [e for e in served.page.config["dependencies"] if e["api_name"] == "validate"]
    components = {c["id"]: c["props"] for c in served.page.config["components"]}
    data = [components[i].get("value") for i in event["inputs"]]
    places = [components[i].get("elem_id") for i in event["inputs"]]
    data[places.index("train-paste")], data[places.index("train-corpus")] = text, "own"
    data[-1] = number
    asked = {"data": data, "fn_index": event["id"], "session_hash": session}
    got = http.post("gradio_api/run/predict", json=asked)
    assert got.status_code == 200
    return got.json()["data"]


def strings(value):
    """All strings in a value."""
    waiting, seen = [value], set()
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting.extend([*one, *one.values()])
        elif isinstance(one, list | tuple | set):
            waiting.extend(one)


def test_a_pasted_text_is_not_kept_with_its_session(served, http):
    validate(served, http, "paster", "a line of text\n" * 20_000)
    kept = served.app.state_holder.session_data["paster"]
    assert max(map(len, strings(kept.config_values)), default=0) < 10_000


def test_of_requests_that_overtake_each_other_only_the_newest_is_answered(served, http):
    first = validate(served, http, "hasty", "one of three. " * 20, number=1)
    assert "one of three" in str(first)
    third = validate(served, http, "hasty", "three of three. " * 20, number=3)
    assert "three of three" in str(third)
    second = validate(served, http, "hasty", "two of three. " * 20, number=2)
    assert "two of three" not in str(second), "what it says is out of date"
    assert all("value" not in update for update in second)
    other = validate(served, http, "calm", "another page. " * 20, number=1)
    assert "another page" in str(other)


@pytest.mark.parametrize("number", [None, "9", [1], {}, 1.5])
def test_a_request_without_a_number_is_answered(served, http, number):
    assert "some text" in str(validate(served, http, "old", "some text. " * 20, number=number))


def test_a_new_session_takes_little(served, http):
    cards = next(
        c for c in served.page.config["components"] if c["props"].get("elem_id") == "models"
    )
    asked = {"component_id": cards["id"], "fn_name": "list_cards", "data": None}
    for session in ("newcomer", "another"):
        got = http.post("gradio_api/component_server", json=asked | {"session_hash": session})
        assert got.status_code == 200
    kept = served.app.state_holder.session_data["newcomer"]
    size = sum(map(sys.getsizeof, strings(kept.config_values)))
    assert size < 1_000 and len(kept.config_values) < 10


def test_sessions_are_bounded_and_a_dropped_one_can_continue(served, http):
    sessions = served.app.state_holder
    validate(served, http, "early", "a text that is pasted")
    for i in range(MAX_SESSIONS + 1):
        sessions[f"later-{i}"]
    assert len(sessions.session_data) == MAX_SESSIONS and "early" not in sessions
    validate(served, http, "early", "a text that is pasted")


# How far uploads are


def asking(upload_id):
    query = f"upload_id={upload_id}".encode()
    return Request(
        {"type": "http", "method": "GET", "path": "/", "query_string": query, "headers": []}
    )


async def told(response):
    return "".join([part async for part in response.body_iterator])


def test_the_progress_of_an_upload_is_streamed_and_then_dropped():
    async def story():
        progress = UploadProgress()
        progress.track("a")
        following = await progress.follow(asking("a"))
        for size in (3, 4):
            progress.append("a", "one.txt", b"x" * size)
        progress.append("a", "two.txt", b"y")
        progress.set_done("a")
        return await told(following), progress._uploads

    said, kept = awaited(story())
    assert '"orig_name": "one.txt", "chunk_size": 7' in said
    assert '"orig_name": "two.txt", "chunk_size": 1' in said
    assert said.endswith('data: {"msg": "done"}\n\n')
    assert not kept


def test_an_upload_may_begin_after_the_request_for_its_progress():
    async def story():
        progress = UploadProgress()
        asked = asyncio.create_task(progress.follow(asking("a")))
        await asyncio.sleep(0)
        progress.track("a")
        progress.set_done("a")
        return await told(await asked)

    assert '"done"' in awaited(story())


@pytest.mark.parametrize("upload_id", ["a", "", "a" * 65, "a b", "a%0Ab"])
def test_an_unknown_upload_is_not_stored(monkeypatch, upload_id):
    monkeypatch.setattr(upload_progress, "BEGIN_SECONDS", 0.01)

    async def story():
        progress = UploadProgress()
        response = await progress.follow(asking(upload_id))
        return response.status_code, progress._uploads

    assert awaited(story()) == (404, {})


def test_uploads_without_a_progress_request_are_dropped():
    async def story():
        progress = UploadProgress()
        for i in range(MAX_UPLOADS + 10):
            progress.append(str(i), "a.txt", b"text")
            progress.set_done(str(i))
        return list(progress._uploads)

    kept = awaited(story())
    assert len(kept) == MAX_UPLOADS and kept[-1] == str(MAX_UPLOADS + 9)


def test_an_invalid_id_does_not_stop_an_upload(http):
    files = {"files": ("a.txt", b"text")}
    for upload_id in ("a" * 999, "a b", "\n"):
        got = http.post("gradio_api/upload", params={"upload_id": upload_id}, files=files)
        assert got.status_code == 200
