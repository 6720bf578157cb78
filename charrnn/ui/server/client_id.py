"""Client ids: whose share of the server a request counts against.

A user who has signed in is identified by name. Others are identified by network address and
browser: many browsers may share one address (a class behind one router), and each of them has its
own share. The id of a browser is a random number in a cookie that this server has signed, so a
client cannot make one up. No other value that the client chooses counts, such as the session or a
header, except the header that a proxy in front of the app writes.

A client can still request any number of cookies. Therefore each limit per client has a second one
for the whole address (`charrnn.runs.limits.address_of`): at most `Limits.visitors_per_address`
clients of an address compute, wait or have runs at once (`PerUserLimiter`, `admission`). Together
they have four clients' shares of waiting calls, streams and events (`check_share`), half of the
disk (`disk_quotas`), and 64 MB of request bodies (`body_budget`). A client without a cookie
(gradio_client, curl, MCP) is identified by its address alone.

Ids contain keyed hashes of addresses, never addresses. Of an IPv6 address, the /64 network counts,
which is what a household has.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Iterator, Mapping
from typing import overload

import gradio as gr
from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send

from .asgi import with_response_headers

COOKIE = "charrnn-client"
COOKIE_SECONDS = 30 * 24 * 3600

_BROWSER_BYTES = 16
_MAX_COOKIE_LENGTH = 100  # characters


class ClientIds:
    """Derives the client id of a request, and signs the cookies that tell browsers apart.

    `behind_proxy` says that a proxy stands in front of the app and writes X-Forwarded-For;
    `in_frame`, that the page is shown inside another site's page, as on a Space.
    """

    def __init__(self, key: bytes, *, behind_proxy: bool, in_frame: bool) -> None:
        self._key = key
        self._behind_proxy = behind_proxy
        # In another site's frame only a SameSite=None cookie is set, which must be Secure. A
        # Partitioned one is still sent when third-party cookies are blocked.
        self._attributes = "SameSite=None; Secure; Partitioned" if in_frame else "SameSite=Lax"

    def of(self, request: gr.Request | Request | None) -> str:
        """Return the client id of a request: "name:…", "address:…/browser" or "address:…".

        It is empty for a call from inside the app, which has no request.
        """
        request = event_request(request)
        if request is None:
            return ""
        if name := _signed_in_name(request):
            return f"name:{name}"
        address = f"address:{self._digest('address', _network_of(self._address(request)))}"
        browser = self._browser(request.headers)
        return address if browser is None else f"{address}/{browser}"

    def has_cookie(self, headers: Headers) -> bool:
        """Return whether a request's headers hold a cookie that this server has signed."""
        return self._browser(headers) is not None

    def set_cookie(self) -> str:
        """Return a Set-Cookie header for a browser that has none yet."""
        browser = secrets.token_urlsafe(_BROWSER_BYTES)
        value = f"{browser}.{self._digest('browser', browser)}"
        return f"{COOKIE}={value}; Path=/; Max-Age={COOKIE_SECONDS}; HttpOnly; {self._attributes}"

    def _address(self, request: gr.Request) -> str:
        """Return the address that a request came from.

        A proxy appends the address that it was reached from to X-Forwarded-For, and a client can
        write anything to the left of it. So the last public address counts: those of the proxies'
        own network come after it.
        """
        if self._behind_proxy:
            written = ",".join(request.headers.getlist("x-forwarded-for"))
            for one in reversed(written.split(",")):
                if (public := _public_address(one)) is not None:
                    return public
        return str(request.client.host) if request.client else ""

    def _browser(self, headers: Headers) -> str | None:
        """Return the browser's id from a cookie that this server has signed, else None."""
        for value in _cookies(headers):
            browser, _, signature = value.partition(".")
            if len(value) > _MAX_COOKIE_LENGTH or not value.isascii():
                continue
            if hmac.compare_digest(signature, self._digest("browser", browser)):
                return browser
        return None

    def _digest(self, purpose: str, value: str) -> str:
        digest = hmac.digest(self._key, f"{purpose}:{value}".encode(), hashlib.sha256)[:16]
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def without_address(client_id: str) -> str:
    """Return the part of a client id that stays when the address changes; all of it without one."""
    address, _, browser = client_id.partition("/")
    return browser if browser and address.startswith("address:") else client_id


class ClientCookieMiddleware:
    """ASGI middleware: sets a cookie in every browser that opens the page without a valid one."""

    def __init__(self, app: ASGIApp, client_ids: ClientIds) -> None:
        self.app, self.client_ids = app, client_ids

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and add the cookie to a page that answers it."""
        if (
            scope["type"] != "http"
            or scope["method"] != "GET"
            or self.client_ids.has_cookie(Headers(scope=scope))
        ):
            await self.app(scope, receive, send)
            return

        await self.app(scope, receive, with_response_headers(send, self._add_cookie))

    def _add_cookie(self, headers: MutableHeaders, status: int) -> None:
        if status == 200 and headers.get("content-type", "").startswith("text/html"):
            headers.append("set-cookie", self.client_ids.set_cookie())
            headers["cache-control"] = "private"  # else a proxy would send it to other users


@overload
def event_request(request: None) -> None: ...
@overload
def event_request(request: gr.Request | Request) -> gr.Request: ...
def event_request(request: gr.Request | Request | None) -> gr.Request | None:
    """Return the request in the form that Gradio passes to the function of an event.

    A component's server function gets the FastAPI request inside it.
    """
    if request is None or isinstance(request, gr.Request):
        return request
    return gr.Request(request)


def oauth_info(request: gr.Request) -> Mapping[str, object]:
    """Return the Hub's data about the signed-in user; empty if no user has signed in.

    It comes from a cookie that the server has signed, and holds a token: it must not be stored,
    shown or logged.
    """
    session = request.request.scope.get("session") if request.request else None
    info = session.get("oauth_info") if isinstance(session, Mapping) else None
    return info if isinstance(info, Mapping) else {}


def _signed_in_name(request: gr.Request) -> str | None:
    """Return the name of the user who has signed in, to the app or at the Hub; else None."""
    if isinstance(request.username, str) and request.username:
        return request.username
    user = oauth_info(request).get("userinfo")
    name = user.get("preferred_username") if isinstance(user, Mapping) else None
    return name if isinstance(name, str) and name else None


def _cookies(headers: Headers) -> Iterator[str]:
    """Yield the values of the client's cookie: a browser may send one from each kind of storage."""
    for written in headers.getlist("cookie"):
        for pair in written.split(";"):
            name, _, value = pair.strip().partition("=")
            if name == COOKIE:
                yield value


def _public_address(written: str) -> str | None:
    """Parse an address that a proxy wrote, maybe with a port; return None unless it is public."""
    address = written.strip().strip('"')
    if address.startswith("["):
        address = address[1:].partition("]")[0]
    elif address.count(":") == 1:
        address = address.partition(":")[0]
    try:
        return address if ipaddress.ip_address(address).is_global else None
    except ValueError:
        return None


def _network_of(address: str) -> str:
    """Return the part of an address that counts: all of IPv4, the /64 network of IPv6."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if known.version == 6:
        mapped = known.ipv4_mapped
        return str(mapped or ipaddress.ip_network((int(known) >> 64 << 64, 64)))
    return str(known)
