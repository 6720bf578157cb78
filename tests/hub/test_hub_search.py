"""The models on a Hub on loopback that charrnn can open, and their curves."""

from datetime import datetime, timedelta, timezone

import pytest
from hub_answers import card

from charrnn.checkpoint.format import CARD, LOG
from charrnn.errors import UserError
from charrnn.hub import fetch_curve, list_models, preview_push, push

TODAY = datetime(2026, 1, 2, tzinfo=timezone.utc)


@pytest.fixture
def shelf(hub):
    hub.add("ada/tide", {CARD: card("Tide", 3.5)}, likes=1, downloads=9, updated=TODAY)
    hub.add("bob/songs", {CARD: card("Songs", 1.4)}, likes=5, downloads=2)
    hub.add("bob/secret", {CARD: card("Secret", 2)}, private=True)
    hub.add("eve/gpt", {CARD: card("Other", 2, tag="transformers")})
    hub.repos["ada/tide"].updated = TODAY
    hub.repos["bob/songs"].updated = TODAY - timedelta(days=1)
    return hub


def names(**asked):
    return [model.repo for model in list_models(**asked)]


def test_public_models_of_ours_are_listed_with_what_their_cards_say(shelf):
    tide, songs = list_models()
    assert (tide.repo, tide.title, tide.perplexity) == ("ada/tide", "Tide", 3.5)
    assert (tide.downloads, tide.likes, tide.private) == (9, 1, False)
    assert tide.updated == TODAY and songs.repo == "bob/songs"


def test_they_can_be_searched_sorted_and_narrowed_to_an_author(shelf):
    assert names(sort="likes") == ["bob/songs", "ada/tide"]
    assert names(sort="downloads") == ["ada/tide", "bob/songs"]
    assert names(search=" SONG ") == ["bob/songs"]
    assert names(author="ada") == ["ada/tide"]
    assert names(search="nothing") == []
    assert len(names(limit=1)) == 1


def test_ones_own_private_models_are_seen_by_oneself_alone(shelf, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", bob := shelf.token("bob"))
    assert "bob/secret" in names(token=bob, author="bob")
    assert "bob/secret" in names(token=None)
    assert "bob/secret" not in names() and "bob/secret" not in names(token=shelf.token("eve"))
    assert list_models(token=bob, search="secret")[0].private


@pytest.mark.parametrize(
    "value", ["many", "-1", "0", ".nan", ".inf", "true", "[1]", "1.0e+301", "{a: 1}"]
)
def test_a_strangers_figures_and_words_are_not_believed(hub, value):
    hub.add("eve/odd", {CARD: card('"a\\u202e\\x1b[31m' + "x" * 500 + '"', value)})
    (odd,) = list_models()
    assert odd.perplexity is None
    assert "\x1b" not in odd.title and "\u202e" not in odd.title and len(odd.title) <= 120


def test_a_hub_that_cannot_list_is_told(shelf):
    shelf.faults.status = 429
    with pytest.raises(UserError, match="Too many requests"):
        list_models()
    shelf.faults.status, shelf.faults.body = None, b'[{"no": "id"}]'
    with pytest.raises(UserError, match="unexpected response"):
        list_models()
    shelf.faults.body, shelf.faults.silent = None, True
    with pytest.raises(UserError, match=r"did not finish within 0\.3 seconds"):
        list_models(deadline=0.3)


def test_a_curve_is_that_of_the_training_log(hub, trained):
    ada = hub.token("ada")
    push(trained, "ada/letters", private=True, token=ada)
    assert fetch_curve("ada/letters", token=ada) == [8.5, 7.5, 6.5, 5.5]
    (mine,) = list_models(token=ada)
    assert (mine.title, mine.perplexity) == ("LSTM 16 on letters.txt", 3.5)
    with pytest.raises(UserError, match="or it is private"):
        fetch_curve("ada/letters")
    assert LOG in [file.name for file in preview_push(trained, "ada/letters")]


@pytest.mark.parametrize(
    ("log", "shown"),
    [
        (None, None),
        (b"", None),
        (b"\0\xff,,\n\"" + b"x" * (1 << 18), None),
        (b"step,seconds,train_perplexity\n1,1,nan\n2,2,1e999\n3,3,-4\n4,4,5\n", [5.0]),
        (b"x" * (9 << 20), None),
    ],
)  # fmt: skip
def test_a_strangers_log_is_read_with_care(hub, log, shown):
    hub.add("eve/odd", {CARD: card("Odd", 2)} | ({} if log is None else {LOG: log}))
    assert fetch_curve("eve/odd") == shown


def test_a_long_curve_is_thinned_and_keeps_its_end(hub):
    rows = "".join(f"{i},{i},{1 + i}\n" for i in range(1000))
    hub.add("eve/long", {LOG: b"step,seconds,train_perplexity\n" + rows.encode()})
    drawn = fetch_curve("eve/long")
    assert len(drawn) == 100 and drawn[-1] == 1000 and drawn == sorted(drawn)
