"""Turns at what takes long or belongs to somebody else, such as the Hub: some at once of all
visitors together, and few of one visitor, so that nobody waits behind another's impatience."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from weakref import WeakValueDictionary

T = TypeVar("T")


class Gate:
    """Runs `together` calls at once, of each visitor `each`, in threads of its own: those that the
    rest of the app shares are few, and here they may all be waiting."""

    def __init__(self, *, together: int, each: int) -> None:
        self._threads = ThreadPoolExecutor(together, thread_name_prefix="gate")
        self._together, self._each = asyncio.Semaphore(together), each
        self._visitors: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def run(self, visitor: str, call: Callable[[], T]) -> T:
        """What `call` returns, once it is its turn; those of one visitor come as they were asked.

        Where this is cancelled, `call` is not begun any more; one that runs has to be told.
        """
        own = self._visitors.get(visitor)
        if own is None:
            own = self._visitors[visitor] = asyncio.Semaphore(self._each)
        async with own, self._together:
            return await asyncio.get_running_loop().run_in_executor(self._threads, call)
