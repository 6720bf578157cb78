"""Security headers of every response, which restrict what a browser does with it.

The Content-Security-Policy is as strict as Gradio's page allows. Its HTML holds scripts and styles
inline, with values that differ from request to request, and the templates of `gr.HTML` are compiled
in the browser: hence `unsafe-inline` and `unsafe-eval`. No script, style, picture or request of the
page may come from or go to another server.

Files that users upload or runs produce are sandboxed: a browser that shows one treats it as a page
without an origin and without scripts.
"""

from __future__ import annotations

from gradio.route_utils import API_PREFIX
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send

from ...utils.space import space_id
from .asgi import route_path, with_response_headers

_PAGE = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-inline' 'unsafe-eval'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "object-src": "'none'",
    "frame-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
}
_FILE = {"default-src": "'none'", "sandbox": ""}
_FILE_ROUTE = f"{API_PREFIX}/file="

_FRAMES = "'self'"
_FRAMES_ON_A_SPACE = "'self' https://huggingface.co https://*.huggingface.co https://*.hf.space"


class SecurityHeadersMiddleware:
    """ASGI middleware: adds the headers to every HTTP response."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and complete the headers of its response."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        def add(headers: MutableHeaders, status: int) -> None:
            headers.update(_headers(route_path(scope)))

        await self.app(scope, receive, with_response_headers(send, add))


def _headers(path: str) -> dict[str, str]:
    on_a_space = space_id() is not None
    policy = _FILE if path.startswith(_FILE_ROUTE) else _PAGE
    frames = {"frame-ancestors": _FRAMES_ON_A_SPACE if on_a_space else _FRAMES}
    headers = {
        "Content-Security-Policy": "; ".join(
            f"{k} {v}".strip() for k, v in (policy | frames).items()
        ),
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }
    if not on_a_space:
        headers["X-Frame-Options"] = "SAMEORIGIN"
    return headers
