"""An app in the process of the tests, so that they can look into it; and the one port at which
each app that is meant for a browser is, one after the other."""

import json
import secrets
import socket
from contextlib import contextmanager
from functools import cache

from charrnn.ui import House, build, launch_options
from charrnn.workers import Runs


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
    with housed(root) as house, serving(house) as url:
        yield url


@contextmanager
def housed(root):
    """What the app in this process knows of."""
    runs = Runs(root / "runs")
    yield House(runs, root / "shelf")
    runs.close()


@contextmanager
def serving(house, *middleware):
    """The address of the app of a house, whose requests pass through `middleware` first."""
    page = build(house)
    options = launch_options(house)
    options["app_kwargs"]["middleware"] += middleware
    page.launch(server_port=port(), prevent_thread_lock=True, quiet=True, **options)
    yield address()
    page.close()


class Sessions:
    """Middleware that takes the session from a header, where a Space has it in a signed cookie."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        told = dict(scope.get("headers") or []).get(b"x-session", b"{}")
        await self.app(scope | {"session": json.loads(told)}, receive, send)
