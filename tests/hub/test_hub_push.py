"""Pushing to a Hub on loopback, with huggingface_hub's own client."""

import json
import threading
import traceback

import pytest
import yaml
from huggingface_hub import HfApi, ModelCard

import charrnn
from charrnn.checkpoint import Checkpoint, load, save
from charrnn.checkpoint.format import CARD, CONFIG, LOG, PICTURE, SAMPLES, WEIGHTS
from charrnn.checkpoint.known_lines import LINE_HASHES, MAX_HASHES_BYTES, KnownLines
from charrnn.errors import UserError
from charrnn.hub import preview_push, pull, push

ALL = {WEIGHTS, CONFIG, LOG, PICTURE, SAMPLES, CARD}


@pytest.fixture
def ada(hub):
    return hub.token("ada")


def refusal_of(act, *arguments, **more):
    with pytest.raises(UserError) as error:
        act(*arguments, **more)
    return error.value.message


def card_of(hub, name="ada/letters"):
    return hub.repos[name].files[CARD].decode()


def test_a_push_is_one_commit_of_exactly_the_files_that_were_listed(hub, ada, trained):
    said = []
    pushed = push(
        trained, "ada/letters", private=True, token=ada, progress=lambda *now: said.append(now)
    )
    repo = hub.repos["ada/letters"]
    assert pushed.url == f"{hub.address}/ada/letters"
    assert (pushed.created, pushed.card_kept, pushed.revision) == (True, False, repo.sha)
    assert repo.private and len(repo.commits) == 2
    assert repo.files.keys() == ALL
    assert repo.files[WEIGHTS] == (trained / WEIGHTS).read_bytes()
    listed = preview_push(trained, "ada/letters")
    assert {file.name: file.size for file in listed} == {n: len(d) for n, d in repo.files.items()}
    assert said[-1][0] == said[-1][1] == sum(file.size for file in listed)


def test_the_text_and_what_links_point_to_never_go_along(hub, ada, trained, tmp_path):
    (tmp_path / "secret").write_text('[{"step": 1, "prefix": "", "text": "the secret"}]')
    (trained / SAMPLES).unlink()
    (trained / SAMPLES).symlink_to(tmp_path / "secret")
    with (trained / LOG).open("a") as log:
        log.write("9,9,9,the text,1,1,1,1,1,1,the text\n")
    push(trained, "ada/letters", private=False, token=ada)
    repo = hub.repos["ada/letters"]
    assert repo.files.keys() == ALL - {SAMPLES}
    everything = b"".join(repo.files.values())
    assert b"secret" not in everything and b"the text," not in everything
    assert b"what the model was trained on" not in everything


def test_hashes_of_lines_go_along_only_on_request_and_come_back(hub, ada, trained, tmp_path):
    said = refusal_of(push, trained, "ada/letters", private=False, token=ada, line_hashes=True)
    assert "no hashes of lines beside this model" in said and "ada/letters" not in hub.repos
    hashes = KnownLines.of(["ann", "bob"])
    (trained / LINE_HASHES).write_bytes(hashes.serialize())
    push(trained, "ada/letters", private=False, token=ada)
    repo = hub.repos["ada/letters"]
    assert repo.files.keys() == ALL
    assert load(pull("ada/letters", token=ada)).known_lines is None
    listed = preview_push(trained, "ada/letters", line_hashes=True)
    assert {file.name for file in listed} == ALL | {LINE_HASHES}
    push(trained, "ada/letters", private=False, token=ada, line_hashes=True)
    assert repo.files[LINE_HASHES] == hashes.serialize()
    known = load(pull("ada/letters", token=ada)).known_lines
    assert "ann" in known and "cy" not in known
    push(trained, "ada/letters", private=False, token=ada)
    assert repo.files.keys() == ALL, "what was asked for once does not stay"


def test_hashes_that_are_too_large_are_not_downloaded(hub, ada, trained, monkeypatch):
    files = {path.name: path.read_bytes() for path in trained.iterdir()}
    hub.add("ada/letters", {**files, LINE_HASHES: b"x" * (MAX_HASHES_BYTES + 8)})
    assert LINE_HASHES in refusal_of(pull, "ada/letters", token=ada)


def test_pushing_the_same_again_makes_no_commit(hub, ada, trained):
    first = push(trained, "ada/letters", private=False, token=ada)
    again = push(trained, "ada/letters", private=False, token=ada)
    assert again.revision == first.revision and not again.created
    assert len(hub.repos["ada/letters"].commits) == 2


def test_pushing_again_updates_and_keeps_what_the_owner_wrote_in_the_card(
    hub, ada, trained, checkpoint
):
    push(trained, "ada/letters", private=False, token=ada)
    repo = hub.repos["ada/letters"]
    own = card_of(hub).replace("license: unknown", "license: mit")
    own = own.replace("# LSTM 16 on letters", "# My letters") + "\nThanks to all.\n"
    repo.commit(repo.files | {CARD: own.encode(), "notes.txt": b"mine"})
    (trained / PICTURE).unlink()
    (trained / LOG).unlink()
    pushed = push(trained, "ada/letters", private=False, token=ada)
    text = card_of(hub)
    assert not pushed.card_kept
    assert "license: mit" in text and "License of the model: mit" in text
    assert "# My letters" in text and text.endswith("Thanks to all.\n")
    assert "perplexity.png" in own and "perplexity.png" not in text
    assert repo.files.keys() == ALL - {LOG, PICTURE} | {"notes.txt"}


@pytest.mark.parametrize("card", [b"# My own words\n", b"\xff\xfe", b"x" * (2 << 20)])
def test_a_card_of_the_owners_own_is_left_alone(hub, ada, trained, card):
    hub.add("ada/letters", {CARD: card})
    pushed = push(trained, "ada/letters", private=False, token=ada)
    assert pushed.card_kept and not pushed.created
    assert hub.repos["ada/letters"].files[CARD] == card
    assert WEIGHTS in hub.repos["ada/letters"].files


def test_a_text_of_the_owners_own_stays_below_new_metadata(hub, ada, trained):
    push(trained, "ada/letters", private=False, token=ada)
    repo = hub.repos["ada/letters"]
    front = card_of(hub).split("---\n")[1].replace("3.5", "1.5")
    repo.commit(repo.files | {CARD: f"---\n{front}---\n# My own words\n".encode()})
    assert push(trained, "ada/letters", private=False, token=ada).card_kept
    assert card_of(hub).endswith("---\n# My own words\n")
    assert ModelCard(card_of(hub)).data.eval_results[0].metric_value == 3.5


def test_a_card_that_the_hub_made_with_a_license_gives_way_but_for_the_license(hub, ada, trained):
    hub.add("ada/letters", {CARD: b"---\nlicense: cc-by-4.0\n---\n"})
    assert not push(trained, "ada/letters", private=False, token=ada).card_kept
    text = card_of(hub)
    assert "license: cc-by-4.0" in text and "License of the model: cc-by-4.0" in text


def test_the_metadata_of_a_card_are_what_the_hub_reads(hub, ada, trained):
    push(trained, "ada/letters", private=False, token=ada, license="mit", space="ada/app")
    data = ModelCard(card_of(hub)).data
    assert (data.library_name, data.pipeline_tag, data.license) == (
        "charrnn", "text-generation", "mit",
    )  # fmt: skip
    assert {"charrnn", "lstm"} <= set(data.tags)
    found = {(r.dataset_split, r.metric_type): r.metric_value for r in data.eval_results}
    assert found["validation", "perplexity"] == 3.5
    assert found["validation", "bits_per_character"] == pytest.approx(1.80735, abs=1e-4)
    assert {r.dataset_name for r in data.eval_results} == {"letters.txt"}
    assert len(found) == 2, "nothing says that its training figure is of the kept model"
    assert 'charrnn.load("ada/letters")' in card_of(hub)
    assert "spaces/ada/app?model=ada/letters" in card_of(hub)
    assert len(yaml.safe_load(card_of(hub).split("---\n")[1])["widget"]) == 3


def test_a_model_in_memory_is_pushed_too(hub, ada, checkpoint):
    pushed = charrnn.push_to_hub(checkpoint, "ada/small", token=ada)
    assert hub.repos["ada/small"].files.keys() == {WEIGHTS, CONFIG, CARD}
    opened = charrnn.from_hub(f"ada/small@{pushed.revision}", token=False)
    assert opened.vocabulary == checkpoint.vocabulary


@pytest.mark.parametrize("keyword", ["license", "licence"])
def test_the_license_may_be_spelled_as_in_charrnn_0_1_too(hub, ada, trained, keyword):
    charrnn.push_to_hub(trained, "ada/letters", token=ada, **{keyword: "mit"})
    assert "license: mit" in card_of(hub)


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lambda d: (d / WEIGHTS).write_bytes(b"no weights"), "cannot be opened"),
        (lambda d: (d / WEIGHTS).unlink(), "there is no checkpoint"),
    ],
)
def test_what_is_not_a_sound_checkpoint_is_not_pushed(hub, ada, trained, break_it, said):
    break_it(trained)
    with pytest.raises(UserError, match=said):
        push(trained, "ada/letters", private=False, token=ada)
    assert not hub.asked


def refused(hub, trained, name, token, *, private=False, **more):
    """What a push that must fail says, without having changed anything."""
    before = {name: list(repo.commits) for name, repo in hub.repos.items()}
    with pytest.raises(UserError) as caught:
        push(trained, name, private=private, token=token, **more)
    assert all(hub.repos[name].commits == commits for name, commits in before.items())
    shown = "".join(traceback.format_exception(caught.value))
    assert "hf_" not in shown and "127.0.0.1" not in caught.value.message
    return caught.value.message


def test_whoever_may_not_write_is_told_so(hub, ada, trained):
    hub.add("bob/letters", {"a": b"b"})
    assert "You may not write to bob/letters" in refused(hub, trained, "bob/letters", ada)
    assert "You may not write to bob/more" in refused(hub, trained, "bob/more", ada)
    reader = hub.token("ada", write=False)
    assert "the token must have write access" in refused(hub, trained, "ada/letters", reader)
    assert "does not accept this token" in refused(hub, trained, "ada/letters", "hf_stale")
    assert "`hf auth login`" in refused(hub, trained, "ada/letters", None)
    assert not any(path.startswith("/large") for path in hub.paths("PUT"))


def test_the_token_of_this_machine_is_for_whoever_gives_none(hub, ada, trained, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", ada)
    assert "`hf auth login`" in refused(hub, trained, "ada/letters", "")
    assert push(trained, "ada/letters", private=False, token=None).created


def test_what_was_meant_to_be_private_does_not_go_to_a_public_place(hub, ada, trained):
    hub.add("ada/letters", {"a": b"b"})
    assert "public" in refused(hub, trained, "ada/letters", ada, private=True)


def test_a_change_at_the_same_moment_is_noticed(hub, ada, trained):
    repo = hub.add("ada/letters", {"a": b"b"})
    hub.faults.before_commit = lambda: repo.commit({"a": b"theirs"})
    with pytest.raises(UserError, match=r"Somebody else changed .* at the same moment"):
        push(trained, "ada/letters", private=False, token=ada)
    assert repo.files == {"a": b"theirs"}


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        ({"status": 429, "headers": {"Retry-After": "55"}}, "try again in 55 seconds"),
        ({"status": 503}, r"internal error \(503\)"),
        ({"status": 413, "on": "/commit/"}, r"refused the request for ada/letters \(status 413\)"),
        ({"status": 403, "on": "/large/"}, "You may not write"),
        ({"body": b"[1]"}, "unexpected response"),
        ({"body": b"<html>"}, "unexpected response"),
        ({"body": b"{}", "on": "/commit/"}, "unexpected response"),
        ({"silent": True}, "is not responding"),
    ],
)
def test_a_hub_on_a_bad_day_is_told_in_a_sentence(hub, ada, trained, monkeypatch, faults, said):
    monkeypatch.setattr("charrnn.hub.client.SILENCE_SECONDS", 0.3)
    hub.add("ada/letters", {"a": b"b"})
    for name, value in faults.items():
        setattr(hub.faults, name, value)
    with pytest.raises(UserError, match=said):
        push(trained, "ada/letters", private=False, token=ada)
    assert hub.repos["ada/letters"].files == {"a": b"b"}


def test_nobody_waits_longer_than_the_deadline_or_than_they_like(hub, ada, trained):
    hub.faults.silent, hub.faults.on = True, "/large/"
    assert "did not finish within 1 seconds" in refused(
        hub, trained, "ada/letters", ada, deadline=1
    )
    asked = threading.Event()
    told = refused(
        hub, trained, "ada/more", ada,
        progress=lambda done, total: asked.set(), cancelled=asked.is_set,
    )  # fmt: skip
    assert told == "Cancelled."


@pytest.mark.parametrize("name", ["letters", "a/b/c", "a/b@main", "../a", "https://hf.co/a/b", ""])
def test_only_owner_and_name_are_taken(hub, ada, trained, name):
    assert refused(hub, trained, name, ada)
    assert not hub.asked


def test_an_odd_license_is_refused(hub, ada, trained):
    assert "not the name of a license" in refused(
        hub, trained, "ada/letters", ada, license="mit\ntags: [x]"
    )


def test_the_config_on_the_hub_is_that_of_the_weights(hub, ada, trained):
    config = json.loads((trained / CONFIG).read_bytes())
    (trained / CONFIG).write_text(json.dumps(config | {"name": "another"}))
    push(trained, "ada/letters", private=False, token=ada)
    assert json.loads(hub.repos["ada/letters"].files[CONFIG]) == config


def test_a_model_that_is_replaced_meanwhile_is_pushed_as_one(
    hub, ada, trained, checkpoint, monkeypatch
):
    newer = Checkpoint(checkpoint.model, checkpoint.vocabulary, {"name": "newer"})

    def load(directory):
        loaded = charrnn.load(directory)
        if loaded.name != "newer":
            save(newer, directory)
        return loaded

    monkeypatch.setattr("charrnn.hub.upload_files.load", load)
    push(trained, "ada/letters", private=True, token=ada)
    there = hub.repos["ada/letters"].files
    assert json.loads(there[CONFIG])["name"] == "newer"
    assert there[WEIGHTS] == (trained / WEIGHTS).read_bytes()


def test_the_real_client_finds_what_was_pushed(hub, ada, trained):
    push(trained, "ada/letters", private=True, token=ada)
    info = HfApi(hub.address, token=ada).model_info("ada/letters")
    assert info.private and "charrnn" in info.tags
