"""Whose Hub token a request uses: never the stored one for a client on another machine."""

import logging
import time

import gradio as gr
import pytest
from starlette.requests import Request

from charrnn.ui.server.auth import Identity, identity

HERE = [("host", "127.0.0.1:7860"), ("origin", "http://127.0.0.1:7860")]
TOKEN = "hf_of_a_visitor"


@pytest.fixture(autouse=True)
def laptop(monkeypatch):
    for name in ("SYSTEM", "SPACE_ID"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def space(monkeypatch):
    monkeypatch.setenv("SYSTEM", "spaces")
    monkeypatch.setenv("SPACE_ID", "ada/charrnn")


def asked(headers=HERE, client=("127.0.0.1", 5), session=None):
    scope = {
        "type": "http", "headers": [(k.encode(), v.encode()) for k, v in headers],
        "client": client, "session": {} if session is None else {"oauth_info": session},
    }  # fmt: skip
    return gr.Request(Request(scope))


def signed_in(**more):
    about = {"access_token": TOKEN, "expires_at": time.time() + 60}
    return asked(session=about | {"userinfo": {"preferred_username": "ada"}} | more)


@pytest.mark.parametrize(
    "headers",
    [
        HERE,
        [("host", "localhost:7860"), ("origin", "http://localhost:7860")],
        [("host", "[::1]:7860"), ("origin", "http://[::1]:7860")],
        [("host", "LOCALHOST"), ("sec-fetch-site", "same-origin")],
    ],
)
@pytest.mark.parametrize("client", [("127.0.0.1", 5), ("::1", 5)])
def test_the_page_on_this_machine_uses_the_stored_token(headers, client):
    assert identity(asked(headers, client)) == Identity(None, None, "login")
    inner = asked(headers, client).request
    assert identity(inner) == Identity(None, None, "login"), "as a server function gets it"


@pytest.mark.parametrize(
    "forged",
    [
        {"client": ("192.168.1.7", 5)},
        {"client": ("not an address", 5)},
        {"client": None},
        {"headers": [("host", "127.0.0.1:7860")]},  # a program
        {"headers": [("host", "evil.com"), ("origin", "http://evil.com")]},  # may point here
        {"headers": [("host", "evil.com")]},
        {"headers": [("host", "127.0.0.1.evil.com")]},
        {"headers": [("host", "localhost@evil.com")]},
        {"headers": [("host", "evil.com#@localhost")]},
        {"headers": [("host", "[::1")]},
        {"headers": [("host", "")]},
        {"headers": []},
        {"headers": [("host", "evil.com"), ("host", "localhost")]},
        {"headers": [("host", "localhost"), ("host", "evil.com")]},
        {"headers": [*HERE, ("x-forwarded-for", "127.0.0.1")]},
        {"headers": [*HERE, ("X-Forwarded-Host", "localhost")]},
        {"headers": [*HERE, ("x-forwarded-proto", "http")]},
        {"headers": [*HERE, ("Forwarded", "for=127.0.0.1")]},
        {"headers": [*HERE, ("x-real-ip", "127.0.0.1")]},
        {"headers": [*HERE, ("via", "1.1 proxy")]},
        {"headers": [("host", "127.0.0.1:7860"), ("origin", "https://evil.com")]},
        {"headers": [("host", "127.0.0.1:7860"), ("origin", "null")]},
        {"headers": [("host", "127.0.0.1:7860"), ("origin", "http://127.0.0.1:8888")]},
        {"headers": [("host", "127.0.0.1:7860"), ("origin", "http://[::1].evil.com")]},
        {"headers": [*HERE, ("sec-fetch-site", "same-site")]},
        {"headers": [("host", "127.0.0.1:7860"), ("sec-fetch-site", "cross-site")]},
    ],
)
def test_other_requests_are_anonymous(forged):
    assert identity(asked(**forged)) == Identity(False, None, "none")
    assert not identity(asked(**forged)).signed_in


def test_a_call_without_a_request_is_anonymous():
    assert identity(None).token is False
    bare = gr.Request(headers={"host": "localhost"}, client={"host": "127.0.0.1"})
    assert identity(bare).token is False


def test_a_session_counts_on_a_space_only():
    assert identity(signed_in()).token is None, "whoever sits here, not who the cookie names"
    session = signed_in().request["session"]["oauth_info"]
    stranger = asked([("host", "a.lan")], ("10.0.0.7", 5), session)
    assert identity(stranger).token is False


def test_on_a_space_the_token_is_the_user_s_own(space):
    assert identity(signed_in()) == Identity(TOKEN, "ada", "button")
    assert identity(signed_in()).signed_in
    assert identity(asked()) == Identity(False, None, "button"), "loopback is its proxy there"


@pytest.mark.parametrize(
    "about",
    [
        {"expires_at": time.time() - 1},
        {"expires_at": None},
        {"expires_at": "tomorrow"},
        {"access_token": None},
        {"access_token": ""},
        {"access_token": ["hf_x"]},
    ],
)
def test_an_expired_or_invalid_session_is_anonymous(space, about):
    assert identity(signed_in(**about)) == Identity(False, None, "button")


@pytest.mark.parametrize("about", [None, "ada", {}, {"preferred_username": 7}])
def test_a_token_without_a_user_name_is_used(space, about):
    assert identity(signed_in(userinfo=about)) == Identity(TOKEN, None, "button")


@pytest.mark.parametrize("session", ["x", ["x"], 7])
def test_a_session_of_another_format_is_anonymous(space, session):
    assert identity(asked(session=session)).token is False


@pytest.mark.parametrize("told", [{"SPACE_ID": "ada/x"}, {"SYSTEM": "spaces"}])
def test_where_a_space_is_possible_the_stored_token_is_not_used(monkeypatch, told):
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    assert identity(asked()).token is False
    assert identity(signed_in()).token is False


def test_whether_a_token_is_stored_on_this_machine(hub, tmp_path):
    here = identity(asked())
    assert not here.signed_in
    (tmp_path / "no-token").write_text(hub.token("ada"))
    assert here.signed_in


def test_the_repr_of_an_identity_hides_the_token(space, caplog):
    caplog.set_level(logging.DEBUG)
    who = identity(signed_in())
    logging.getLogger().warning("%s %r %s", who, who, [who])
    with pytest.raises(AttributeError) as raised:
        who.nothing  # noqa: B018
    assert TOKEN not in caplog.text + str(raised.value) + str(who) + repr({"who": who})
