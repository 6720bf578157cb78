"""An app in the process of the tests, so that they can look into it; and the one port at which
each app that is meant for a browser is, one after the other."""

import json
import secrets
import socket
import time
from contextlib import contextmanager
from functools import cache

import pytest
from huggingface_hub import constants

from charrnn.runs.limits import Limits
from charrnn.runs.manager import RunManager
from charrnn.ui import AppContext, build, launch_options


@cache
def port():
    """A free one; the same in all tests of this process, so that what a browser keeps of one app's
    page serves for the next. It is below those that systems give to whoever asks for any."""
    while True:
        candidate = secrets.choice(range(20_000, 30_000))
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", candidate)):
                return candidate


def address():
    """Where the app is."""
    return f"http://127.0.0.1:{port()}"


@contextmanager
def launched(root):
    """The address of an app in this process, whose models lie in `root`/shelf."""
    with app_context(root) as context, serving(context) as url:
        yield url


@contextmanager
def app_context(root, **limits):
    """What the app in this process knows of."""
    runs = RunManager(root / "runs", limits=Limits(**limits))
    with pytest.MonkeyPatch.context() as patch:
        on_loopback = constants.ENDPOINT.startswith("http://127.0.0.1")  # the fixture `hub`
        patch.setattr(constants, "HF_HUB_OFFLINE", not on_loopback)
        yield AppContext(runs, root / "shelf")
    runs.close()


@pytest.fixture
def context(tmp_path):
    """What an app in this process knows of: a test module takes it by assignment."""
    with app_context(tmp_path) as context:
        yield context


@contextmanager
def serving(context, *middleware):
    """The address of the app of a context, whose requests pass through `middleware` first."""
    page = build(context)
    options = launch_options(context)
    options["app_kwargs"]["middleware"] += middleware
    page.launch(server_port=port(), prevent_thread_lock=True, quiet=True, **options)
    yield address()
    page.close()


def signed_in(name, token, lasts=60):
    """The headers of somebody who has signed in to the Space, as `Sessions` reads them."""
    about = {"userinfo": {"preferred_username": name}, "expires_at": time.time() + lasts}
    return {"x-session": json.dumps({"oauth_info": about | {"access_token": token}})}


class Sessions:
    """Middleware that takes the session from a header, where a Space has it in a signed cookie."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        told = dict(scope.get("headers") or []).get(b"x-session", b"{}")
        await self.app(scope | {"session": json.loads(told)}, receive, send)
