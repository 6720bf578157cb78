"""/generate and /score with models of the Hub: over HTTP, each in the name of who asks."""

import time

import pytest
from endpoints import ask, refusal
from gradio_client import Client
from huggingface_hub import constants
from launching import Sessions, app_context, serving, signed_in
from starlette.middleware import Middleware

from charrnn.checkpoint.format import WEIGHTS
from charrnn.hub import cache, client
from charrnn.ui.services import hub_models
from charrnn.ui.services.ttl_cache import TTLCache


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    with app_context(tmp_path_factory.mktemp("app")) as context:
        yield context


@pytest.fixture(scope="module")
def address(context):
    with serving(context, Middleware(Sessions)) as url:
        yield url


@pytest.fixture
def app(context, address, hub):
    """The address of the app, whose visitors have opened nothing yet."""
    context.hub_models.close()
    return address


@pytest.fixture
def visitor(app, hub, on_a_space):
    """A client of somebody who has signed in to the Space, or of nobody."""

    def sign_in(name=None, token=None, lasts=60):
        headers = signed_in(name, token or hub.token(name), lasts) if name else {}
        return Client(app, verbose=False, headers=headers, analytics_enabled=False)

    return sign_in


def generate(client, model="ada/letters"):
    return ask(client, "/generate", checkpoint=model, prefix="ab", length=5, mode="greedy")


def refused(client, model="ada/letters"):
    said = refusal(client, "/generate", checkpoint=model, prefix="ab", length=5)
    assert refusal(client, "/score", checkpoint=model, text="ab") == said
    assert "hf_" not in said and "127.0.0.1" not in said
    return said


def test_models_lists_the_public_models_of_the_hub_and_none_where_it_is_out_of_reach(
    letters, visitor, hub, context, monkeypatch
):
    monkeypatch.setattr(context.hub_listing, "_lists", TTLCache(seconds=-1.0))
    [model] = ask(visitor(), "/models")
    assert (model["name"], model["source"], model["parameters"]) == ("ada/letters", "hub", None)
    assert generate(visitor(), model["name"])
    letters.private = True
    assert ask(visitor("ada"), "/models") == []
    letters.private = False
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert ask(visitor(), "/models") == []


def test_a_model_of_the_hub_writes_and_scores_by_its_name(letters, visitor, hub):
    letters.tags["v1"] = letters.sha
    nobody = visitor()
    text = generate(nobody)
    assert text.startswith("ab") and len(text) == 7
    assert generate(nobody, "ada/letters@v1") == text
    assert ask(nobody, "/score", checkpoint="ada/letters", text="abcabc")["characters"] == 5
    asked = len(hub.asked)
    assert generate(nobody) == text
    assert len(hub.asked) == asked, "remembered"
    assert [one["name"] for one in ask(nobody, "/models")] == ["ada/letters"]


def test_a_run_starts_from_a_model_of_the_hub_and_keeps_its_revision(
    letters, visitor, hub, context
):
    short = {"epochs": 1, "batch_size": 4, "steps": 16}
    given = {"text": "abc cab bca " * 60, "recipe": "custom", "settings": short}
    letters.tags["v1"] = letters.sha
    for name in ("ada/letters", "ada/letters@v1"):
        start, *_, end = visitor().submit(**given, start=name, api_name="/train")
        assert end["reason"] == "finished"
        assert start["started_from"]["model"] == "ada/letters"
        assert start["started_from"]["revision"] == letters.sha
    manifest = context.runs.find(start["run"]).manifest
    assert manifest["started_from"]["revision"] == letters.sha
    letters.private = True
    said = refusal(visitor("bob"), "/train", **given, start="ada/letters")
    assert "or it is private" in said
    start, *_ = visitor("ada").submit(**given, start="ada/letters", api_name="/train")
    assert start["started_from"]["model"] == "ada/letters"


def test_a_private_model_is_never_shared_between_users(letters, visitor, hub):
    letters.private = True
    ada, bob, nobody = visitor("ada"), visitor("bob"), visitor()
    for _ in range(2):
        assert generate(ada).startswith("ab")
        for other in (bob, nobody):
            assert refused(other).startswith("There is no model ada/letters on the Hub, or it is")
    assert not any(cache.public().rglob(WEIGHTS))
    hub.add("bob/letters", letters.files, private=True)
    assert generate(bob, "bob/letters").startswith("ab")
    assert "or it is private" in refused(ada, "bob/letters")
    assert "or it is private" in refused(nobody, f"ada/letters@{letters.sha}")


def test_the_servers_hub_login_does_not_serve_its_users(letters, visitor, hub, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", hub.token("ada"))
    letters.private = True
    assert "or it is private" in refused(visitor())
    assert "or it is private" in refused(visitor("bob"))
    assert hub.tokens[client.own_token()][0] == "ada"
    assert f"Bearer {client.own_token()}" not in {given for _, _, given in hub.asked}


def test_on_a_laptop_only_its_own_page_uses_the_hub_login(app, letters, hub, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", hub.token("ada"))
    letters.private = True
    page = Client(app, verbose=False, headers={"origin": app}, analytics_enabled=False)
    assert generate(page).startswith("ab")
    for headers in (
        {},  # a program
        {"origin": app, "x-forwarded-for": "9.9.9.9"},
        {"origin": "http://evil.com", "host": "evil.com"},
    ):
        other = Client(app, verbose=False, headers=headers, analytics_enabled=False)
        assert "or it is private" in refused(other)


def test_an_expired_session_opens_no_private_model(letters, visitor):
    letters.private = True
    ada, late = visitor("ada"), visitor("ada", lasts=-1)
    assert generate(ada).startswith("ab")
    assert "or it is private" in refused(late)


def test_a_revoked_token_stops_working_soon(letters, visitor, hub, monkeypatch):
    monkeypatch.setattr(hub_models, "TTL_SECONDS", 0.0)
    letters.private = True
    token = hub.token("ada")
    ada = visitor("ada", token)
    assert generate(ada).startswith("ab")
    del hub.tokens[token]
    assert refused(ada) == "The Hub does not accept this token: sign in again."


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("ada/nothing", "There is no model ada/nothing on the Hub, or it is private"),
        ("ada/letters@no", "ada/letters@no has no such revision on the Hub: check"),
        ("ada/gated", "ada/gated is gated: request access on its page on the Hub"),
        ("ada/pickle", "ada/pickle is not a charrnn model: it has no model.safetensors."),
        ("ada/damaged", "This checkpoint cannot be opened: model.safetensors is not a readable"),
        ("ada/huge", "ada/huge has a model.safetensors of "),
        ("https://hf.co/ada/letters", "There is no model called 'https://hf.co/ada/letters'"),
        ("ada/letters@../..", "There is no model called 'ada/letters@../..'"),
    ],
)
def test_each_refusal_has_a_message(letters, visitor, hub, model, said):
    files = letters.files
    hub.add("ada/gated", files, gated="manual")
    hub.add("ada/pickle", {"pytorch_model.bin": b"\x80\x04."})
    hub.add("ada/damaged", files | {WEIGHTS: files[WEIGHTS][:-9]})
    hub.add("ada/huge", files | {WEIGHTS: bytes((64 << 20) + 1)})
    assert refused(visitor(), model).startswith(said)


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        ({"status": 503}, "The Hub has an internal error (503): try again later."),
        ({"status": 429, "headers": {"Retry-After": "30"}}, "Too many requests to the Hub"),
        ({"body": b"<html>"}, "The Hub sent an unexpected response"),
        ({"silent": True}, "The Hub is not responding: try again later."),
    ],
)
def test_a_failing_hub_is_reported_in_time(letters, visitor, hub, monkeypatch, faults, said):
    monkeypatch.setattr(client, "SILENCE_SECONDS", 0.3)
    nobody = visitor()
    for name, value in faults.items():
        setattr(hub.faults, name, value)
    began = time.monotonic()
    assert refused(nobody).startswith(said)
    assert time.monotonic() - began < hub_models.GET_TIMEOUT_SECONDS


def test_an_opened_model_works_while_the_hub_does_not_answer(letters, visitor, hub, monkeypatch):
    monkeypatch.setattr(client, "SILENCE_SECONDS", 0.3)
    monkeypatch.setattr(hub_models, "TTL_SECONDS", 0.0)
    letters.private = True
    ada, bob = visitor("ada"), visitor("bob")
    text = generate(ada)
    hub.faults.silent = True
    assert generate(ada) == text
    assert refused(bob).startswith("The Hub is not responding")
