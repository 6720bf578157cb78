"""Who may call the MCP server, and as whom: from the machine's own names, and as nobody."""

import httpx
import pytest

pytest.importorskip("mcp")
from launching import Sessions, app_context, serving, signed_in
from mcp_client import call, refusal, result
from starlette.middleware import Middleware

from charrnn.errors import UserError
from charrnn.ui.operations import training

HEADERS = {"accept": "application/json, text/event-stream"}
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
LETTERS = {"checkpoint": "ada/letters", "prefix": "ab", "length": 5}


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    with app_context(tmp_path_factory.mktemp("app"), proxies=1) as context:
        yield context


@pytest.fixture(scope="module")
def address(context):
    with serving(context, Middleware(Sessions)) as url:
        yield f"{url}/"


@pytest.fixture
def url(address, context, hub):
    """The address of the app, whose visitors have opened nothing yet."""
    context.hub_models.close()
    return address


def ping(url, **headers):
    return httpx.post(f"{url}gradio_api/mcp/", json=PING, headers=HEADERS | headers).status_code


def test_a_public_model_of_the_hub_writes(url, letters):
    assert result(url, "generate", **LETTERS)["text"].startswith("ab")


def test_a_sign_in_to_a_space_does_not_count_for_mcp(url, letters, hub, on_a_space):
    letters.private = True
    token = hub.token("ada")
    headers = signed_in("ada", token) | {"authorization": f"Bearer {token}"}
    assert "or it is private" in refusal(url, "generate", LETTERS, headers)


def test_a_hub_login_on_a_laptop_does_not_count_for_mcp(url, letters, hub, monkeypatch):
    letters.private = True
    monkeypatch.setenv("HF_TOKEN", hub.token("ada"))
    headers = {"origin": url.rstrip("/"), "sec-fetch-site": "same-origin"}
    assert "or it is private" in refusal(url, "generate", LETTERS, headers)


def test_a_caller_counts_as_the_user_of_its_address(url, monkeypatch):
    callers = []

    def start(context, given, caller):
        callers.append(caller)
        raise UserError("That is enough.")

    monkeypatch.setattr(training, "start", start)
    for one in ("8.8.8.8", "8.8.8.8", "9.9.9.9"):
        assert call(url, "train", {"text": "abc"}, {"x-forwarded-for": one}).isError
    first, second, other = (caller.client.id for caller in callers)
    assert first == second != other
    assert all(caller.token is False for caller in callers)


@pytest.mark.parametrize("host", ["localhost:7860", "127.0.0.1:7860", "[::1]:7860", "localhost"])
def test_on_a_laptop_local_names_are_answered(url, host):
    assert ping(url, host=host) == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "evil.example:7860"},
        {"host": "localhost.evil.example"},
        {"host": "evil.example", "origin": "http://evil.example"},
        {"origin": "https://evil.example"},
        {"origin": "http://[::1].evil.example"},
        {"origin": "null"},
    ],
)
def test_on_a_laptop_a_page_of_another_site_is_refused(url, headers):
    assert ping(url, **headers) in (403, 421)


def test_an_app_that_is_open_to_a_network_is_answered_under_any_name(url, monkeypatch):
    assert ping(url, host="192.168.1.5:7860") == 421
    monkeypatch.setenv("GRADIO_SERVER_NAME", "0.0.0.0")
    assert ping(url, host="192.168.1.5:7860") == 200


def test_a_space_is_answered_under_its_public_name(url, on_a_space, monkeypatch):
    monkeypatch.setenv("SPACE_HOST", "ada-charrnn.hf.space, ")
    assert ping(url, host="ada-charrnn.hf.space") == 200
    assert ping(url, host="ada-charrnn.hf.space", origin="https://agent.example") == 200
    assert ping(url, host="evil.example") == ping(url, host=":7860") == 421
