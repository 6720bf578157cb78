"""Answers that are the same for everybody, kept for some minutes."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from time import monotonic as clock
from typing import Generic, TypeVar

T = TypeVar("T")


class Remembered(Generic[T]):
    """The latest `most` answers, each for so many `seconds`. An answer that failed is not kept."""

    def __init__(self, *, seconds: float, most: int = 256) -> None:
        self._seconds, self._most = seconds, most
        self._kept: OrderedDict[Hashable, tuple[float, asyncio.Future[T]]] = OrderedDict()

    async def get(self, key: Hashable, ask: Callable[[], Awaitable[T]]) -> T:
        """The answer to `key`: the one kept, or what `ask` gives. Who asks for the same at the same
        time waits for the same answer."""
        until, answer = self._kept.get(key, (0.0, None))
        if answer is None or clock() >= until or _failed(answer):
            answer = asyncio.ensure_future(ask())
            self._kept[key] = (clock() + self._seconds, answer)
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return await asyncio.shield(answer)


def _failed(answer: asyncio.Future[T]) -> bool:
    return answer.done() and (answer.cancelled() or answer.exception() is not None)
