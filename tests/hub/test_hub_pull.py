"""Pulling from a Hub on loopback: what comes, what is kept, and for whose eyes."""

import os
import traceback

import pytest
from conftest import small_model
from huggingface_hub import constants

import charrnn
from charrnn import checkpoint as checkpoints
from charrnn.checkpoint.format import CARD, CONFIG, LOG, PICTURE, SAMPLES, WEIGHTS
from charrnn.errors import UserError
from charrnn.hub import HubUnavailableError, Ref, cache, is_id, pull

ALL = {WEIGHTS, CONFIG, LOG, PICTURE, SAMPLES, CARD}


@pytest.fixture
def letters(hub, trained):
    """A public model, with a file beside it that is none of ours."""
    files = {path.name: path.read_bytes() for path in trained.iterdir()}
    return hub.add("ada/letters", files | {"pytorch_model.bin": b"\x80\x04pickled"})


def gets(hub, name):
    return [path for path in hub.paths() if path.endswith(f"/{name}")]


def refused(ref="ada/letters", **more):
    """What a pull that must fail says."""
    with pytest.raises(UserError) as caught:
        pull(ref, **{"token": False} | more)
    shown = "".join(traceback.format_exception(caught.value))
    assert "hf_" not in shown and "127.0.0.1" not in caught.value.message
    return caught.value.message


def test_only_our_files_come_and_each_once(hub, letters):
    said = []
    path = pull("ada/letters", token=False, progress=lambda *now: said.append(now))
    assert {file.name for file in path.iterdir()} == ALL
    assert all((path / name).read_bytes() == letters.files[name] for name in ALL)
    assert [len(gets(hub, name)) for name in sorted(ALL)] == [1] * len(ALL)
    assert said[-1] == (said[-1][1], sum(len(letters.files[name]) for name in ALL))
    asked = len(hub.asked)
    assert pull("ada/letters", token=False) == path
    assert len(hub.asked) == asked + 1, "the second time only whether it has changed"


def test_load_takes_a_name_where_there_is_no_such_path(hub, letters, tmp_path, monkeypatch):
    opened = charrnn.load("ada/letters")
    assert opened.name == "letters"
    asked = len(hub.asked)
    monkeypatch.chdir(tmp_path)
    mine = checkpoints.load(tmp_path / "trained")
    mine.about["name"] = "mine"
    charrnn.save(mine, "ada/letters")
    assert charrnn.load("ada/letters").name == "mine"
    assert len(hub.asked) == asked, "a path goes before a name"
    assert charrnn.from_hub("ada/letters").name == "letters"


def test_a_typo_gets_a_message_that_names_both_places(hub, letters):
    with pytest.raises(UserError) as caught:
        charrnn.load("ada/leters")
    assert "no checkpoint at ada/leters on this machine" in caught.value.message
    assert "There is no model ada/leters on the Hub" in caught.value.message


def test_a_revision_is_what_it_was_then(hub, letters, checkpoint):
    first = letters.sha
    checkpoint.about = {"name": "newer"}
    letters.commit(checkpoints.serialize(checkpoint))
    letters.tags["v1"] = first
    assert charrnn.load("ada/letters").name == "newer"
    assert charrnn.load("ada/letters@v1").name == "letters"
    assert charrnn.load(f"ada/letters@{first}").name == "letters"
    assert "no such revision" in refused("ada/letters@v2")


def test_a_private_model_never_enters_the_cache_of_all(hub, letters, tmp_path):
    letters.private = True
    ada, bob = hub.token("ada"), hub.token("bob")
    own = tmp_path / "ada's"
    path = pull("ada/letters", token=ada, own=own)
    assert path.is_relative_to(own)
    passing = pull("ada/letters", token=ada)
    assert not passing.is_relative_to(cache.cache_directory())
    assert not any(cache.public().rglob("*.safetensors"))
    for token in (False, bob):
        assert "or it is private" in refused(token=token)
        assert "or it is private" in refused(f"ada/letters@{letters.sha}", token=token)
    hub.faults.status = 503
    assert "internal error" in refused(token=bob)


def test_a_gated_model_is_for_those_who_were_let_in(hub, letters, tmp_path):
    letters.gated, letters.granted = "manual", {"bob"}
    assert "gated" in refused()
    assert "gated" in refused(token=hub.token("eve"))
    path = pull("ada/letters", token=hub.token("bob"), own=tmp_path / "bob's")
    assert path.is_relative_to(tmp_path / "bob's")
    assert not any(cache.public().rglob("*.safetensors"))


def test_what_becomes_private_leaves_the_cache_of_all(hub, letters):
    path = pull("ada/letters", token=False)
    letters.private = True
    refused()
    assert not path.exists()
    hub.faults.status = 503
    assert "internal error" in refused()


def test_false_asks_as_nobody_and_none_as_whoever_is_logged_in(hub, letters, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", ada := hub.token("ada"))
    pull("ada/letters", token=False)
    assert {given for _, _, given in hub.asked} == {None}
    hub.asked.clear()
    letters.private = True
    path = pull("ada/letters", token=None)
    assert {given for _, _, given in hub.asked} == {f"Bearer {ada}"}
    assert path.is_relative_to(constants.HF_HUB_CACHE)
    assert path.parents[2].stat().st_mode & 0o777 == 0o700


def test_a_public_model_that_is_here_opens_while_the_hub_is_away(hub, letters):
    path = pull("ada/letters", token=False)
    hub.faults.status = 502
    assert pull("ada/letters", token=False) == path
    assert pull(f"ada/letters@{letters.sha}", token=False) == path
    assert "internal error" in refused("ada/letters@v1")


def test_without_a_hub_at_all(hub, letters, monkeypatch):
    path = pull("ada/letters", token=False)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    assert pull("ada/letters", token=False) == path
    assert "cannot be reached" in refused("ada/other")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert pull("ada/letters", token=False) == path
    assert "HF_HUB_OFFLINE" in refused("ada/other")


def test_a_transfer_that_breaks_off_goes_on_where_it_was(hub, letters):
    big = letters.files[WEIGHTS]
    letters.commit(letters.files)
    hub.faults.cut_after, hub.faults.cuts = 4096, 1
    path = pull("ada/letters", token=False)
    assert (path / WEIGHTS).read_bytes() == big


def large(hub, checkpoint):
    """A model whose weights come in many pieces."""
    checkpoint.model = small_model(hidden_size=96, vocabulary_size=9)
    return hub.add("ada/large", checkpoints.serialize(checkpoint))


def test_a_transfer_may_break_off_often_as_long_as_it_gets_on(hub, checkpoint):
    repo = large(hub, checkpoint)
    size = len(repo.files[WEIGHTS])
    hub.faults.cut_after, hub.faults.cuts = 16384, 3
    said = []
    path = pull("ada/large", token=False, progress=lambda *now: said.append(now))
    assert (path / WEIGHTS).read_bytes() == repo.files[WEIGHTS]
    assert len(hub.begun) == 4, "three times it broke off"
    assert hub.begun == sorted({0, *hub.begun}) and hub.begun[-1] >= 3 * 16384
    assert said[-1] == (said[-1][1], size + len(repo.files[CONFIG]))


def test_a_transfer_that_brings_nothing_is_given_up_and_leaves_nothing_half(hub, checkpoint):
    large(hub, checkpoint)
    hub.faults.cut_after, hub.faults.cuts = 0, 99
    assert "was lost" in refused("ada/large")
    assert not any(cache.public().glob("*/*/model.safetensors"))
    hub.faults.cuts = 0
    assert charrnn.load(pull("ada/large", token=False)).name == "small"


def test_a_slow_transfer_ends_at_the_deadline_and_a_person_can_end_it(hub, checkpoint):
    repo = large(hub, checkpoint)
    hub.faults.pause = 0.2
    assert "did not finish within 0.6 seconds" in refused("ada/large", deadline=0.6)
    begun = []
    told = refused(
        "ada/large", progress=lambda *now: begun.append(now), cancelled=lambda: len(begun) > 2
    )
    assert told == "Cancelled."
    hub.faults.pause = 0
    path = pull("ada/large", token=False)
    assert (path / WEIGHTS).read_bytes() == repo.files[WEIGHTS]
    assert not list(cache.public().rglob("*.incomplete"))


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        ({"status": 429}, "Too many requests to the Hub: try again in a few minutes"),
        ({"status": 429, "headers": {"Retry-After": "9"}, "on": "/resolve/"}, "in 9 seconds"),
        ({"status": 500, "on": WEIGHTS}, r"internal error \(500\)"),
        ({"status": 403, "on": CONFIG}, "may not see ada/letters"),
        ({"status": 418}, "refused the request for ada/letters"),
        ({"body": b"{}"}, "unexpected response"),
        ({"body": b'{"id": 3, "sha": "../..", "siblings": []}'}, "is not a charrnn model"),
        ({"body": b"\xff"}, "unexpected response"),
        (
            {"body": b"x" * (1 << 20), "on": LOG},
            "a training_log.csv that differs from the one in ada/letters",
        ),
        ({"silent": True}, "is not responding"),
        ({"silent": True, "on": "/resolve/"}, "is not responding"),
    ],
)
def test_a_hub_on_a_bad_day_is_told_in_a_sentence(hub, letters, monkeypatch, faults, said):
    monkeypatch.setattr("charrnn.hub.client.SILENCE_SECONDS", 0.3)
    for name, value in faults.items():
        setattr(hub.faults, name, value)
    with pytest.raises(UserError, match=said):
        pull("ada/letters", token=False)
    assert not any(cache.public().glob("*/*/model.safetensors"))


def test_other_bytes_than_the_hub_described_are_not_taken(hub, letters):
    for name in (LOG, WEIGHTS):
        hub.faults.on, hub.faults.body = name, b"x" * len(letters.files[name])
        assert f"a {name} that differs from the one in ada/letters" in refused()


def test_a_stale_token_is_told(hub, letters):
    assert "does not accept this token" in refused(token="hf_stale")


def test_what_is_too_large_is_refused_before_a_byte_of_it(hub, letters):
    letters.commit(letters.files | {SAMPLES: b" " * (9 << 20)})
    assert "samples.json of 9.0 MB, and the limit is 8 MB" in refused()
    assert not gets(hub, SAMPLES) and not gets(hub, WEIGHTS)


def test_what_is_no_sound_checkpoint_is_not_kept(hub, letters):
    letters.commit({"README.md": b"# a model of another kind"})
    assert "ada/letters is not a charrnn model" in refused()
    letters.commit({WEIGHTS: b"\x08\0\0\0\0\0\0\0{}      "})
    assert "cannot be opened" in refused()
    assert not any(cache.public().rglob("*.safetensors"))


def test_a_damaged_copy_is_fetched_anew(hub, letters):
    path = pull("ada/letters", token=False)
    (path / WEIGHTS).write_bytes(b"damaged")
    assert charrnn.load(pull("ada/letters", token=False)).name == "letters"


def test_the_models_that_were_not_used_for_longest_make_room(hub, letters):
    first = pull("ada/letters", token=False)
    os.utime(first, (1, 1))
    letters.commit(letters.files)
    second = pull("ada/letters", token=False)
    cache.tidy(cache.public(), room=1)
    assert not first.exists() and second.exists()


@pytest.mark.parametrize(
    ("text", "whether"),
    [
        ("ada/letters", True), ("a1/b.c_d-e@v1.0", True), ("a/b@refs/pr/1", True),
        ("letters", False), ("a/b/c", False), ("./a", False), ("../a", False), ("a/..", False),
        ("/a/b", False), ("a/b@", False), ("a/b@../c", False), ("a--b/c", False),
        ("a/b.git", False), ("a/b c", False), ("a\\b", False), ("https://hf.co/a/b", False),
        ("", False), ("é/b", False), ("a/b\n", False), ("a/" + "b" * 96, False),
    ],
)  # fmt: skip
def test_what_reads_as_the_name_of_a_model(text, whether):
    assert is_id(text) is whether
    if whether:
        assert str(Ref.parse(f" {text} ")) == text
    elif text.strip() == text:
        with pytest.raises(UserError):
            Ref.parse(text)


def test_an_error_that_says_the_hub_is_away_is_of_its_own_kind(hub, letters):
    hub.faults.status = 504
    with pytest.raises(HubUnavailableError):
        pull("ada/letters", token=False)
