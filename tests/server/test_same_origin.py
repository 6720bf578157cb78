"""Other sites' pages and programs never act as the visitor, whatever they send."""

import base64
import hashlib
import http.client
import json
import time
from urllib.parse import urlsplit

import gradio.oauth
import itsdangerous
import push_page
import pytest
from elsewhere import components
from gradio.routes import App
from launching import app_context
from push_page import log_in
from starlette.testclient import TestClient

from charrnn.ui import build, launch_options

app = push_page.app
root = push_page.root

SPACE = {
    "SYSTEM": "spaces",
    "SPACE_ID": "owner/charrnn",
    "SPACE_HOST": "owner-charrnn.hf.space,charrnn.example",
    "OAUTH_CLIENT_ID": "the-space",
    "OAUTH_CLIENT_SECRET": "what-only-the-space-knows",
    "OAUTH_SCOPES": "openid profile",
    "OPENID_PROVIDER_URL": "http://127.0.0.1:1",
}
HOST = "owner-charrnn.hf.space"
EVIL = ("origin", "https://evil.example")
CROSS = ("sec-fetch-site", "cross-site")
LINK = [CROSS, ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")]
ANONYMOUS = {"signInMethod": "button", "signedIn": False, "account": None}
ADA = {"signInMethod": "button", "signedIn": True, "account": "ada"}

# What pages of other sites send, and what no browser sends; HOST stands for the app's own.
FOREIGN = [
    [("origin", "null")],
    [("origin", "")],
    [("origin", "https://evil.example")],
    [("origin", "http://[::1].evil.example")],
    [("origin", "HTTP://[::1].EVIL.EXAMPLE")],
    [("origin", "http://[::1")],
    [("origin", "http://localhost.evil.example")],
    [("origin", "http://HOST.evil.example")],
    [("origin", "http://HOST@evil.example")],
    [("origin", "http://HOST:pass@evil.example")],
    [("origin", "http://evil.example#HOST")],
    [("origin", "http://evil.example/HOST")],
    [("origin", "http://HOST/")],
    [("origin", "http://HOST.")],
    [("origin", "http://HOST:1")],
    [("origin", "http://127.0.0.1:1")],
    [("origin", "file://HOST")],
    [("origin", "chrome-extension://HOST")],
    [("origin", "HOST")],
    [("origin", "http://HOST, https://evil.example")],
    [("origin", "http://HOST"), EVIL],
    [EVIL, ("origin", "http://HOST")],
    [("origin", "http://HOST"), CROSS],
    [("origin", "http://HOST"), ("sec-fetch-site", "same-site")],
    [("sec-fetch-site", "same-origin"), CROSS],
    [("sec-fetch-site", "same-site")],
    [("sec-fetch-site", "of-tomorrow")],
    [CROSS],
    LINK,
    [EVIL, ("sec-fetch-site", "same-origin")],
    [EVIL, ("x-forwarded-host", "evil.example")],
]


def sent_to(host, headers):
    return [(name, value.replace("HOST", host)) for name, value in headers]


def send(app, method, path, headers=(), body="", host=None):
    """Send these headers, and no others, to an app that listens: the answer and its text."""
    line = http.client.HTTPConnection(urlsplit(app).netloc, timeout=90)
    line.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in [("host", host or urlsplit(app).netloc), *headers]:
        line.putheader(name, value)
    line.putheader("content-length", str(len(body)))
    line.endheaders(body.encode())
    answer = line.getresponse()
    text = answer.read().decode()
    line.close()
    return answer, text


@pytest.fixture(scope="module")
def call(app):
    """The body of a call of the server function that tells who is signed in."""
    push = components(json.loads(send(app, "GET", "/config")[1]))["push"]
    return {"component_id": push, "fn_name": "account_status", "data": None, "session_hash": "x"}


@pytest.fixture
def who(app, call, hub):
    """Ask the app on a laptop, at which ada is logged in, who is: its answer, or its refusal."""
    log_in(hub)

    def who(headers, host=None):
        path = "/gradio_api/component_server"
        answer, text = send(app, "POST", path, headers, json.dumps(call), host)
        return json.loads(text) if answer.status == 200 else (answer.status, text)

    return who


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_on_a_laptop_another_site_s_page_is_refused(app, who, headers):
    status, text = who(sent_to(urlsplit(app).netloc, headers))
    assert status == 403
    assert text.count("\n") == 1 and "another site's page" in text and "ada" not in text


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
@pytest.mark.parametrize("site", [[], [("sec-fetch-site", "same-origin")]])
def test_on_a_laptop_the_page_is_whoever_is_logged_in_there(app, who, name, site):
    host = f"{name}:{urlsplit(app).port}"
    in_full = {"signInMethod": "login", "signedIn": True, "account": "ada"}
    assert who([("origin", f"http://{host}"), *site], host) == in_full


@pytest.mark.parametrize(
    ("host", "headers"),
    [
        (None, []),  # a program
        ("localhost:7860", [("user-agent", "curl/8")]),
        ("192.168.1.7:7860", [("origin", "http://192.168.1.7:7860")]),  # of the same network
        ("evil.example", [("origin", "http://evil.example")]),  # a name that leads to 127.0.0.1
        ("evil.example", [("sec-fetch-site", "same-origin")]),
        ("localhost.:7860", [("origin", "http://localhost.:7860")]),
        # A tunnel that changes the Host header; the browser vouches for the page.
        (
            "localhost:7860",
            [
                ("origin", "https://demo.example"),
                ("sec-fetch-site", "same-origin"),
                ("x-forwarded-host", "demo.example"),
            ],
        ),
    ],
)
def test_on_a_laptop_all_others_are_served_as_nobody(who, host, headers):
    assert who(headers, host) == {"signInMethod": "none", "signedIn": False, "account": None}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/gradio_api/queue/join"),
        ("POST", "/gradio_api/upload"),
        ("POST", "/gradio_api/call/generate"),
        ("POST", "/gradio_api/run/stop"),
        ("POST", "/gradio_api/cancel"),
        ("POST", "/gradio_api/mcp/"),
        ("PUT", "/"),
        ("DELETE", "/"),
        ("PATCH", "/"),
        ("OPTIONS", "/gradio_api/queue/join"),
        ("GET", "/gradio_api/queue/data?session_hash=x"),
        ("GET", "/gradio_api/file=app.py"),
        ("GET", "/gradio_api/heartbeat/x"),
        ("GET", "/config"),
        ("GET", "/logout"),
        ("GET", "/"),
    ],
)
@pytest.mark.parametrize("headers", [[EVIL], [CROSS]], ids=str)
def test_on_a_laptop_no_route_serves_another_site_s_page(app, method, path, headers):
    preflight = [("access-control-request-method", "POST")] if method == "OPTIONS" else []
    answer, text = send(app, method, path, [*headers, *preflight])
    assert answer.status == 403 and "another site's page" in text
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_on_a_laptop_another_site_may_link_to_the_page_and_to_nothing_else(app):
    assert send(app, "GET", "/?run=x", LINK)[0].status == 200
    for path in ("/logout", "/config", "/gradio_api/file=app.py", "/gradio_api/heartbeat/x"):
        assert send(app, "GET", path, LINK)[0].status == 403
    assert send(app, "POST", "/", LINK)[0].status == 403


@pytest.fixture(scope="module")
def space_app(tmp_path_factory):
    with (
        pytest.MonkeyPatch.context() as patch,
        app_context(tmp_path_factory.mktemp("space")) as context,
    ):
        for name, value in SPACE.items():
            patch.setenv(name, value)
            if hasattr(gradio.oauth, name):  # read when the module was imported
                patch.setattr(gradio.oauth, name, value)
        page = build(context)
        app = App.create_app(page, app_kwargs=launch_options(context)["app_kwargs"])
        patch.undo()  # the tests of a laptop may run in between
        with TestClient(app, base_url=f"http://{HOST}", follow_redirects=False) as client:
            yield client


@pytest.fixture
def space(space_app, monkeypatch, hub):
    """The app as a Space has it, behind a proxy: a client that keeps no cookies."""
    for name, value in SPACE.items():
        monkeypatch.setenv(name, value)
    space_app.cookies.clear()
    return space_app


def cookie(**kept):
    """The session of somebody who has signed in."""
    about = {"access_token": "hf_ada", "expires_at": time.time() + 60}
    session = {"oauth_info": about | {"userinfo": {"preferred_username": "ada"}}} | kept
    key = hashlib.sha256(f"{SPACE['OAUTH_CLIENT_SECRET']}-v4".encode()).hexdigest()
    signed = itsdangerous.TimestampSigner(key).sign(base64.b64encode(json.dumps(session).encode()))
    return ("cookie", f"session={signed.decode()}")


def asks_who(space, headers):
    push = components(space.get("/config").json())["push"]
    call = {"component_id": push, "fn_name": "account_status", "session_hash": "x", "data": None}
    headers = [*headers, cookie(), ("content-type", "text/plain")]
    url = "/gradio_api/component_server"
    return space.post(url, content=json.dumps(call), headers=headers)


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_on_a_space_another_site_s_page_is_nobody(space, headers):
    answer = asks_who(space, sent_to(HOST, headers))
    assert answer.json() == ANONYMOUS
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        [("origin", f"https://{HOST}")],
        [("origin", f"https://{HOST}"), ("sec-fetch-site", "same-origin")],
        [("sec-fetch-site", "same-origin")],
        [("sec-fetch-site", "none")],
        [("origin", f"https://{HOST}"), ("host", "10.1.2.3:7860")],
        [("origin", "https://charrnn.example"), ("host", "10.1.2.3:7860")],
        [("origin", "https://charrnn.example"), ("host", "charrnn.example:443")],
    ],
)
def test_on_a_space_the_page_is_whoever_has_signed_in(space, headers):
    assert asks_who(space, headers).json() == ADA


def test_on_a_space_a_program_is_nobody_with_whatever_cookie(space):
    assert asks_who(space, []).json() == ANONYMOUS
    assert space.get("/gradio_api/info").status_code == 200


def test_on_a_space_a_page_of_another_site_may_call_without_credentials(space):
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "x-a"}
    answer = space.options("/gradio_api/queue/join", headers=dict([EVIL]) | asked)
    assert answer.status_code == 200 and answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


def test_only_the_page_signs_out(space):
    for headers in (LINK, [EVIL], [CROSS], []):
        answer = space.get("/logout", headers=[*headers, cookie()])
        assert "set-cookie" not in answer.headers
    answer = space.get("/logout", headers=[("sec-fetch-site", "same-origin"), cookie()])
    assert "session=null" in answer.headers["set-cookie"]


def test_another_site_s_page_cannot_begin_a_sign_in(space):
    for target, page in (("/?run=x", "/?run=x"), ("//evil.example", "/"), ("http://[", "/")):
        address = f"/login/huggingface?_target_url={target}"
        answer = space.get(address, headers=[*LINK, cookie()])
        assert answer.status_code == 303 and answer.headers["location"] == page
        assert "set-cookie" not in answer.headers, "the session that there is stays"


@pytest.mark.parametrize("headers", [LINK, [("sec-fetch-site", "same-origin")], []], ids=str)
def test_the_hub_sends_back_whoever_signed_in(space, headers):
    begun = cookie(_state_huggingface_x={"data": {}})
    answer = space.get("/login/callback?code=1&state=y", headers=[*headers, begun])
    assert "set-cookie" in answer.headers, "the session was read: it began another sign-in"


@pytest.mark.parametrize("headers", [[CROSS], [EVIL], [("origin", "null"), *LINK]], ids=str)
def test_another_site_s_page_does_not_reach_the_callback_unseen(space, headers):
    begun = cookie(_state_huggingface_x={"data": {}})
    answer = space.get("/login/callback?code=1&state=y", headers=[*headers, begun])
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("headers", [LINK, [("sec-fetch-site", "none")], []], ids=str)
def test_whoever_opens_the_page_keeps_the_share_of_their_browser(app, headers):
    first, _ = send(app, "GET", "/", headers)
    client = first.headers["set-cookie"].partition(";")[0]
    again, _ = send(app, "GET", "/", [*headers, ("cookie", f"session=x; {client}")])
    assert again.status == 200 and "set-cookie" not in again.headers
