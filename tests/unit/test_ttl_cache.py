"""The cache with a time to live."""

import asyncio

import pytest
from conftest import awaited

from charrnn.ui.services import ttl_cache
from charrnn.ui.services.ttl_cache import TTLCache


def test_an_answer_is_cached_for_a_time_and_fetched_once_for_concurrent_callers(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(ttl_cache, "clock", lambda: now[0])
    kept, asked = TTLCache(seconds=60, max_entries=2), []

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


def test_an_error_is_not_cached():
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
