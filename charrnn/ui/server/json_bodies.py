"""Limits and rules for JSON bodies, applied before Gradio parses them on its event loop.

A body is counted as it arrives, and refused once it has too many bytes or too many parts. One that
arrives too slowly, or exceeds the memory for bodies, is refused as well. A large body is parsed in
a thread. The value must satisfy the rules of `request_rules`; it is then serialized again, so that
Gradio reads what was checked, whatever parser it uses.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Collection
from pathlib import Path

import gradio as gr
from gradio.route_utils import API_PREFIX
from gradio.utils import get_upload_folder
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .asgi import RequestUserError, content_length, route_path
from .body_budget import BodyBudget
from .json_scan import MAX_STRUCTURE, JsonScanner
from .request_rules import (
    MAX_SMALL_BYTES,
    MAX_TEXT_BYTES,
    check_call,
    check_files,
    check_ids,
    check_server_function,
    is_call,
    parse_json,
    too_large,
)

ARRIVAL_SECONDS = 30.0
"""Time for a body to arrive, plus its size divided by `MIN_BYTES_PER_SECOND`."""
MIN_BYTES_PER_SECOND = 32 << 10

_METHODS = ("POST", "PUT", "PATCH", "DELETE")
_INLINE_BYTES = 1 << 16  # size up to which parsing is faster than switching to a thread


class JsonBodyMiddleware:
    """ASGI middleware: applies the limits and rules to all bodies except uploads.

    `long_texts` names the endpoints and fields that take a long text; their bodies may have
    `text_bytes`. `client_id` returns the client id of a request: clients share the memory for
    bodies.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        long_texts: Collection[str] = (),
        text_bytes: int = MAX_TEXT_BYTES,
        client_id: Callable[[Request], str] = lambda request: "",
    ) -> None:
        self.app = app
        self._long_texts, self._text_bytes = long_texts, min(text_bytes, MAX_TEXT_BYTES)
        self._client_id = client_id
        self._budget = BodyBudget()
        self._parsing = asyncio.Semaphore(1)  # one large body at a time

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its complete body, or refuse it."""
        endpoint = _endpoint(scope)
        if endpoint is None or endpoint == "upload":
            await self.app(scope, receive, send)
            return
        with self._budget.account(self._client_id(Request(scope))) as take:
            try:
                body = await _read(scope, receive, self._most(endpoint), take)
                if body is None:  # the client has gone
                    return
                checked = await self._checked(body, endpoint, scope["app"].get_blocks())
            except RequestUserError as error:
                await error.response(scope)(scope, receive, send)
                return
            del body
            await self.app(_with_length(scope, len(checked)), _replayed(checked, receive), send)

    def _most(self, endpoint: str) -> int:
        """Return the size limit in bytes for a path; the function may have a lower one."""
        texts = is_call(endpoint) or endpoint.startswith("mcp")
        return max(self._text_bytes, MAX_SMALL_BYTES) if texts else MAX_SMALL_BYTES

    async def _checked(self, body: bytearray, endpoint: str, blocks: gr.Blocks) -> bytes:
        work = (body, endpoint, blocks, self._long_texts)
        if len(body) <= _INLINE_BYTES:
            return _check(*work)
        async with self._parsing:
            return await asyncio.to_thread(_check, *work)


def _check(body: bytearray, endpoint: str, blocks: gr.Blocks, long_texts: Collection[str]) -> bytes:
    """Return the body to pass on. Raises RequestUserError for an invalid one."""
    if not body:
        return b""
    value = parse_json(body)
    if endpoint.startswith("mcp"):  # whose protocol has rules of its own
        return bytes(body)
    if not isinstance(value, dict):
        raise RequestUserError("The body of this request is not a JSON object.")
    check_ids(value, endpoint)
    if is_call(endpoint):
        check_call(value, endpoint, blocks, len(body), long_texts)
    elif endpoint == "component_server":
        check_server_function(value, blocks)
    check_files(value, Path(get_upload_folder()))
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


async def _read(
    scope: Scope, receive: Receive, most: int, take: Callable[[int], None]
) -> bytearray | None:
    """Read the complete body; return None if the client disconnects. Raises RequestUserError."""
    if (content_length(scope) or 0) > most:
        raise too_large(most)
    body, scanner, began = bytearray(), JsonScanner(), time.monotonic()
    while True:
        until = began + ARRIVAL_SECONDS + len(body) / MIN_BYTES_PER_SECOND
        try:
            message = await asyncio.wait_for(receive(), until - time.monotonic())
        except asyncio.TimeoutError:
            raise RequestUserError(
                "This request took too long to arrive: try again, or upload a long text as a file.",
                status=408,
            ) from None
        if message["type"] != "http.request":
            return None
        data = message.get("body", b"")
        if len(body) + len(data) > most:
            raise too_large(most)
        take(len(data))
        scanner.feed(data)
        if scanner.exceeded:
            raise RequestUserError(
                "The JSON of this request has too many parts: at most {most:,} brackets, commas "
                "and colons are allowed.",
                most=MAX_STRUCTURE,
                status=413,
            )
        body += data
        if not message.get("more_body"):
            return body


def _endpoint(scope: Scope) -> str | None:
    """Return the path after /gradio_api/ of a request that may have a body; empty for other paths.

    Returns None for a request without a body.
    """
    if scope["type"] != "http" or scope["method"] not in _METHODS:
        return None
    path = route_path(scope).rstrip("/")
    prefix = f"{API_PREFIX}/"
    return path[len(prefix) :] if path.startswith(prefix) else ""


def _with_length(scope: Scope, length: int) -> Scope:
    """Return the scope of the request with another content length."""
    scope = {**scope, "headers": list(scope["headers"])}
    headers = MutableHeaders(scope=scope)
    del headers["transfer-encoding"]
    headers["content-length"] = str(length)
    return scope


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` function that returns the body first, and then what follows it."""
    waiting = [body]

    async def replay() -> Message:
        if not waiting:
            return await receive()
        return {"type": "http.request", "body": waiting.pop(), "more_body": False}

    return replay
