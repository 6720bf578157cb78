"""Middleware: ignore the `page` in a query, since the app has one page.

Gradio looks up the page of `/?page=…` among its own, and answers 500 for one that does not exist.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from starlette.types import ASGIApp, Receive, Scope, Send


class OnePageMiddleware:
    """ASGI middleware: removes `page` from every query."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "http" and scope["query_string"]:
            scope = {**scope, "query_string": _without_page(scope["query_string"])}
        await self._app(scope, receive, send)


def _without_page(query: bytes) -> bytes:
    given = parse_qsl(query.decode("latin-1"), keep_blank_values=True, encoding="latin-1")
    kept = [(name, value) for name, value in given if name != "page"]
    return query if kept == given else urlencode(kept, encoding="latin-1").encode("ascii")
