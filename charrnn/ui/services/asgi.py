"""What the middlewares and routes of this app share: the path of a request within the app, and an
error response in the visitor's language."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Scope

from ...errors import Message, UserError
from .. import i18n


class RequestUserError(UserError):
    """A request that is refused before Gradio sees it, with the HTTP `status` of the response."""

    def __init__(self, template: str, /, *, status: int = 400, **values: object) -> None:
        """Fill in the template of the message."""
        super().__init__(template if isinstance(template, Message) else Message(template, **values))
        self.status = status

    def response(self, scope: Scope) -> JSONResponse:
        """The error as JSON. Gradio's page shows `detail` for a queued event and `error` for one
        that is not queued; other clients read either."""
        said = i18n.translate_error(self, i18n.locale_of(Request(scope)))
        return JSONResponse({"detail": said, "error": said}, self.status)


def route_path(scope: Scope) -> str:
    """The path of a request as the app's routes know it, without the prefix it is mounted at."""
    path, root = str(scope["path"]), str(scope.get("root_path", "")).rstrip("/")
    return path[len(root) :] if root and path.startswith(f"{root}/") else path
