"""Put middleware outside of that which Gradio adds by itself.

Gradio puts its own, for sessions and CORS, around whatever middleware an app brings. What has to
see a request before them, and an answer after them, is put around the finished stack when the
server starts up: the first moment at which there is one, and before there is any request.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from starlette.applications import Starlette
from starlette.types import ASGIApp


def wrap_outermost(
    *middleware: Callable[[ASGIApp], ASGIApp],
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    """Make a `lifespan` that wraps all else in `middleware`, the first of them outermost."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        inner = app.middleware_stack
        assert inner is not None, "it runs inside of it"
        stack = inner
        for wrap in reversed(middleware):
            stack = wrap(stack)
        app.middleware_stack = stack
        try:
            yield
        finally:
            app.middleware_stack = inner

    return lifespan
