"""What every answer of the app tells a browser to forbid."""

import re

import httpx
import push_page
import pytest
from test_same_origin import EVIL, LINK, send

app = push_page.app
root = push_page.root

SPACE = {"SYSTEM": "spaces", "SPACE_ID": "owner/charrnn"}
TEXT = "<script>document.title = 'mine'</script>"


def policy(answer):
    parts = answer.headers["content-security-policy"].split("; ")
    return dict(part.partition(" ")[::2] for part in parts)


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/", [], 200),
        ("GET", "/config", [], 200),
        ("GET", "/gradio_api/info", [], 200),
        ("GET", "/robots.txt", [], 200),
        ("GET", "/no-such-page", [], 404),
        ("DELETE", "/", [], 405),
        ("POST", "/gradio_api/queue/join", [EVIL], 403),
        ("POST", "/gradio_api/queue/join", [("content-type", "application/json")], 422),
        ("GET", "/gradio_api/file=app.py", [], 403),
    ],
)
def test_every_answer_bears_them(app, method, path, headers, status):
    answer, _ = send(app, method, path, headers)
    assert answer.status == status
    assert policy(answer)["frame-ancestors"] == "'self'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"


def test_the_page_may_load_and_send_nothing_elsewhere(app):
    told = policy(send(app, "GET", "/")[0])
    assert told["connect-src"] == "'self'" and told["object-src"] == told["frame-src"] == "'none'"
    assert not re.search(r"https?:|wss?:|\*", " ".join(told.values()))


def test_a_space_is_framed_by_the_hub(app, monkeypatch):
    for name, value in SPACE.items():
        monkeypatch.setenv(name, value)
    answer, _ = send(app, "GET", "/", LINK)
    hub = "https://huggingface.co https://*.huggingface.co https://*.hf.space"
    assert policy(answer)["frame-ancestors"] == f"'self' {hub}"
    assert "x-frame-options" not in answer.headers


@pytest.mark.parametrize("name", ["page.html", "drawing.svg", "a.txt", "a.xml", "a.json"])
def test_a_file_of_somebody_s_is_no_page_of_the_app(app, name):
    uploaded = httpx.post(f"{app}/gradio_api/upload", files={"files": (name, TEXT)})
    (path,) = uploaded.json()
    for headers in ([], [("range", "bytes=0-100"), ("content-type", "text/html")]):
        answer, text = send(app, "GET", f"/gradio_api/file={path}", headers)
        assert answer.status in (200, 206) and text == TEXT
        told = policy(answer)
        assert told["default-src"] == "'none'" and told["sandbox"] == ""
        assert answer.headers["x-content-type-options"] == "nosniff"
