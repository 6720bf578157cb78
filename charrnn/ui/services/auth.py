"""Who somebody is at the Hub, and in whose name the page asks it for them.

On a Space visitors sign in, and their token travels in a cookie that the server has signed; it is
read when an event needs it and kept nowhere. On a laptop, the page in its own browser uses the
token that `hf auth login` stored. Every other request, such as a program's, sees what is public.
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
_PASSED_ON = ("forwarded", "via", "x-real-ip")  # and all that begin with x-forwarded-


@dataclass(frozen=True)
class Identity:
    """In whose name the Hub is asked: `token` as `charrnn.hub` takes it; `account`, the name on the
    Hub where it is known without asking. `sign_in_method` says how to sign in: by a button, by
    `hf auth login` in a terminal, or not at all."""

    token: Token = field(default=False, repr=False)
    account: str | None = None
    sign_in_method: SignInMethod = "none"

    @property
    def signed_in(self) -> bool:
        """Whether there is a token to push with."""
        return hub.signed_in() if self.token is None else self.token is not False


ANONYMOUS = Identity()


def identity(request: gr.Request | Request | None) -> Identity:
    """Find whose token a request may use, asking nobody.

    On a Space it is in the session, which `SameOrigin` leaves to the app's own page only.
    """
    where = space_id()
    request = event_request(request)
    if request is None or request.request is None:
        return ANONYMOUS
    if where:
        return _by_button(oauth_info(request))
    if where is not None or not is_local_request(request):
        return ANONYMOUS
    return Identity(None, sign_in_method="login")


def _by_button(told: Mapping[str, object]) -> Identity:
    """Whoever signed in at the Hub, for as long as that holds."""
    token, until, about = (told.get(k) for k in ("access_token", "expires_at", "userinfo"))
    lasts = isinstance(until, int | float) and until > time.time()
    if not isinstance(token, str) or not token or not lasts:
        return Identity(sign_in_method="button")
    name = about.get("preferred_username") if isinstance(about, Mapping) else None
    return Identity(token, name if isinstance(name, str) and name else None, "button")


def is_local_request(request: gr.Request) -> bool:
    """Whether this app's page, in a browser on this very machine, sent the request.

    A loopback address alone does not say so: the request may have come through a proxy here, or
    from a page of a domain whose owner lets its name resolve to 127.0.0.1.
    """
    headers = request.headers
    names = {name.lower() for name in headers}
    if any(name in _PASSED_ON or name.startswith("x-forwarded-") for name in names):
        return False
    host = parse_host(headers.get("host", ""))
    return (
        source_of(headers) is Source.OWN_PAGE
        and host is not None
        and host.name in _LOCAL
        and request.client is not None
        and _loopback(str(request.client.host))
    )


def _loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
