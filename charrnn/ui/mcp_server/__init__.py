"""The MCP server: the tools of `tools.py`, at `/gradio_api/mcp/`, over streamable HTTP.

Gradio's own MCP server is switched off. It makes a tool of every endpoint, reads any file of this
machine that an argument names, and answers with Python's `repr`.

The server has no sessions. Its callers are anonymous: cookies and tokens of requests are dropped.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from mcp import types
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from ..._version import __version__
from ...errors import UserError
from ...utils.space import space_id
from ..operations import Caller, public_message
from ..server.client import Client
from ..services.context import AppContext
from .tool import ToolCall
from .tools import TOOLS

PATH = "/gradio_api/mcp"
_INSTRUCTIONS = (
    "charrnn trains character-level recurrent networks on a text within seconds, and generates "
    "text with them. Begin with models and generate; or with start_training, then run_status until "
    "the state is no longer queued, running or stopping, then generate with the run's id."
)
_PERSONAL_HEADERS = (b"cookie", b"authorization")
_PERSONAL_KEYS = ("session", "user", "auth")
_LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")
_ANY_ADDRESS = ("0.0.0.0", "::", "[::]")


def routes(context: AppContext) -> list[BaseRoute]:
    """Return the routes of the MCP server, for Gradio's app."""
    endpoint = _Endpoint(context)
    return [
        Route(PATH, endpoint, methods=["POST"]),
        Route(f"{PATH}/", endpoint, methods=["POST"]),
        Route(f"{PATH}/schema", _schema, methods=["GET"]),
    ]


class _Endpoint:
    """ASGI app that answers one MCP message per request."""

    def __init__(self, context: AppContext) -> None:
        self.context = context
        self.server: Server[dict[str, Any], Request] = Server(
            "charrnn", version=__version__, instructions=_INSTRUCTIONS
        )
        self.server.request_handlers[types.ListToolsRequest] = self._list_tools
        self.server.request_handlers[types.CallToolRequest] = self._call_tool

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request. If the client disconnects, its tool is cancelled."""
        # Each request has a manager of its own: without sessions there is no state to share, and a
        # shared manager would have to run in the lifespan of the app.
        manager = StreamableHTTPSessionManager(
            self.server, stateless=True, security_settings=transport_security()
        )
        async with manager.run():
            await manager.handle_request(_anonymous(scope), receive, send)

    async def _list_tools(self, _: types.ListToolsRequest) -> types.ServerResult:
        return types.ServerResult(types.ListToolsResult(tools=_listed_tools()))

    async def _call_tool(self, request: types.CallToolRequest) -> types.ServerResult:
        try:
            result = await self._result(request.params.name, request.params.arguments or {})
        except UserError as error:
            content = types.TextContent(type="text", text=error.message)
            return types.ServerResult(types.CallToolResult(content=[content], isError=True))
        text = result.model_dump_json()
        return types.ServerResult(
            types.CallToolResult(
                content=[types.TextContent(type="text", text=text)],
                structuredContent=json.loads(text),
            )
        )

    async def _result(self, name: str, arguments: Mapping[str, object]) -> BaseModel:
        """Call a tool. Every exception becomes a UserError."""
        try:
            if name not in TOOLS:
                raise UserError("There is no such tool. The tools are {tools}.", tools=list(TOOLS))
            tool = TOOLS[name].parse(arguments)
            caller = Caller(Client(self.context.client_id(self.server.request_context.request)))
            return await tool.call(ToolCall(self.context, caller, self._report))
        except Exception as error:
            raise UserError(public_message(error)) from error

    async def _report(self, progress: float, total: float | None, message: str | None) -> None:
        request_context = self.server.request_context
        token = request_context.meta.progressToken if request_context.meta else None
        if token is not None:
            await request_context.session.send_progress_notification(
                token, progress, total, message, related_request_id=str(request_context.request_id)
            )


def transport_security() -> TransportSecuritySettings:
    """Return the host names and origins that requests may have.

    This prevents DNS rebinding, by which a web page reaches this machine under the page's own host
    name. On a laptop the names are the local ones, on a Space its public ones. An app that is open
    to a network (GRADIO_SERVER_NAME=0.0.0.0) does not know its names, so it has no such check.
    """
    if space_id() is None:
        name = os.environ.get("GRADIO_SERVER_NAME", _LOCAL_NAMES[0])
        names = [] if name in _ANY_ADDRESS else [*_LOCAL_NAMES, name]
    else:
        listed = os.environ.get("SPACE_HOST", "").split(",")
        names = [name.strip() for name in listed if name.strip()]
    hosts = [host for name in names for host in (name, f"{name}:*")]
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=bool(hosts),
        allowed_hosts=hosts,
        allowed_origins=[f"{scheme}://{host}" for scheme in ("http", "https") for host in hosts],
    )


def _anonymous(scope: Scope) -> Scope:
    """Remove cookies, tokens and sessions from a request.

    On a Space also the origin is removed: there an anonymous request has no special rights, so web
    pages of any origin may send one.
    """
    dropped = _PERSONAL_HEADERS if space_id() is None else (*_PERSONAL_HEADERS, b"origin")
    headers = [(name, value) for name, value in scope["headers"] if name not in dropped]
    anonymous = {key: value for key, value in scope.items() if key not in _PERSONAL_KEYS}
    return {**anonymous, "headers": headers}


def _listed_tools() -> list[types.Tool]:
    return [
        types.Tool(
            name=name,
            title=tool.title,
            description=tool.description(),
            inputSchema=tool.input_schema(),
            outputSchema=tool.result.model_json_schema(),
            annotations=types.ToolAnnotations(
                readOnlyHint=tool.read_only,
                destructiveHint=False,
                openWorldHint=tool.uses_hub,
            ),
        )
        for name, tool in TOOLS.items()
    ]


async def _schema(_: Request) -> JSONResponse:
    """Return the list of tools as Gradio's server does; the Hub reads it from Spaces."""
    fields = {"name", "description", "inputSchema"}
    return JSONResponse([tool.model_dump(include=fields) for tool in _listed_tools()])
