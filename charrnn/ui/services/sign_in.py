"""Signing in with Hugging Face, where the app is a Space whose card asks for it (`hf_oauth`).

Gradio brings the routes: /login/huggingface leads to the Hub, and back to where `_target_url`
says; /logout forgets. Who has signed in is read from the request (`identity`).
"""

from __future__ import annotations

import importlib.util
import logging
import os
from typing import Any
from urllib.parse import urlsplit

import gradio as gr
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse

from ...utils.space import space_id

log = logging.getLogger(__name__)

SIGN_IN_PATH = "/login/huggingface"  # begins a sign-in: leads to the Hub
CALLBACK_PATH = "/login/callback"  # where the Hub sends the visitor back

_OAUTH_VARIABLES = ("SPACE_ID", "OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET", "OAUTH_SCOPES",
         "OPENID_PROVIDER_URL")  # fmt: skip


def add_sign_in_routes() -> bool:
    """Bring the routes into the Blocks that are open now, where they can work; whether they can.

    A Space that has not been told what it needs for them starts all the same, without.
    """
    if not oauth_configured():
        return False
    # Gradio attaches the routes for its own button. Ours stand where they are needed; this one is
    # never seen, and does not ask at each load who somebody is.
    gr.LoginButton(visible=False).load_event_to_attach = None
    return True


def oauth_exception_handlers() -> dict[Any, Any]:
    """The app's `exception_handlers`, so that a sign-in that fails, as where somebody says no, ends
    on the page that it began on; Gradio's routes let it end on a blank one."""
    if not oauth_configured():
        return {}
    from authlib.common.errors import AuthlibBaseError  # type: ignore[import-untyped]
    from httpx import HTTPError

    return {AuthlibBaseError: _redirect_back, HTTPError: _redirect_back}


def oauth_configured() -> bool:
    """Return whether this is a Space with all that a sign-in with Hugging Face needs."""
    told = bool(space_id()) and all(os.environ.get(name) for name in _OAUTH_VARIABLES)
    return told and all(map(importlib.util.find_spec, ("authlib", "itsdangerous")))


def _redirect_back(request: Request, error: Exception) -> RedirectResponse:
    if not request.url.path.startswith("/login/"):
        raise error
    log.warning("a sign-in failed by a %s", type(error).__name__)
    return RedirectResponse(return_address(request.query_params))


def return_address(query: QueryParams) -> str:
    """Find the page of this app that a sign-in was to return to, whatever host the query names."""
    try:
        target = urlsplit(query.get("_target_url", "/"))
    except ValueError:  # such as an unfinished IPv6 address
        return "/"
    path = "/" + target.path.lstrip("/\\")
    return f"{path}?{target.query}" if target.query else path
