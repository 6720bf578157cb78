"""Who asks: a name for each visitor, so that all of them get their turn.

Somebody who has signed in is known by that name. Others are known by their network address, which
is kept as a hash only, salted anew at each start. Nothing counts that a caller is free to choose:
no cookie, no session, no header but the one that a proxy in front of the app writes itself.

What remains possible: people behind one address count as one visitor, and who commands many
addresses counts as many. Of an IPv6 address, the network counts (/64), which a household has.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from collections.abc import Mapping
from typing import overload

import gradio as gr
from fastapi import Request

_SALT = secrets.token_bytes(16)


@overload
def whole(request: None) -> None: ...
@overload
def whole(request: gr.Request | Request) -> gr.Request: ...
def whole(request: gr.Request | Request | None) -> gr.Request | None:
    """The request as Gradio gives it to an event: a component's server function is given the one
    that lies in it."""
    if request is None or isinstance(request, gr.Request):
        return request
    return gr.Request(request)


def visitor(request: gr.Request | Request | None, *, proxied: bool) -> str:
    """The visitor who sent this request; `proxied` says that a proxy stands before the app.

    A proxy appends to X-Forwarded-For the address it was reached from, and a caller can write
    whatever is further left. So the last address that is a public one counts: those of the
    proxies' own network come after it.
    """
    request = whole(request)
    if request is None:
        return ""
    if name := _signed_in(request):
        return f"name:{name}"
    address = str(request.client.host) if request.client else ""
    if proxied:
        written = ",".join(request.headers.getlist("x-forwarded-for"))
        public = (known for one in reversed(written.split(",")) if (known := _public(one)))
        address = next(public, address)
    return "address:" + hashlib.blake2b(_network(address).encode(), key=_SALT).hexdigest()[:16]


def _signed_in(request: gr.Request) -> str | None:
    """The name of who has signed in: to the app, or at the Hub. The session of the latter is a
    cookie that the server has signed."""
    if isinstance(request.username, str) and request.username:
        return request.username
    about = session(request).get("userinfo")
    name = about.get("preferred_username") if isinstance(about, Mapping) else None
    return name if isinstance(name, str) and name else None


def session(request: gr.Request) -> Mapping[str, object]:
    """What the Hub told of whoever signed in there: empty, if nobody did. It comes from a cookie
    that the server has signed, and holds a token: not to be kept, shown or logged."""
    kept = request.request.scope.get("session") if request.request else None
    told = kept.get("oauth_info") if isinstance(kept, Mapping) else None
    return told if isinstance(told, Mapping) else {}


def _public(written: str) -> str | None:
    """An address as a proxy wrote it, maybe with a port, if it is one of the public network's."""
    address = written.strip().strip('"')
    if address.startswith("["):
        address = address[1:].partition("]")[0]
    elif address.count(":") == 1:
        address = address.partition(":")[0]
    try:
        return address if ipaddress.ip_address(address).is_global else None
    except ValueError:
        return None


def _network(address: str) -> str:
    """What counts of an address: all of IPv4's, the network of IPv6's."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if known.version == 6:
        mapped = known.ipv4_mapped
        return str(mapped or ipaddress.ip_network((int(known) >> 64 << 64, 64)))
    return str(known)
