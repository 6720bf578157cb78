"""Sign-in with Hugging Face, on a Space whose card requests it (`hf_oauth`).

Gradio has the routes: /login/huggingface redirects to the Hub, and then to `_target_url`; /logout
ends the session. The signed-in user is read from the request (`auth.identity`).
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

SIGN_IN_PATH = "/login/huggingface"  # redirects to the Hub
CALLBACK_PATH = "/login/callback"  # where the Hub redirects the user to

_OAUTH_VARIABLES = ("SPACE_ID", "OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET", "OAUTH_SCOPES",
         "OPENID_PROVIDER_URL")  # fmt: skip


def add_sign_in_routes() -> bool:
    """Add the routes to the open Blocks if they can work; return whether they can.

    A Space without the necessary settings starts without them.
    """
    if not oauth_configured():
        return False
    # Gradio adds the routes if there is a button of its own. This one is invisible, and sends no
    # request when the page loads.
    gr.LoginButton(visible=False).load_event_to_attach = None
    return True


def oauth_exception_handlers() -> dict[Any, Any]:
    """Return `exception_handlers` that redirect a failed sign-in to the page where it began.

    Without them, a sign-in that the user refuses ends on a blank page.
    """
    if not oauth_configured():
        return {}
    from authlib.common.errors import AuthlibBaseError  # type: ignore[import-untyped]
    from httpx import HTTPError

    return {AuthlibBaseError: _redirect_back, HTTPError: _redirect_back}


def oauth_configured() -> bool:
    """Return whether this is a Space with all settings for a sign-in with Hugging Face."""
    is_set = bool(space_id()) and all(os.environ.get(name) for name in _OAUTH_VARIABLES)
    return is_set and all(map(importlib.util.find_spec, ("authlib", "itsdangerous")))


def _redirect_back(request: Request, error: Exception) -> RedirectResponse:
    if not request.url.path.startswith("/login/"):
        raise error
    log.warning("a sign-in failed by a %s", type(error).__name__)
    return RedirectResponse(return_address(request.query_params))


def return_address(query: QueryParams) -> str:
    """Return the page of this app to which a sign-in returns, whatever host the query names."""
    try:
        target = urlsplit(query.get("_target_url", "/"))
    except ValueError:  # such as an unfinished IPv6 address
        return "/"
    path = "/" + target.path.lstrip("/\\")
    return f"{path}?{target.query}" if target.query else path
