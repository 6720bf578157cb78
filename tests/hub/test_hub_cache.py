"""What is kept of the Hub's models: within bounds, whatever people open, cancel or may not see."""

import os
import tempfile
import time
from pathlib import Path

import pytest
from conftest import small_model
from huggingface_hub import constants, hf_hub_download, scan_cache_dir

import charrnn
from charrnn import checkpoint as checkpoints
from charrnn.checkpoint.format import WEIGHTS
from charrnn.checkpoint.logs import log_of
from charrnn.errors import UserError
from charrnn.hub import account, cache, pull

LONG_AGO = 2 * cache.RECENT_SECONDS


def model(number, *, ago, size=1000, root=None):
    """A model in the public cache that has so many bytes and was used so long ago."""
    commit, root = f"{number:040x}", root or cache.public()
    repo = root / f"models--ada--m{number}"
    (repo / "blobs").mkdir(parents=True)
    (repo / "blobs" / commit).write_bytes(bytes(size))
    place = cache.snapshot(root, f"ada/m{number}", commit)
    place.mkdir(parents=True)
    (place / WEIGHTS).symlink_to(f"../../blobs/{commit}")
    aged(place, ago)
    return place


def aged(path, ago):
    then = time.time() - ago
    os.utime(path, (then, then))
    return path


@pytest.mark.parametrize("gated", ["auto", "manual"])
def test_nobody_gets_a_directory_for_what_they_may_not_open(
    hub, letters, tmp_path, monkeypatch, gated
):
    letters.gated = gated
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "passing"))
    (tmp_path / "passing").mkdir()
    with pytest.raises(UserError, match="ada/letters is gated"):
        pull("ada/letters", token=False)
    assert list((tmp_path / "passing").iterdir()) == []


def test_what_a_killed_transfer_left_goes_after_an_hour(hub, letters):
    kept = pull("ada/letters", token=False)
    blobs = kept.parents[1] / "blobs"
    old, new = blobs / "a.12345678.incomplete", blobs / "b.12345678.incomplete"
    for path in (old, new):
        path.write_bytes(bytes(1000))
    aged(old, LONG_AGO)
    cache.tidy(cache.public(), room=0)
    assert not old.exists() and new.exists() and kept.exists()


def test_of_the_models_that_nobody_uses_the_oldest_go_until_there_is_room(hub):
    first, second, third = (model(number, ago=LONG_AGO - number) for number in range(3))
    cache.tidy(cache.public(), room=2500)
    assert not first.exists() and second.exists() and third.exists()
    aged(third, 0)
    cache.tidy(cache.public(), room=0)
    assert not second.parents[1].exists() and third.exists()


def test_what_two_commits_share_is_kept_for_the_other(hub, letters):
    first = pull("ada/letters", token=False)
    letters.commit(letters.files | {"README.md": b"# more"})
    second = pull("ada/letters", token=False)
    assert (first / WEIGHTS).samefile(second / WEIGHTS)
    assert len([path for path in hub.paths() if path.endswith(WEIGHTS)]) == 1
    aged(first, LONG_AGO)
    cache.tidy(cache.public(), room=0)
    assert not first.exists() and pull("ada/letters", token=False) == second


def test_models_in_the_layout_of_charrnn_0_1_leave_the_cache(hub, letters):
    old = cache.public() / "ada--letters" / letters.sha
    old.mkdir(parents=True)
    (old / WEIGHTS).write_bytes(b"weights")
    pull("ada/letters", token=False)
    assert not old.parent.exists()


def test_many_who_cancel_do_not_fill_the_disk(hub, checkpoint, monkeypatch):
    checkpoint.model = small_model(hidden_size=96, vocabulary_size=9)
    files = checkpoints.serialize(checkpoint)
    monkeypatch.setattr(cache, "MAX_PUBLIC_BYTES", len(files[WEIGHTS]) // 2)
    hub.faults.on, hub.faults.pause = WEIGHTS, 0.01
    for number in range(4):
        hub.add(f"ada/m{number}", files)
        begun = []
        with pytest.raises(UserError, match="Cancelled"):
            pull(
                f"ada/m{number}",
                token=False,
                progress=lambda done, _, begun=begun: begun.append(done),
                cancelled=lambda begun=begun: any(done > len(files[WEIGHTS]) / 3 for done in begun),
            )
    # What was cancelled tidies a moment later. No look at its lock: nobody tidies what is held.
    until = time.monotonic() + 30
    while (
        sum(path.stat().st_size for path in cache.public().rglob(WEIGHTS)) > cache.MAX_PUBLIC_BYTES
    ):
        assert time.monotonic() < until, list(cache.public().rglob("*"))
        time.sleep(0.01)


def test_what_one_user_alone_may_see_is_bounded_too(hub, trained, tmp_path, monkeypatch):
    ada, own = hub.token("ada"), tmp_path / "ada's"
    files = {path.name: path.read_bytes() for path in trained.iterdir()}
    size = sum(len(data) for name, data in files.items() if name != "corpus.txt")
    monkeypatch.setattr(cache, "MAX_OWN_BYTES", 2 * size)
    opened = []
    for number in range(4):
        hub.add(f"ada/m{number}", files, private=True)
        opened.append(pull(f"ada/m{number}", token=ada, own=own))
        os.utime(opened[-1], (number, number))
    assert [path.exists() for path in opened] == [False, False, True, True]


@pytest.mark.parametrize("name", [".deleted-1234", ".models--ada--letters.1234.gone"])
def test_what_a_killed_process_left_is_no_obstacle(hub, letters, name):
    first = pull("ada/letters", token=False)
    left = cache.public() / name
    left.mkdir()
    (left / WEIGHTS).write_bytes(b"half")
    letters.private = True
    with pytest.raises(UserError, match="There is no model ada/letters"):
        pull("ada/letters", token=False)
    assert not first.exists()
    hub.add("ada/more", letters.files)
    pull("ada/more", token=False)
    assert not left.exists()


# The cache that all programs of a user share


def downloaded(repo, *names):
    """Files of a repository in the shared cache, as `hf download` puts them there."""
    for name in names:
        path = hf_hub_download(repo, name, cache_dir=constants.HF_HUB_CACHE)
    return Path(path).parent


def test_a_model_that_hf_has_downloaded_opens_without_the_hub(hub, letters, monkeypatch):
    path = downloaded("ada/letters", *sorted(letters.files))
    asked = len(hub.asked)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert pull("ada/letters") == path
    assert pull(f"ada/letters@{letters.sha}") == path
    assert charrnn.load("ada/letters").name == "letters"
    assert len(log_of(path)) == 4 and len(hub.asked) == asked
    with pytest.raises(UserError, match="HF_HUB_OFFLINE"):
        pull("ada/letters", token=False)  # it may be private


def test_a_model_that_hf_has_downloaded_is_not_downloaded_again(hub, letters):
    path = downloaded("ada/letters", "model.safetensors")
    asked = len(hub.asked)
    assert pull("ada/letters") == path
    assert len(hub.asked) == asked + 1
    letters.commit(letters.files | {"README.md": b"# newer"})
    newer = pull("ada/letters")
    assert newer != path and newer.parent == path.parent and path.exists()
    assert pull("ada/letters", token=False).is_relative_to(cache.public())


def test_a_damaged_model_in_the_shared_cache_is_downloaded_again(hub, letters):
    path = downloaded("ada/letters", "model.safetensors")
    (path / WEIGHTS).write_bytes(b"damaged")
    assert pull("ada/letters") == path
    assert (path / WEIGHTS).read_bytes() == letters.files[WEIGHTS]


def test_the_hubs_own_cache_is_for_whoever_is_logged_in_and_nothing_is_removed_there(
    hub, letters, monkeypatch
):
    monkeypatch.setattr(cache, "MAX_PUBLIC_BYTES", 0)
    other = model(1, ago=LONG_AGO, root=Path(constants.HF_HUB_CACHE))
    path = pull("ada/letters")
    assert path.is_relative_to(constants.HF_HUB_CACHE) and other.exists()
    (found,) = [
        repo
        for repo in scan_cache_dir(constants.HF_HUB_CACHE).repos
        if repo.repo_id == "ada/letters"
    ]
    assert {ref for revision in found.revisions for ref in revision.refs} == {"main"}
    # Another program's model, which is no model of charrnn, stays as it was.
    hub.add("bob/other", letters.files | {WEIGHTS: b"something else"})
    theirs = downloaded("bob/other", WEIGHTS)
    with pytest.raises(UserError, match="not a readable safetensors"):
        pull("bob/other")
    assert (theirs / WEIGHTS).read_bytes() == b"something else"


def test_a_cache_can_be_named(hub, letters, tmp_path):
    path = pull("ada/letters", cache_dir=tmp_path / "mine")
    assert path.is_relative_to(tmp_path / "mine")
    assert not Path(constants.HF_HUB_CACHE).exists() and not cache.public().exists()
    assert pull("ada/letters", cache_dir=tmp_path / "mine", local_files_only=True) == path


def test_what_is_not_here_is_not_asked_for(hub, letters, tmp_path):
    asked = len(hub.asked)
    with pytest.raises(UserError, match="ada/letters is not on this machine: download it first"):
        pull("ada/letters", local_files_only=True)
    assert len(hub.asked) == asked
    path = pull("ada/letters")
    asked = len(hub.asked)
    assert pull("ada/letters", local_files_only=True) == path
    with pytest.raises(UserError, match="is not on this machine"):
        pull("ada/letters", cache_dir=tmp_path, token=False, local_files_only=True)
    assert len(hub.asked) == asked


def test_a_cache_that_cannot_be_tidied_costs_nobody_their_model(hub, letters, monkeypatch, caplog):
    def refuse(*_):
        raise PermissionError(13, "Permission denied", "/a/secret/place")

    monkeypatch.setattr(cache, "_tidy", refuse)
    assert (pull("ada/letters", token=False) / WEIGHTS).is_file()
    assert "could not be tidied: Permission denied" in caplog.text
    assert "/a/secret" not in caplog.text


def test_the_names_of_accounts_are_asked_once_and_not_kept_without_end(hub):
    accounts = account.Accounts(most=2)
    tokens = [hub.token(f"user{number}") for number in range(3)]
    assert [accounts.name(token) for token in tokens] == ["user0", "user1", "user2"]
    assert accounts.name(tokens[2]) == "user2" and len(hub.asked) == 3
    assert accounts.name(tokens[0]) == "user0" and len(hub.asked) == 4
    assert accounts.name(False) is None
