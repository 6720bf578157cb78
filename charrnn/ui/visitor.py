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

import gradio as gr

_SALT = secrets.token_bytes(16)


def visitor(request: gr.Request | None, *, proxied: bool) -> str:
    """The visitor who sent this request; `proxied` says that a proxy stands before the app.

    A proxy appends to X-Forwarded-For the address it was reached from, and a caller can write
    whatever is further left. So the last address that is a public one counts: those of the
    proxies' own network come after it.
    """
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
    session = request.request.scope.get("session") if request.request else None
    told = (session or {}).get("oauth_info", {}).get("userinfo", {})
    name = told.get("preferred_username")
    return name if isinstance(name, str) and name else None


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
