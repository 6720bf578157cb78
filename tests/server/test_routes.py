"""Which routes the app answers, what it fetches for a request (nothing), and what uploads leave."""

import json
import os
import re
import socket
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
import safehttpx
import serving
from starlette.routing import compile_path

from charrnn.ui.server.routes import CLOSED, OPEN, is_open

NOT_UPLOADED = "That file has not been uploaded to this app: upload it first."


served, http = serving.served, serving.http


@pytest.fixture
def elsewhere(monkeypatch):
    """A server that every name leads to, as if it were a public one; `connections` to it."""
    connections = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def serve():
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                connections.append(connection)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret")

        async def lead(hostname):
            return "127.0.0.1"

        monkeypatch.setattr(safehttpx, "async_validate_url", lead)
        threading.Thread(target=serve, daemon=True).start()
        yield SimpleNamespace(connections=connections, url=f"http://elsewhere.example:{port}/a.txt")
        listening.shutdown(socket.SHUT_RDWR)
    for connection in connections:
        connection.close()


# Open and closed routes


def templates(app):
    """The paths of all routes, as they are written."""
    paths = {route.path for route in app.routes if getattr(route, "path", None)}
    return {path.rstrip("/") or "/" for path in paths | set(app.openapi()["paths"])}


def as_shown(listed):
    """Templates as FastAPI shows them: without the kinds of their parameters."""
    return {compile_path(template)[1] for template in listed}


def test_every_route_is_open_or_closed_on_purpose(served):
    known = as_shown(OPEN) | as_shown(CLOSED)
    there = {compile_path(path)[1] for path in templates(served.app)}
    assert {re.sub("{path_or_url}", "{path}", path) for path in there} <= known
    assert as_shown(OPEN) & as_shown(CLOSED) == set()


def test_no_route_is_listed_that_gradio_has_no_more(served):
    there = {compile_path(path)[1] for path in templates(served.app)}
    sign_in = {"/login/huggingface", "/login/callback"}  # on a Space
    mcp = {"/gradio_api/mcp", "/gradio_api/mcp/schema"}  # where its package is installed
    assert as_shown(OPEN) | as_shown(CLOSED) <= there | sign_in | mcp


@pytest.mark.parametrize("template", CLOSED)
def test_a_closed_route_is_not_there(http, template):
    path = re.sub("{.*?}", "1", template)
    files = {"video": ("a.webm", b"video")}
    for spelt in (path, path + "/", path.replace("r", "%72"), path.replace("p", "%70")):
        assert http.get(spelt).status_code == 404
        assert http.post(spelt, files=files).status_code == 404
        assert http.post(spelt, json={"data": [], "session_hash": "a"}).status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/gradio_api", "/gradio_api/", "/docs", "/redoc", "/config/x", "/metrics", "/.git/config"],
)
def test_an_unlisted_route_is_closed(http, path):
    assert not is_open(path)
    assert http.get(path).status_code == 404


def test_no_session_needs_a_heartbeat(served):
    """Else the route of the heartbeat has to be open."""
    assert served.page.config["connect_heartbeat"] is False


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/config",
        "/config/",
        "/theme.css",
        "/favicon.ico",
        "/manifest.json",
        "/robots.txt",
        "/gradio_api/info",
        "/gradio_api/openapi.json",
        "/gradio_api/app_id",
    ],
)
def test_what_the_page_and_its_clients_need_is_open(http, path):
    assert http.get(path).status_code == 200


# Files by URL


def spellings(url):
    """A URL as somebody may have it read as a path."""
    scheme, rest = url.split("://")
    yield from (url, f"HTTP://{rest}", f"https://{rest}", f"//{rest}", f"/{url}", f"ftp://{rest}")
    yield from (f"{scheme}%3A%2F%2F{rest}", f"{scheme}%253A%252F%252F{rest}", f"%68ttp://{rest}")
    yield from (
        f"{scheme}:/{rest}",
        f"{scheme}:\\\\{rest}",
        f"\\\\{rest}",
        f"%20{url}",
        f"%09{url}",
    )


@pytest.mark.parametrize("route", ["gradio_api/file=", "gradio_api/proxy=", "gradio_api/file/"])
def test_no_url_is_served(http, elsewhere, route):
    for spelt in spellings(elsewhere.url):
        for method in ("GET", "HEAD"):
            got = http.request(method, f"{route}{spelt}", headers={"range": "bytes=0-3"})
            assert got.status_code in (403, 404) and b"secret" not in got.content
    assert elsewhere.connections == []


def disguises(path):
    """What Gradio takes for a file, wherever it stands."""
    file = {"path": path, "meta": {"_type": "gradio.FileData"}}
    yield from (file, [file], {"a": {"b": [[file]]}}, [{"value": file}], file | {"url": path})
    yield from (file | {"is_stream": True}, file | {"mime_type": "text/plain", "size": 1})


def finished(http, session):
    """Wait until all that a session has asked for is done."""
    with http.stream("GET", "gradio_api/queue/data", params={"session_hash": session}) as told:
        return "".join(told.iter_lines())


def test_no_event_fetches_what_its_arguments_name(served, http, elsewhere):
    events = [event for event in served.page.config["dependencies"] if event["backend_fn"]]
    assert len(events) > 10
    for event in events:
        for file in disguises(elsewhere.url):
            data = [file] * len(event["inputs"])
            for body in ({"data": data}, {"data": [None] * len(data), "event_data": file}):
                asked = body | {"fn_index": event["id"], "session_hash": "reader"}
                for path in ("queue/join", "run/predict"):
                    got = http.post(f"gradio_api/{path}", json=asked)
                    if got.status_code == 200 and path == "queue/join":
                        finished(http, "reader")
                    assert elsewhere.connections == [], event["api_name"]
                    if file in data or "event_data" in body:
                        assert (got.status_code, got.json()["detail"]) == (400, NOT_UPLOADED)


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data", ""])
def test_no_endpoint_fetches_what_its_arguments_name(http, elsewhere, kind):
    names = ("train", "stop", "generate", "score", "inspect", "find_units", "novelty", "models")
    for name in (*names, "recipes"):
        for file in disguises(elsewhere.url):
            for path in ("call", "run", "call/v2"):
                asked = {"corpus": file} if path == "call/v2" else {"data": [file] * 5}
                got = http.post(
                    f"gradio_api/{path}/{name}",
                    content=json.dumps(asked),
                    headers={"content-type": kind} if kind else {},
                )
                assert (got.status_code, got.json()["detail"]) == (400, NOT_UPLOADED)
    assert elsewhere.connections == []


def test_no_server_function_fetches_what_its_arguments_name(served, http, elsewhere):
    count = 0
    for component in served.page.config["components"]:
        for name in component["props"].get("server_fns") or ():
            for file in disguises(elsewhere.url):
                asked = {"component_id": component["id"], "fn_name": name, "data": file}
                asked |= {"session_hash": "reader"}
                got = http.post("gradio_api/component_server", json=asked)
                assert (got.status_code, got.json()["detail"]) == (400, NOT_UPLOADED)
                count += 1
    assert count > 20 and elsewhere.connections == []


@pytest.mark.parametrize("meta", [{"_type": "gradio.FileData"}, {}, None, "x", {"_type": []}])
def test_a_path_is_refused_alike_whether_it_is_there_or_not(served, http, meta):
    served.folder.mkdir(exist_ok=True)
    for path in (__file__, "/etc/passwd", "/nowhere", "", ".", "a\0b", "C:\\a", str(served.folder)):
        for file in ({"path": path, "meta": meta}, {"path": path, "meta": meta, "url": "/a"}):
            got = http.post("gradio_api/call/train", json={"data": [file]})
            assert (got.status_code, got.json()["detail"]) == (400, NOT_UPLOADED)


def test_an_uploaded_file_is_taken_and_its_url_is_left_out(http, elsewhere):
    [path] = http.post("gradio_api/upload", files={"files": ("a.txt", b"text " * 99)}).json()
    file = {"path": path, "url": elsewhere.url, "orig_name": "a.txt"}
    file |= {"meta": {"_type": "gradio.FileData"}}
    asked = {"data": [file, "", "sprint", {"nothing": 1}, None]}
    event = http.post("gradio_api/call/train", json=asked).json()["event_id"]
    assert "There is no setting" in http.get(f"gradio_api/call/train/{event}").text
    assert elsewhere.connections == []


def test_the_name_of_a_server_function_is_never_a_pattern(served, http, monkeypatch):
    looked = []
    monkeypatch.setattr(
        type(next(b for b in served.page.blocks.values() if b.get_block_name() == "html")),
        "__getattr__",
        lambda self, name: looked.append(name) or getattr({}, name),
    )
    component = next(c["id"] for c in served.page.config["components"] if c["type"] == "html")
    for name in ("a" * 500_000, "(a+)+$", "poll ", "__class__", "", 7, None, ["poll"]):
        asked = {"component_id": component, "fn_name": name, "data": None, "session_hash": "a"}
        got = http.post("gradio_api/component_server", json=asked)
        assert (got.status_code, got.json()["detail"]) == (404, "There is no such function.")
        assert name not in looked


def test_a_server_function_takes_no_files(served, http):
    component = next(c for c in served.page.config["components"] if c["props"].get("server_fns"))
    name = component["props"]["server_fns"][0]
    fields = {"component_id": component["id"], "fn_name": name, "session_hash": "a"}
    files = {"file": ("a.txt", b"text")}
    got = http.post("gradio_api/component_server", data=fields, files=files)
    assert (got.status_code, "not JSON" in got.json()["detail"]) == (400, True)


# Uploads


def left(folder):
    return [Path(place, name) for place, _, names in os.walk(folder) for name in names]


def until(condition):
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.01)


PART = (
    '--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{file}"\r\n'
    "Content-Type: text/plain\r\n\r\n"
)


def part(name="files", file="b.txt", boundary="x"):
    return PART.format(name=name, file=file, boundary=boundary).encode()


def test_an_upload_that_is_broken_off_leaves_nothing(served):
    before = left(served.folder)
    url = httpx.URL(served.url)
    for whole in (b"", part() + b"first\r\n"):
        with socket.create_connection((url.host, url.port)) as line:
            head = "POST /gradio_api/upload HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n"
            head += "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
            line.sendall(head.encode() + whole + part() + b"a" * 300_000)
            until(lambda: left(served.folder) != before)
        until(lambda: left(served.folder) == before)
    assert [path.name for path in served.folder.glob(".*")] == []


@pytest.mark.parametrize(
    "body",
    [
        part("other") + b"text\r\n--x--\r\n",
        part() + b"text",  # the end is missing
        part() + b"text\r\n" + part(),
        part() + b"a" * (3 << 19) + b"\r\n--x--\r\n",  # more than a file may have
        part() + b"text\r\n--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--\r\n",
        part() + b"text\r\n--xx",
    ],
)
def test_an_invalid_upload_leaves_nothing(served, http, body):
    before = left(served.folder)
    headers = {"content-type": "multipart/form-data; boundary=x"}
    got = http.post("gradio_api/upload", content=body, headers=headers)
    kept = [Path(path) for path in got.json()] if got.status_code == 200 else []
    assert set(left(served.folder)) - set(before) == set(kept)
    assert [path.name for path in served.folder.glob(".*")] == []


def test_an_upload_is_kept_under_a_digest_and_served(served, http):
    files = [("files", (name, text)) for name, text in (("a.txt", b"one"), ("b.txt", b"two"))]
    paths = [Path(path) for path in http.post("gradio_api/upload", files=files).json()]
    assert [path.read_bytes() for path in paths] == [b"one", b"two"]
    for path in paths:
        assert path.parent.parent == served.folder and len(path.parent.name) == 64
        assert http.get(f"gradio_api/file={path}").content == path.read_bytes()
        assert (
            http.get(f"gradio_api/file={path}", headers={"range": "bytes=0-0"}).status_code == 206
        )
        assert http.head(f"gradio_api/file={path}").status_code == 200
        assert str(path) in served.page.upload_file_set, "so that it goes after a day"


def test_the_progress_of_an_upload_can_be_followed(http):
    files = {"files": ("a.txt", b"text")}
    assert http.post("gradio_api/upload?upload_id=abc", files=files).status_code == 200
    assert '"done"' in http.get("gradio_api/upload_progress?upload_id=abc").text


def test_files_that_are_too_large_together_are_refused(http):
    files = [("files", (f"{i}.txt", bytes([65 + i]) * (1 << 20))) for i in range(4)]
    assert http.post("gradio_api/upload", files=files).status_code == 413
