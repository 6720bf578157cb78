"""The pushes of the page as a caller sees them who does not come from the page."""

import asyncio
import threading
from types import SimpleNamespace

import pytest
from conftest import awaited
from test_open_model import whoever

from charrnn.errors import UserError
from charrnn.ui import push_dialog
from charrnn.ui.push_dialog import MAX_PUSHES_PER_USER, Pushes
from charrnn.ui.services.catalog import ModelEntry


@pytest.fixture
def visitors(monkeypatch):
    """Requests of signed-in visitors, each with the name that the app knows it by."""

    def request(name):
        one = whoever(monkeypatch, f"hf_{name}")
        one.username = name
        return one

    return request


@pytest.fixture
def pushes(tmp_path, monkeypatch):
    monkeypatch.setattr(
        push_dialog, "find_own_model", lambda context, key, request: ModelEntry(key, tmp_path)
    )
    context = SimpleNamespace(client_id=lambda request: request.username)
    return Pushes(context, has_sign_in_button=True)


async def last(frames):
    return [frame async for frame in frames][-1]


def test_an_empty_push_is_refused_and_takes_no_slot(pushes, visitors, monkeypatch):
    def push(directory, repo, **more):
        raise UserError(f"{repo!r} is no name.", field="model")

    monkeypatch.setattr(push_dialog.hub, "push", push)
    end = awaited(last(pushes.push(SimpleNamespace(push_id="w"), visitors("ada"))))
    assert end["state"] == "failed"
    assert end["problem"] == {"message": "'' is no name.", "place": "name"}
    assert not pushes.stop_push("w")


def test_an_unexpected_exception_ends_a_push(pushes, visitors, monkeypatch, caplog):
    secret = "hf_" + "ada"

    def push(directory, repo, **more):
        raise RuntimeError(secret)

    monkeypatch.setattr(push_dialog.hub, "push", push)
    end = awaited(last(pushes.push(SimpleNamespace(push_id="w", repo="ada/x"), visitors("ada"))))
    assert end["state"] == "failed" and end["problem"]["place"] == "push"
    assert "RuntimeError" in caplog.text and secret not in caplog.text


def test_a_user_cannot_fill_the_queue_of_pushes(pushes, visitors, monkeypatch):
    going = threading.Event()

    def push(directory, repo, *, cancelled, **more):
        going.wait(60)
        return SimpleNamespace(url="", created=True, card_kept=False)

    monkeypatch.setattr(push_dialog.hub, "push", push)
    push_one = pushes.push

    async def impatient():
        def begin(name, number):
            event = SimpleNamespace(push_id=f"{name}{number}", repo=f"{name}/x")
            return asyncio.ensure_future(last(push_one(event, visitors(name))))

        hers = [begin("ada", number) for number in range(MAX_PUSHES_PER_USER)]
        await asyncio.sleep(0)
        one_more = await begin("ada", MAX_PUSHES_PER_USER)
        his = begin("bob", 0)
        going.set()
        return one_more, await asyncio.gather(*hers, his)

    one_more, others = awaited(impatient())
    assert (
        one_more["state"] == "failed"
        and "You already have two pushes running" in one_more["problem"]["message"]
    )
    assert [end["state"] for end in others] == ["done"] * (MAX_PUSHES_PER_USER + 1)
