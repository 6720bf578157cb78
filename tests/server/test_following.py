"""The loop of docs/using.md that trains across lost connections, over connections that are lost."""

import re
import socket
import threading
from contextlib import suppress
from urllib.parse import urlsplit

import endpoints
import pytest
from conftest import ROOT

small, context, url = endpoints.small, endpoints.context, endpoints.url
TEXT = "the tide comes in and the tide goes out\n" * 60
SETTINGS = {"hidden_size": 16, "layers": 1, "epochs": 12, "batch_size": 4, "steps": 16}


class Line:
    """A connection to the app that can be cut."""

    def __init__(self, url):
        self.target = (urlsplit(url).hostname, urlsplit(url).port)
        self.sockets = []
        self.server = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.server.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with suppress(OSError):
            while True:
                pair = self.server.accept()[0], socket.create_connection(self.target)
                self.sockets += pair
                for source, sink in (pair, pair[::-1]):
                    threading.Thread(target=self.pass_on, args=(source, sink), daemon=True).start()

    def pass_on(self, source, sink):
        with suppress(OSError):
            while data := source.recv(1 << 16):
                sink.sendall(data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)

    def cut(self):
        for end in self.sockets:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self.sockets.clear()


@pytest.fixture
def line(url):
    line = Line(url)
    yield line
    line.cut()
    line.server.close()


@pytest.fixture(scope="module")
def train():
    """The function of the documentation."""
    text = (ROOT / "docs" / "using.md").read_text("utf-8")
    [code] = [one for one in re.findall(r"```python\n(.*?)```", text, re.S) if "def train(" in one]
    names = {}
    exec(code, names)
    return names["train"]


def test_no_event_is_lost_or_told_twice_where_the_connection_breaks(line, train, context):
    told = []
    for event in train(line.address, text=TEXT, settings=SETTINGS):
        told.append(event)
        if len(told) in (3, 6):
            line.cut()
    recorded, _ = context.runs.find(told[0]["run"]).read_events()
    assert [one["seconds"] for one in told] == [one["seconds"] for one in recorded]
    assert [one["event"] for one in told] == [one["event"] for one in recorded]
    assert told[-1]["reason"] == "finished"


def test_an_error_is_raised(line, train):
    with pytest.raises(RuntimeError, match="hidden_size = -3"):
        list(train(line.address, text=TEXT, settings={"hidden_size": -3}))
