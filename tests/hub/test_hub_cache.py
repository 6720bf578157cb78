"""What is kept of the Hub's models: within bounds, whatever people open, cancel or may not see."""

import os
import tempfile
import time

import pytest
from conftest import small_model

from charrnn import checkpoint as checkpoints
from charrnn.checkpoint import WEIGHTS
from charrnn.errors import UserError
from charrnn.hub import account, cache, pull
from charrnn.utils.file_locks import hold

LONG_AGO = 2 * cache.RECENT


def put(repo, name, *, ago=0.0, size=1000):
    """A directory in the public cache that holds so many bytes and was used so long ago."""
    place = cache.public() / repo / name
    place.mkdir(parents=True)
    (place / WEIGHTS).write_bytes(bytes(size))
    then = time.time() - ago
    for path in (place / WEIGHTS, place):
        os.utime(path, (then, then))
    return place


def model(number, **more):
    return put(f"ada--m{number}", f"{number:040x}", **more)


def part(number, **more):
    return put(f"ada--m{number}", f".{number:040x}.part", **more)


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


def test_what_broke_off_goes_after_an_hour_and_before_any_model(hub):
    old, new, kept = part(1, ago=LONG_AGO), part(2), model(3, ago=LONG_AGO)
    cache.tidy(cache.public(), room=9000)
    assert not old.exists() and new.exists() and kept.exists(), "an hour is enough"
    newer = part(4)
    os.utime(new / WEIGHTS, (1, time.time() - 60))
    os.utime(new, (1, time.time() - 60))
    cache.tidy(cache.public(), room=2500)
    assert not new.exists() and newer.exists() and kept.exists(), "of these the oldest goes first"
    cache.tidy(cache.public(), room=0)
    assert not newer.exists() and not kept.exists()


def test_what_is_being_gathered_stays(hub):
    busy = part(1)
    with hold(busy.parent / ".lock", timeout=5):
        cache.tidy(cache.public(), room=0)
    assert busy.exists()


def test_many_who_cancel_do_not_fill_the_disk(hub, checkpoint, monkeypatch):
    checkpoint.model = small_model(hidden_size=96, vocabulary_size=9)
    files = checkpoints.contents(checkpoint)
    monkeypatch.setattr(cache, "ROOM", len(files[WEIGHTS]) // 2)
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
    while sum(path.stat().st_size for path in cache.public().rglob(WEIGHTS)) > cache.ROOM:
        assert time.monotonic() < until, list(cache.public().rglob("*"))
        time.sleep(0.01)


def test_what_one_visitor_alone_may_see_is_bounded_too(hub, trained, tmp_path, monkeypatch):
    ada, own = hub.token("ada"), tmp_path / "ada's"
    files = {path.name: path.read_bytes() for path in trained.iterdir()}
    size = sum(len(data) for name, data in files.items() if name != "corpus.txt")
    monkeypatch.setattr(cache, "OWN_ROOM", 2 * size)
    opened = []
    for number in range(4):
        hub.add(f"ada/m{number}", files, private=True)
        opened.append(pull(f"ada/m{number}", token=ada, own=own))
        os.utime(opened[-1], (number, number))
    assert [path.exists() for path in opened] == [False, False, True, True]


def test_what_a_killed_process_left_is_no_obstacle(hub, letters):
    first = pull("ada/letters", token=False)
    left = first.with_name(f".{first.name}.gone")
    left.mkdir()
    (left / WEIGHTS).write_bytes(b"half")
    os.utime(first, (1, 1))
    letters.commit(letters.files)
    second = pull("ada/letters", token=False)
    assert not left.exists()
    left.mkdir()
    (left / WEIGHTS).write_bytes(b"half")
    cache.tidy(cache.public(), room=1)
    assert second.exists() and not first.exists() and not left.exists()


def test_nor_where_a_model_leaves_the_cache_of_all(hub, letters):
    first = pull("ada/letters", token=False)
    left = cache.public() / ".ada--letters.gone"
    left.mkdir()
    (left / WEIGHTS).write_bytes(b"half")
    letters.private = True
    with pytest.raises(UserError, match="There is no model ada/letters"):
        pull("ada/letters", token=False)
    assert not first.exists()


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
