"""What the middleware makes of a request, without an app around it."""

import pytest
from conftest import awaited
from starlette.datastructures import Headers

from charrnn.ui.server.client_id import COOKIE
from charrnn.ui.server.same_origin import SameOriginMiddleware

HOST = "owner-charrnn.hf.space"
EVIL = ("origin", "https://evil.example")
CROSS = ("sec-fetch-site", "cross-site")


def pass_on(headers, **scope):
    """The requests that reach the app, and the messages that it does not send itself."""
    reached, sent = [], []

    async def app(scope, receive, send):
        reached.append(Headers(scope=scope))

    async def send(message):
        sent.append(message)

    raw = [(name.encode(), value.encode()) for name, value in [("host", HOST), *headers]]
    scope |= {"headers": raw, "path": "/gradio_api/queue/join", "query_string": b""}
    awaited(SameOriginMiddleware(app)(scope, None, send))
    return reached, sent


@pytest.mark.parametrize(
    ("headers", "counts"), [([], True), ([EVIL], False), ([CROSS], False), ([CROSS, EVIL], False)]
)
def test_a_program_may_have_a_share_of_its_own_and_another_site_s_page_not_the_user_s(
    monkeypatch, headers, counts
):
    monkeypatch.setenv("SYSTEM", "spaces")
    monkeypatch.setenv("SPACE_ID", "owner/charrnn")
    cookies = ("cookie", f"session=x; {COOKIE}=y; other=z")
    ((reached,), _) = pass_on([*headers, cookies], type="http", method="POST")
    assert reached.getlist("cookie") == ([f"{COOKIE}=y"] if counts else [])


@pytest.mark.parametrize("headers", [[EVIL], [CROSS]])
def test_on_a_laptop_another_site_s_page_opens_no_socket(monkeypatch, headers):
    for name in ("SYSTEM", "SPACE_ID"):
        monkeypatch.delenv(name, raising=False)
    reached, sent = pass_on(headers, type="websocket")
    assert reached == []
    assert [(message["type"], message["code"]) for message in sent] == [("websocket.close", 1008)]
