"""Answers that are kept for a while."""

import asyncio

import pytest
from conftest import awaited

from charrnn.ui.services import ttl_cache
from charrnn.ui.services.ttl_cache import TTLCache


def test_an_answer_is_kept_for_a_while_and_for_all_who_ask_at_once(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(ttl_cache, "clock", lambda: now[0])
    kept, asked = TTLCache(seconds=60, most=2), []

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
    kept = TTLCache(seconds=60)

    async def fail():
        raise OSError

    async def succeed():
        return "there"

    async def scene():
        with pytest.raises(OSError):
            await kept.get("a", fail)
        assert await kept.get("a", succeed) == "there"

    awaited(scene())
