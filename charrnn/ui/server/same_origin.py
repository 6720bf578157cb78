"""CSRF protection: tell the app's own page from other sites' pages and from programs.

A browser attaches cookies to the requests of any site's page, and on a laptop such a request would
also use the token of its user. Two headers tell them apart, and no page can write either: `Origin`,
and `Sec-Fetch-Site`, which Chromium, Firefox and Safari send to https and loopback addresses.
Programs such as gradio_client, curl and MCP clients send neither.

| source | on a laptop | on a Space |
| --- | --- | --- |
| the app's own page | as usual | as usual |
| another site's page | 403, but it may link to the page | anonymous, readable by any page |
| a program | anonymous | anonymous |

The host that a browser requested is the Host header. Two kinds of proxies are supported:

* A Space is behind one that terminates TLS, so schemes are not compared. Its public names are
  in SPACE_HOST, which the platform sets, so no header needs to be trusted for them.
* A tunnel to a laptop may rewrite Host, and send the original as X-Forwarded-Host. That is used
  only beside `Sec-Fetch-Site: same-origin`, with which the browser confirms the request.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from enum import Enum
from typing import NamedTuple

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from ...utils.space import space_id
from .asgi import route_path, with_response_headers
from .client_id import COOKIE as CLIENT_COOKIE
from .sign_in import CALLBACK_PATH, SIGN_IN_PATH, return_address

_REFUSED = (
    "This request comes from another site's page, or through a proxy that does not pass on the"
    " Host header: open the app at its own address.\n"
)
_PAGE_PATH = "/"
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_][a-z0-9._-]*)(?::([0-9]{1,5}))?", re.ASCII)
_DEFAULT_PORTS = (80, 443)


class Source(Enum):
    """The source of a request."""

    OWN_PAGE = "own page"
    OTHER_PAGE = "other page"
    PROGRAM = "program"


class Host(NamedTuple):
    """A host as it is named in a URL; `port` is None where it is the default of http or https."""

    name: str
    port: int | None


def parse_host(header: str) -> Host | None:
    """Parse a Host header; return None unless it is a name or an address, maybe with a port."""
    match = _HOST.fullmatch(header.lower())
    if match is None:
        return None
    port = int(match[2]) if match[2] else None
    return Host(match[1], None if port in _DEFAULT_PORTS else port)


def source_of(headers: Headers) -> Source:
    """Classify a request by its headers."""
    origins, sites = headers.getlist("origin"), headers.getlist("sec-fetch-site")
    if not origins and not sites:
        return Source.PROGRAM
    own = (
        len(headers.getlist("host")) == 1
        and set(sites) <= {"same-origin", "none"}
        and len(origins) <= 1
        and all(_parse_origin(origin) in _own_hosts(headers) for origin in origins)
    )
    return Source.OWN_PAGE if own else Source.OTHER_PAGE


def _parse_origin(header: str) -> Host | None:
    scheme, _, host = header.partition("://")
    return parse_host(host) if scheme in ("http", "https") else None


def _own_hosts(headers: Headers) -> set[Host]:
    """List the hosts at which this app's page may have been opened."""
    names = [headers["host"]]
    if space_id() is not None:
        names += os.environ.get("SPACE_HOST", "").split(",")
    if headers.get("sec-fetch-site") == "same-origin":
        names += headers.get("x-forwarded-host", "").split(",")
    return {host for name in names if (host := parse_host(name.strip()))}


class SameOriginMiddleware:
    """ASGI middleware: gives the rights of the user to requests of the app's own page only.

    It must be outside of the middleware that reads the session cookie and handles CORS.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with the rights that its source has, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers, path = Headers(scope=scope), route_path(scope)
        source, navigates = source_of(headers), _navigates(scope)
        if source is Source.OTHER_PAGE:
            if space_id() is None:
                if not (navigates and path == _PAGE_PATH):
                    await _refusal(scope)(scope, receive, send)
                    return
            elif path == SIGN_IN_PATH:
                # The session that begins there would replace the user's own.
                target = return_address(QueryParams(scope["query_string"]))
                await RedirectResponse(target, 303)(scope, receive, send)
                return
            else:
                send = _open_to_any_page(send)
        cookies = _allowed_cookies(source, path, navigates)
        if cookies is not None:
            scope = {**scope, "headers": list(_with_cookies(headers, cookies))}
        await self.app(scope, receive, send)


def _allowed_cookies(source: Source, path: str, navigates: bool) -> Collection[str] | None:
    """Return the names of the cookies that a request may bring; None for all.

    The session of a sign-in is for the app's own page, and for the Hub's redirect back to the app,
    which is verified by a `state` in the session. The client's cookie only says whose share of the
    server a request uses: programs keep it, and so do browsers that come to the page from another
    site. Browsers that do not send Sec-Fetch-Site look like a program when they navigate.
    """
    from_program = source is Source.PROGRAM
    if source is Source.OWN_PAGE or (path == CALLBACK_PATH and (navigates or from_program)):
        return None
    return (CLIENT_COOKIE,) if from_program or (path == _PAGE_PATH and navigates) else ()


def _with_cookies(headers: Headers, names: Collection[str]) -> Iterator[tuple[bytes, bytes]]:
    for name, value in headers.items():
        if name == "cookie":
            pairs = [pair.strip() for pair in value.split(";")]
            value = "; ".join(pair for pair in pairs if pair.partition("=")[0] in names)
        if name != "cookie" or value:
            yield name.encode("latin-1"), value.encode("latin-1")


def _refusal(scope: Scope) -> ASGIApp:
    if scope["type"] == "websocket":
        return WebSocketClose(1008)
    return PlainTextResponse(_REFUSED, 403)


def _navigates(scope: Scope) -> bool:
    """Return whether the browser follows a link or redirect, or shows this address in a frame."""
    headers = Headers(scope=scope)
    return (
        scope["type"] == "http"
        and scope["method"] in ("GET", "HEAD")
        and "origin" not in headers
        and headers.get("sec-fetch-mode") == "navigate"
    )


def _open_to_any_page(send: Send) -> Send:
    """Allow every page to read the response to an anonymous request, unless it sent credentials."""

    def allow(headers: MutableHeaders, status: int) -> None:
        headers["Access-Control-Allow-Origin"] = "*"
        del headers["Access-Control-Allow-Credentials"]

    return with_response_headers(send, allow)
