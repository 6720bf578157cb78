"""Route allowlist: the routes that this app answers; all others are closed.

Gradio has about seventy routes. A route in neither list, such as one of a later Gradio, is closed
as well; a test then asks for it to be added to one of the two.
"""

from __future__ import annotations

from starlette.responses import JSONResponse
from starlette.routing import compile_path
from starlette.types import ASGIApp, Receive, Scope, Send

from .asgi import route_path

OPEN = (
    # the page and what it loads
    "/",
    "/config",
    "/assets/{path:path}",
    "/static/{path:path}",
    "/theme.css",
    "/favicon.ico",
    "/modules/{version}/{path:path}",
    "/manifest.json",
    "/robots.txt",
    "/gradio_api/app_id",
    "/gradio_api/startup-events",  # asked by `launch` itself
    # signing in and out, on a Space
    "/login/huggingface",
    "/login/callback",
    "/logout",
    # events, server functions and endpoints
    "/gradio_api/info",
    "/gradio_api/openapi.json",
    "/gradio_api/queue/join",
    "/gradio_api/queue/data",
    "/gradio_api/run/{api_name}",
    "/gradio_api/call/{api_name}",
    "/gradio_api/call/{api_name}/{event_id}",
    "/gradio_api/call/v2/{api_name}",
    "/gradio_api/call/v2/{api_name}/{event_id}",
    "/gradio_api/cancel",
    "/gradio_api/reset",
    "/gradio_api/component_server",
    "/gradio_api/mcp",
    "/gradio_api/mcp/schema",
    # files: see file_routes.py
    "/gradio_api/upload",
    "/gradio_api/upload_progress",
    "/gradio_api/file={path:path}",
)
CLOSED = (
    # fetch or serve files that are not this app's
    "/gradio_api/proxy={url_path:path}",
    "/gradio_api/file/{path:path}",  # an older spelling of file=
    "/gradio_api/custom_component/{id}/{environment}/{type}/{file_name}",
    "/svelte/{path:path}",
    # write files that are never deleted
    "/gradio_api/process_recording",
    "/gradio_api/deep_link",
    # reveal how the app is used, or belong to other users' sessions
    "/monitoring",
    "/monitoring/summary",
    "/monitoring/{key}",
    "/gradio_api/queue/status",
    "/gradio_api/heartbeat/{session_hash}",  # for apps with state in their sessions
    "/gradio_api/stream/{event_id}",
    "/gradio_api/stream/{event_id}/close",
    "/gradio_api/stream/{session_hash}/{run}/{component_id}/playlist.m3u8",
    "/gradio_api/stream/{session_hash}/{run}/{component_id}/playlist-file",
    "/gradio_api/stream/{session_hash}/{run}/{component_id}/{segment_id}.{ext}",
    # Gradio's own accounts, which this app does not use
    "/login",
    "/gradio_api/user",
    "/gradio_api/login_check",
    "/gradio_api/token",
    # for developers of an app, and pages that this one does not have
    "/openapi.json",
    "/gradio_api/dev/reload",
    "/gradio_api/vibe-edit",
    "/gradio_api/undo-vibe-edit",
    "/gradio_api/vibe-code",
    "/gradio_api/vibe-starter-queries",
    "/gradio_api/runs",
    "/gradio_api/theme.css",
    "/gradio_api/api/{api_name}",  # an older spelling of run/
    "/pwa_icon",
    "/pwa_icon/{size}",
)

_PATTERNS = tuple(compile_path(template)[0] for template in OPEN)


def is_open(path: str) -> bool:
    """Return whether a path within the app is in `OPEN`, with or without a trailing slash."""
    path = path.rstrip("/") or "/"
    return any(pattern.match(path) for pattern in _PATTERNS)


class RouteAllowlistMiddleware:
    """ASGI middleware: answers 404 to every request for a path that is not in the list."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        app = self.app
        if scope["type"] == "http" and not is_open(route_path(scope)):
            app = JSONResponse({"detail": "Not Found"}, 404)
        await app(scope, receive, send)
