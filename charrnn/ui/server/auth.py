"""Hub identity of a request: whose Hub token it may use.

On a Space, users sign in, and their token travels in a cookie that the server has signed; it is
read when an event needs it and never stored. On a laptop, the page in a local browser uses the
token that `hf auth login` stored. Every other request, such as a program's, is anonymous.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import gradio as gr
from fastapi import Request

from ... import hub
from ...hub import Token
from ...utils.space import space_id
from .client_id import event_request, oauth_info
from .same_origin import Source, parse_host, source_of

SignInMethod = Literal["button", "login", "none"]

_LOCAL = ("localhost", "127.0.0.1", "[::1]")
_PROXY_HEADERS = ("forwarded", "via", "x-real-ip")  # and all headers that begin with x-forwarded-


@dataclass(frozen=True)
class Identity:
    """The Hub identity of a request.

    `token` has the form that `charrnn.hub` takes; `account` is the user name on the Hub, if it is
    known without a request. `sign_in_method` says how to sign in: by a button on the page, by `hf
    auth login` in a terminal, or not at all.
    """

    token: Token = field(default=False, repr=False)
    account: str | None = None
    sign_in_method: SignInMethod = "none"

    @property
    def signed_in(self) -> bool:
        """Whether there is a token to push with."""
        return hub.signed_in() if self.token is None else self.token is not False


ANONYMOUS = Identity()


def identity(request: gr.Request | Request | None) -> Identity:
    """Return the identity of a request, without a request to the Hub.

    On a Space it is in the session, which `SameOriginMiddleware` keeps for the app's own page only.
    """
    where = space_id()
    request = event_request(request)
    if request is None or request.request is None:
        return ANONYMOUS
    if where:
        return _from_oauth(oauth_info(request))
    if where is not None or not is_local_request(request):
        return ANONYMOUS
    return Identity(None, sign_in_method="login")


def _from_oauth(info: Mapping[str, object]) -> Identity:
    """Return the identity of the user who signed in at the Hub, unless the sign-in has expired."""
    token, until, user = (info.get(k) for k in ("access_token", "expires_at", "userinfo"))
    lasts = isinstance(until, int | float) and until > time.time()
    if not isinstance(token, str) or not token or not lasts:
        return Identity(sign_in_method="button")
    name = user.get("preferred_username") if isinstance(user, Mapping) else None
    return Identity(token, name if isinstance(name, str) and name else None, "button")


def is_local_request(request: gr.Request) -> bool:
    """Return whether this app's page, in a browser on the same machine, sent the request.

    A loopback address does not prove that: the request may have come through a local proxy, or from
    the page of a domain whose owner lets its name resolve to 127.0.0.1.
    """
    headers = request.headers
    names = {name.lower() for name in headers}
    if any(name in _PROXY_HEADERS or name.startswith("x-forwarded-") for name in names):
        return False
    host = parse_host(headers.get("host", ""))
    return (
        source_of(headers) is Source.OWN_PAGE
        and host is not None
        and host.name in _LOCAL
        and request.client is not None
        and _is_loopback(str(request.client.host))
    )


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
