"""What is to be so while an app runs: several `lifespan`s as the one that it takes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import TypeVar

A = TypeVar("A")


def combine(
    *lifespans: Callable[[A], AbstractAsyncContextManager[None]],
) -> Callable[[A], AbstractAsyncContextManager[None]]:
    """Make one `lifespan` that enters these in turn, and leaves them in the reverse order."""

    @asynccontextmanager
    async def lifespan(app: A) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for each in lifespans:
                await stack.enter_async_context(each(app))
            yield

    return lifespan
