"""Lifespans of the app: combine several into one, and add middleware outside of Gradio's own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import TypeVar

from starlette.applications import Starlette
from starlette.types import ASGIApp

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


def wrap_outermost(
    *middleware: Callable[[ASGIApp], ASGIApp],
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    """Make a `lifespan` that wraps the app in `middleware`, the first of them outermost.

    Gradio adds its own middleware, for sessions and CORS, around that of an app. What must see a
    request before it, and a response after it, wraps the finished stack when the server starts:
    the stack exists then, and no request has come yet.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        inner = app.middleware_stack
        assert inner is not None, "Starlette builds it before the lifespan"
        stack = inner
        for wrap in reversed(middleware):
            stack = wrap(stack)
        app.middleware_stack = stack
        try:
            yield
        finally:
            app.middleware_stack = inner

    return lifespan
