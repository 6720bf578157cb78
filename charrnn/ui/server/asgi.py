"""Helpers for ASGI middleware and routes: paths, bodies, error responses in the user's language."""

from __future__ import annotations

from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Message as AsgiMessage
from starlette.types import Scope, Send

from ...errors import Message, UserError
from .. import i18n

_MAX_LENGTH_DIGITS = 19  # of a plausible Content-Length


class RequestUserError(UserError):
    """A request that is refused before Gradio sees it, with the HTTP `status` of the response."""

    def __init__(self, template: str, /, *, status: int = 400, **values: object) -> None:
        """Fill in the template of the message."""
        super().__init__(template if isinstance(template, Message) else Message(template, **values))
        self.status = status

    def response(self, scope: Scope) -> JSONResponse:
        """Return the error as JSON, in the language of the request.

        Gradio's page shows `detail` for a queued event and `error` for another; other clients read
        either.
        """
        message = i18n.translate_error(self, i18n.locale_of(Request(scope)))
        return JSONResponse({"detail": message, "error": message}, self.status)


def with_response_headers(send: Send, change: Callable[[MutableHeaders, int], None]) -> Send:
    """Return a `send` that lets `change` edit the headers of the response, given its status."""

    async def send_changed(message: AsgiMessage) -> None:
        if message["type"] == "http.response.start":
            change(MutableHeaders(scope=message), message["status"])
        await send(message)

    return send_changed


def content_length(scope: Scope) -> int | None:
    """Return the size of the body in bytes that the headers announce; None if they do not."""
    length = Headers(scope=scope).get("content-length", "")
    return int(length) if length.isdecimal() and len(length) <= _MAX_LENGTH_DIGITS else None


def route_path(scope: Scope) -> str:
    """Return the path of a request without the prefix at which the app is mounted."""
    path, root = str(scope["path"]), str(scope.get("root_path", "")).rstrip("/")
    return path[len(root) :] if root and path.startswith(f"{root}/") else path
