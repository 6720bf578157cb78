"""Pushes to a Hub that asks to wait, and over a line that breaks at the commit."""

import threading
import time

import pytest
from hub_answers import refusal
from hub_spaces import Spaces

from charrnn.checkpoint.format import CARD, WEIGHTS
from charrnn.errors import UserError
from charrnn.hub import CommitUnconfirmedError, client, push
from charrnn.hub.space import deploy


@pytest.fixture
def ada(hub):
    return hub.token("ada")


def asked_for(hub, what):
    """Whether the Hub has been asked for that: when to cancel."""
    return lambda: any(what in path for path in hub.paths("POST"))


def at_the_commit(hub, monkeypatch, *, lands, then=None):
    """The line breaks where the Hub has been told of the commit: before or after it `lands`."""
    from starlette.responses import StreamingResponse

    real, broken = hub.commit, []

    async def cut():
        raise ConnectionAbortedError
        yield b""

    def commit(repo, lines):
        if broken:
            return real(repo, lines)
        broken.append(repo.sha)
        if lands:
            real(repo, lines)
        if then:
            then()
        return StreamingResponse(cut(), headers={"Content-Length": "9"})

    monkeypatch.setattr(hub, "commit", commit)
    return broken


def test_a_commit_that_nobody_confirmed_is_found(hub, ada, trained, monkeypatch):
    broken = at_the_commit(hub, monkeypatch, lands=True)
    pushed = push(trained, "ada/letters", private=True, token=ada)
    repo = hub.repos["ada/letters"]
    assert broken and pushed.revision == repo.sha and len(repo.commits) == 2
    assert (pushed.created, pushed.card_kept) == (True, False)


def test_one_that_is_not_there_is_said_and_the_next_push_makes_it(hub, ada, trained, monkeypatch):
    at_the_commit(hub, monkeypatch, lands=False)
    with pytest.raises(CommitUnconfirmedError, match="and ada/letters is unchanged"):
        push(trained, "ada/letters", private=True, token=ada)
    repo, sent = hub.repos["ada/letters"], len(hub.paths("PUT"))
    assert repo.files == {}
    push(trained, "ada/letters", private=True, token=ada)
    assert len(repo.commits) == 2 and WEIGHTS in repo.files
    assert len(hub.paths("PUT")) == sent, "the weights are there already"


@pytest.mark.parametrize("lands", [False, True])
def test_where_the_hub_is_away_then_nobody_knows_and_the_next_push_makes_no_mess(
    hub, ada, trained, monkeypatch, lands
):
    def away():
        hub.faults.status = 502

    at_the_commit(hub, monkeypatch, lands=lands, then=away)
    with pytest.raises(CommitUnconfirmedError, match="may or may not hold the model"):
        push(trained, "ada/letters", private=True, token=ada)
    hub.faults.status = None
    pushed = push(trained, "ada/letters", private=True, token=ada)
    repo = hub.repos["ada/letters"]
    assert pushed.revision == repo.sha and len(repo.commits) == 2


def test_what_another_has_committed_is_not_taken_for_ours(hub, ada, trained, monkeypatch):
    repo = hub.add("ada/letters", {"a": b"b"})
    at_the_commit(hub, monkeypatch, lands=False, then=lambda: repo.commit({CARD: b"theirs"}))
    with pytest.raises(UserError, match=r"Somebody else changed .* at the same moment"):
        push(trained, "ada/letters", private=False, token=ada)
    assert repo.files == {CARD: b"theirs"}


def test_a_gateway_that_gives_up_on_the_commit_is_no_word_of_the_hub_s(
    hub, ada, trained, monkeypatch
):
    real = hub.commit

    def commit(repo, lines):
        real(repo, lines)
        return refusal(504)

    monkeypatch.setattr(hub, "commit", commit)
    pushed = push(trained, "ada/letters", private=True, token=ada)
    assert pushed.revision == hub.repos["ada/letters"].sha


def test_a_commit_that_takes_too_long_may_be_there(hub, ada, trained):
    hub.faults.silent, hub.faults.on = True, "/commit/"
    with pytest.raises(CommitUnconfirmedError, match="may or may not hold the model"):
        push(trained, "ada/letters", private=True, token=ada, deadline=3)


def test_a_push_that_is_cancelled_at_the_commit_may_be_there(hub, ada, trained):
    hub.faults.silent, hub.faults.on = True, "/commit/"
    with pytest.raises(
        CommitUnconfirmedError, match="ended at the last step, so ada/letters may or may not hold"
    ):
        push(trained, "ada/letters", private=True, token=ada, cancelled=asked_for(hub, "/commit/"))
    hub.faults.silent = False
    until = time.monotonic() + 30
    while not hub.repos["ada/letters"].files:
        assert time.monotonic() < until, "it would have come"
        time.sleep(0.01)


def test_one_that_is_cancelled_before_changes_nothing(hub, ada, trained):
    hub.faults.silent, hub.faults.on = True, "/preupload/"
    stop = asked_for(hub, "/preupload/")
    with pytest.raises(UserError, match=r"Cancelled\."):
        push(trained, "ada/letters", private=True, token=ada, cancelled=stop)
    assert hub.repos["ada/letters"].files == {}


@pytest.fixture
def spaces(hub):
    with_spaces = Spaces(hub)
    yield with_spaces
    with_spaces.put_back()


def test_a_space_whose_commit_nobody_waited_for_may_hold_it(spaces, hub, ada):
    hub.faults.silent, hub.faults.on = True, "/commit/"
    with pytest.raises(CommitUnconfirmedError, match="ada/app may or may not hold the new app"):
        deploy({"app.py": b"1"}, "ada/app", token=ada, cancelled=asked_for(hub, "/commit/"))


def test_nor_is_it_known_where_the_line_broke_there(spaces, hub, ada, monkeypatch):
    at_the_commit(spaces, monkeypatch, lands=True)
    with pytest.raises(CommitUnconfirmedError, match="ada/app may or may not hold the new app"):
        deploy({"app.py": b"1"}, "ada/app", token=ada)
    assert spaces.repos["ada/app"].files["app.py"] == b"1"


# Repositories that a sign-in's scope hides


def refuse_to_show(hub, monkeypatch):
    monkeypatch.setattr(hub, "seen", lambda *_: (None, refusal(404, "RepoNotFound")))


def test_a_name_that_a_hidden_model_has_is_taken(hub, ada, trained, monkeypatch):
    hub.add("ada/letters", {"a": b"b"}, private=True)
    refuse_to_show(hub, monkeypatch)
    with pytest.raises(
        UserError, match="already exists on the Hub, and you may not see it: choose"
    ):
        push(trained, "ada/letters", private=True, token=ada)


def test_a_name_that_a_hidden_space_has_is_taken(spaces, hub, ada, monkeypatch):
    spaces.add("ada/app", {"a": b"b"}, private=True)
    refuse_to_show(spaces, monkeypatch)
    monkeypatch.setattr(spaces, "create", lambda *_: refusal(409))
    with pytest.raises(UserError, match="already exists, and this token may not see it: choose"):
        deploy({"app.py": b"1"}, "ada/app", token=ada)


def limited(hub, seconds, **headers):
    hub.faults.status, hub.faults.on = 429, "/preupload/"
    hub.faults.headers = headers or {"Retry-After": str(seconds)}


@pytest.mark.parametrize(
    "headers", [{"Retry-After": "55"}, {"ratelimit": '"api";r=0;t=55', "Retry-After": "999"}]
)
def test_a_hub_that_asks_to_wait_is_told_of_and_nobody_has_to(hub, ada, trained, headers):
    limited(hub, 55, **headers)
    said, halted = [], threading.Event()

    def waiting(seconds):
        said.append(seconds)
        halted.asked = time.monotonic()
        halted.set()

    with pytest.raises(UserError, match=r"Cancelled\."):
        push(
            trained, "ada/letters", private=True, token=ada,
            waiting=waiting, cancelled=halted.is_set,
        )  # fmt: skip
    assert time.monotonic() - halted.asked < 50  # and not 55
    assert said == [56]
    assert hub.repos["ada/letters"].files == {}


def test_when_the_time_is_over_it_goes_on_by_itself(hub, ada, trained):
    limited(hub, 1)
    said = []

    def waiting(seconds):
        said.append(seconds)
        hub.faults.status = None

    assert push(trained, "ada/letters", private=True, token=ada, waiting=waiting).created
    assert said[0] == 2 and said[-1] is None and None not in said[:-1]
    assert sorted(said[:-1], reverse=True) == said[:-1]


def test_trouble_that_passes_is_told_of(hub, ada, trained):
    hub.faults.status, hub.faults.on = 503, "/preupload/"
    said = []

    def waiting(seconds):
        said.append(seconds)
        hub.faults.status = None

    push(trained, "ada/letters", private=True, token=ada, waiting=waiting)
    assert said == [0, None]


def test_nobody_waits_for_longer_than_the_deadline_leaves(hub, ada, trained):
    limited(hub, 400)
    begun = time.monotonic()
    with pytest.raises(UserError, match="try again in 400 seconds"):
        push(trained, "ada/letters", private=True, token=ada)
    assert time.monotonic() - begun < 300


def test_who_else_asks_the_hub_in_this_process_notices_nothing(hub, ada, trained):
    from huggingface_hub import HfApi, get_session

    for _ in range(2):
        push(trained, "ada/letters", private=True, token=ada)
    hooks = get_session().event_hooks
    assert len(hooks["request"]) == len(set(hooks["request"]))
    assert len(hooks["response"]) == 1
    limited(hub, 400)
    hub.faults.on = "/api/models/"
    with pytest.raises(Exception, match="429"):
        HfApi(hub.address, token=ada).model_info("ada/letters")
    assert client.signed_in() is False
