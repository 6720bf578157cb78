"""Bounds and rules for the JSON that requests bring, before Gradio parses it on its event loop.

A body is counted as it arrives and refused as soon as it has too many bytes or too many parts; one
that is slow to arrive, or for which there is no memory, is refused as well. Then it is parsed, away
from the event loop if it is large, held to the rules of `request_rules`, and written anew, so that
Gradio reads what was checked, whatever parser it has.
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

from .asgi import RequestUserError, route_path
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
"""For the first bytes of a body; each of the others may take as long again as at `MIN_RATE`."""
MIN_RATE = 32 << 10
"""Bytes per second."""

_METHODS = ("POST", "PUT", "PATCH", "DELETE")
_INLINE_BYTES = 1 << 16  # a body that is parsed at once: going to a thread would take longer


class JsonBodyMiddleware:
    """Holds all bodies but those of uploads to the bounds and rules.

    `long_texts` names the endpoints and fields that take a long text, with which a body may have
    `text_bytes`; `client_id` tells the clients apart, who share the memory for bodies.
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
        self._parsing = asyncio.Semaphore(1)  # large bodies, one after the other

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its body in one piece, or refuse it."""
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
        """Bytes that a body may have as far as its path says; its function may take fewer."""
        texts = is_call(endpoint) or endpoint.startswith("mcp")
        return max(self._text_bytes, MAX_SMALL_BYTES) if texts else MAX_SMALL_BYTES

    async def _checked(self, body: bytearray, endpoint: str, blocks: gr.Blocks) -> bytes:
        work = (body, endpoint, blocks, self._long_texts)
        if len(body) <= _INLINE_BYTES:
            return _check(*work)
        async with self._parsing:
            return await asyncio.to_thread(_check, *work)


def _check(body: bytearray, endpoint: str, blocks: gr.Blocks, long_texts: Collection[str]) -> bytes:
    """The body as it is passed on. Raises RequestUserError for one that is not as it should be."""
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
    """The whole body; None where the client goes before its end. Raises RequestUserError."""
    if _announced(scope) > most:
        raise too_large(most)
    body, scanner, began = bytearray(), JsonScanner(), time.monotonic()
    while True:
        until = began + ARRIVAL_SECONDS + len(body) / MIN_RATE
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
                "The JSON of this request has too many parts: {most:,} brackets, commas "
                "and colons are the most here.",
                most=MAX_STRUCTURE,
                status=413,
            )
        body += data
        if not message.get("more_body"):
            return body


def _endpoint(scope: Scope) -> str | None:
    """The path after /gradio_api/ of a request that may have a body; empty for other paths. None
    for a request that has none."""
    if scope["type"] != "http" or scope["method"] not in _METHODS:
        return None
    path = route_path(scope).rstrip("/")
    prefix = f"{API_PREFIX}/"
    return path[len(prefix) :] if path.startswith(prefix) else ""


def _announced(scope: Scope) -> int:
    length = Request(scope).headers.get("content-length", "")
    return int(length) if length.isdecimal() and len(length) < 20 else 0


def _with_length(scope: Scope, length: int) -> Scope:
    """The request with a body of so many bytes."""
    scope = {**scope, "headers": list(scope["headers"])}
    headers = MutableHeaders(scope=scope)
    del headers["transfer-encoding"]
    headers["content-length"] = str(length)
    return scope


def _replayed(body: bytes, receive: Receive) -> Receive:
    """A `receive` that brings the body, and then whatever comes after it."""
    waiting = [body]

    async def replay() -> Message:
        if not waiting:
            return await receive()
        return {"type": "http.request", "body": waiting.pop(), "more_body": False}

    return replay
