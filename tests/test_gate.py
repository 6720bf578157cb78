"""Turns at what takes long, and answers that are kept."""

import asyncio
import threading

import pytest
from conftest import awaited

from charrnn.ui import remembered
from charrnn.ui.gate import Gate
from charrnn.ui.remembered import Remembered


def test_a_visitor_has_few_turns_and_the_others_do_not_wait_for_them():
    gate = Gate(together=3, each=2)
    release, begun = threading.Event(), []

    def call(name):
        begun.append(name)
        assert release.wait(30)
        return name

    async def scene():
        mine = [asyncio.create_task(gate.run("me", lambda i=i: call(f"me {i}"))) for i in range(4)]
        while len(begun) < 2:
            await asyncio.sleep(0.001)
        other = asyncio.create_task(gate.run("you", lambda: call("you")))
        while len(begun) < 3:
            await asyncio.sleep(0.001)
        assert sorted(begun) == ["me 0", "me 1", "you"]
        third = asyncio.create_task(gate.run("they", lambda: call("they")))
        await asyncio.sleep(0)
        assert len(begun) == 3, "three together at most"
        mine[3].cancel()
        release.set()
        assert await asyncio.gather(*mine[:3], other, third) == [
            "me 0",
            "me 1",
            "me 2",
            "you",
            "they",
        ]
        assert "me 3" not in begun

    awaited(asyncio.wait_for(scene(), 60))


def test_an_answer_is_kept_for_a_while_and_for_all_who_ask_at_once(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(remembered, "clock", lambda: now[0])
    kept, asked = Remembered(seconds=60, most=2), []

    async def ask(key):
        asked.append(key)
        await asyncio.sleep(0)
        return f"{key} {len(asked)}"

    async def scene():
        get = lambda key: kept.get(key, lambda: ask(key))  # noqa: E731
        assert await asyncio.gather(get("a"), get("a")) == ["a 1", "a 1"]
        now[0] += 59
        assert await get("a") == "a 1"
        now[0] += 2
        assert await get("a") == "a 2"
        await get("b")
        await get("c")
        assert await get("a") == "a 5", "the oldest went"

    awaited(scene())


def test_a_failure_is_not_kept():
    kept = Remembered(seconds=60)

    async def fail():
        raise OSError

    async def succeed():
        return "there"

    async def scene():
        with pytest.raises(OSError):
            await kept.get("a", fail)
        assert await kept.get("a", succeed) == "there"

    awaited(scene())
