"""The per-user cache of models from the Hub: how long answers count, and for which users."""

import gc
import logging
import shutil
import threading
from types import CodeType, FunctionType, ModuleType, SimpleNamespace

import pytest

from charrnn.checkpoint.format import WEIGHTS
from charrnn.errors import UserError
from charrnn.hub import HubUnavailableError, Ref, cache, client
from charrnn.ui.services import hub_models
from charrnn.ui.services.hub_models import HubModelCache

LETTERS = Ref("ada/letters")


@pytest.fixture
def clock():
    return SimpleNamespace(now=0.0)


@pytest.fixture
def models(clock):
    models = HubModelCache(lambda: clock.now)
    yield models
    models.close()


def asked(hub):
    """How often it was asked about a model."""
    return sum("/api/models/" in path for path in hub.paths())


def refused(act, *arguments, **named):
    with pytest.raises(UserError) as caught:
        act(*arguments, **named)
    return caught.value.message


def test_a_model_that_was_opened_is_cached_for_some_minutes(hub, letters, models, clock):
    path = models.get(LETTERS, False, "x")
    for _ in range(3):
        assert models.get(LETTERS, False, "x") == path
    assert asked(hub) == 1
    clock.now = hub_models.TTL_SECONDS + 1
    assert models.get(LETTERS, False, "x") == path
    assert asked(hub) == 2
    models.open(LETTERS, False, "x")
    assert asked(hub) == 3, "whoever opens it anew, wants to know"


def test_a_new_commit_is_found_after_some_minutes(hub, letters, models, clock):
    old = models.get(LETTERS, False, "x")
    letters.commit(letters.files | {"README.md": b"new"})
    assert models.get(LETTERS, False, "x") == old
    clock.now = hub_models.TTL_SECONDS + 1
    assert models.get(LETTERS, False, "x").name == letters.sha


def test_no_user_finds_what_another_has_opened(hub, letters, models):
    letters.private = True
    ada, again, bob = hub.token("ada"), hub.token("ada"), hub.token("bob")
    path = models.open(LETTERS, ada, "x")
    assert models.get(LETTERS, ada, "x") == models.cached(LETTERS, ada) == path
    assert not path.is_relative_to(cache.cache_directory())
    for other in (False, None, bob):
        assert models.cached(LETTERS, other) is None
        assert "or it is private" in refused(models.get, LETTERS, other, "x")
        assert "or it is private" in refused(models.open, LETTERS, other, "x")
    assert models.cached(LETTERS, again) is None, "another token may be allowed less"
    assert models.get(LETTERS, again, "x").parents[1] != path.parents[1]
    assert not any(cache.public().rglob(WEIGHTS))
    assert models.get(LETTERS, ada, "x") == path


def test_private_models_lie_in_a_directory_of_their_user(hub, letters, models):
    letters.private = True
    path = models.open(LETTERS, hub.token("ada"), "x")
    root = path.parents[2]
    assert root.stat().st_mode & 0o777 == 0o700
    models.close()
    assert not root.exists()


def test_the_private_files_of_a_user_who_is_idle_for_an_hour_are_deleted(
    hub, letters, models, clock, tmp_path
):
    letters.private = True
    ada = hub.token("ada")
    path = models.open(LETTERS, ada, "x")
    made = tmp_path / "letters.zip"
    made.touch()
    models.register_derived_file(path, made)
    clock.now = hub_models.IDLE_SECONDS - 1
    models.forget_idle_users()
    assert path.exists() and made.exists()
    assert models.get(LETTERS, ada, "x") == path
    clock.now += hub_models.IDLE_SECONDS - 1
    models.forget_idle_users()
    assert path.exists(), "seen meanwhile"
    clock.now += 2
    models.forget_idle_users()
    assert not path.parents[1].exists() and not made.exists()
    assert models.cached(LETTERS, ada) is None
    assert models.get(LETTERS, ada, "x").name == path.name


def test_a_file_made_from_a_public_model_stays(hub, letters, models, tmp_path):
    public = models.open(LETTERS, hub.token("ada"), "x")
    letters.private = True
    private = models.open(LETTERS, hub.token("ada"), "x")
    files = [tmp_path / "a.zip", tmp_path / "b.zip"]
    for file, path in zip(files, (public, private), strict=True):
        file.touch()
        models.register_derived_file(path, file)
    models.close()
    assert [file.exists() for file in files] == [True, False]


def test_a_revoked_token_soon_opens_nothing(hub, letters, models, clock):
    letters.private = True
    ada = hub.token("ada")
    models.open(LETTERS, ada, "x")
    del hub.tokens[ada]
    clock.now = hub_models.TTL_SECONDS + 1
    for _ in range(2):
        said = refused(models.get, LETTERS, ada, "x")
        assert "sign in again" in said or "There is no model" in said
        assert ada not in said
    assert models.cached(LETTERS, ada) is None


def test_a_model_that_turns_private_is_soon_gone_for_others(hub, letters, models, clock):
    path = models.open(LETTERS, False, "x")
    letters.private = True
    clock.now = hub_models.TTL_SECONDS + 1
    assert "or it is private" in refused(models.get, LETTERS, False, "x")
    assert not path.exists()
    assert models.cached(LETTERS, False) is None


def test_a_model_that_turns_private_is_deleted_when_a_user_opens_it(hub, letters, models):
    models.open(LETTERS, False, "x")
    letters.private = True
    models.open(LETTERS, hub.token("ada"), "y")
    assert models.cached(LETTERS, False) is None
    assert "or it is private" in refused(models.get, LETTERS, False, "x")


def test_an_error_is_cached_for_get_but_not_for_open(hub, models, clock, trained):
    for _ in range(3):
        assert "There is no model ada/letters" in refused(models.get, LETTERS, False, "x")
    assert asked(hub) == 1
    hub.add("ada/letters", {WEIGHTS: (trained / WEIGHTS).read_bytes()})
    assert models.open(LETTERS, False, "x")
    assert models.get(LETTERS, False, "x")


def test_an_error_is_cached_for_seconds_only(hub, models, clock, trained):
    refused(models.get, LETTERS, False, "x")
    hub.add("ada/letters", {WEIGHTS: (trained / WEIGHTS).read_bytes()})
    clock.now = hub_models.ERROR_TTL_SECONDS + 1
    assert models.get(LETTERS, False, "x")


def test_an_unreachable_hub_s_previous_answer_counts_for_an_hour(hub, letters, models, clock):
    letters.private = True
    ada = hub.token("ada")
    path = models.open(LETTERS, ada, "x")
    hub.faults.status = 503
    clock.now = hub_models.TTL_SECONDS + 1
    before = asked(hub)
    for _ in range(3):
        assert models.get(LETTERS, ada, "x") == path
    assert asked(hub) == before + 1, "it is left alone for a minute"
    assert "internal error" in refused(models.get, LETTERS, hub.token("bob"), "x")
    clock.now = hub_models.IDLE_SECONDS + 1
    assert "internal error" in refused(models.get, LETTERS, ada, "x")


def test_a_hub_that_does_not_answer_times_out(hub, letters, models, monkeypatch):
    monkeypatch.setattr(client, "SILENCE_SECONDS", 0.2)
    hub.faults.silent = True
    with pytest.raises(HubUnavailableError) as caught:
        models.get(LETTERS, False, "x")
    assert "is not responding" in caught.value.message
    monkeypatch.setattr(client, "SILENCE_SECONDS", 60)
    monkeypatch.setattr(hub_models, "OPEN_TIMEOUT_SECONDS", 0.3)
    with pytest.raises(HubUnavailableError):
        models.open(LETTERS, False, "x")


def test_a_cancelled_download_is_reported_and_not_cached(hub, letters, models):
    hub.faults.silent = True
    assert refused(models.open, LETTERS, False, "x", cancelled=lambda: True) == "Cancelled."
    hub.faults.silent = False
    assert models.get(LETTERS, False, "x")


def test_a_model_that_was_evicted_is_downloaded_again(hub, letters, models):
    path = models.get(LETTERS, False, "x")
    shutil.rmtree(path)
    assert models.cached(LETTERS, False) is None
    assert models.get(LETTERS, False, "x") == path


def test_concurrent_requests_for_a_model_all_get_it(hub, letters, models):
    found, ready = [], threading.Barrier(12)

    def want(i):
        ready.wait()
        found.append(models.get(LETTERS, False, f"visitor {i % 2}"))

    threads = [threading.Thread(target=want, args=(i,)) for i in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 12
    assert len(set(found)) == 1
    assert len(hub.begun) == 1, "the weights came once"


def test_one_user_s_many_downloads_leave_room_for_another_user_s(hub, letters, models, monkeypatch):
    hub.faults.silent, hub.faults.on = True, "slow"
    waiting = [
        threading.Thread(target=refused, args=(models.get, Ref(f"ada/slow{i}"), False, "eve"))
        for i in range(hub_models.MAX_CONCURRENT_DOWNLOADS_PER_USER)
    ]
    for thread in waiting:
        thread.start()
    while (
        sum("slow" in path for path in hub.paths()) < hub_models.MAX_CONCURRENT_DOWNLOADS_PER_USER
    ):
        assert all(thread.is_alive() for thread in waiting)
    monkeypatch.setattr(hub_models, "GET_TIMEOUT_SECONDS", 0.2)
    said = refused(models.get, LETTERS, False, "eve")
    assert said.startswith("Too many models are being opened")
    assert models.get(LETTERS, False, "bob")
    hub.faults.silent = False
    for thread in waiting:
        thread.join()
    assert models.get(LETTERS, False, "eve")


def test_the_number_of_entries_is_bounded(hub, letters, models, monkeypatch):
    monkeypatch.setattr(hub_models, "MAX_ENTRIES", 3)
    for i in range(5):
        letters.tags[f"v{i}"] = letters.sha
        models.get(Ref("ada/letters", f"v{i}"), False, "x")
    kept = [models.cached(Ref("ada/letters", f"v{i}"), False) is not None for i in range(5)]
    assert kept == [False, False, True, True, True]


def reachable_texts(root):
    """All texts that an object holds, directly or through others."""
    found, seen, pending = [], set(), [root]
    while pending:
        one = pending.pop()
        if id(one) in seen or isinstance(one, type | ModuleType | FunctionType | CodeType):
            continue
        seen.add(id(one))
        if isinstance(one, str | bytes):
            found.append(str(one))
        pending += gc.get_referents(one)
    return found


def test_no_token_is_stored_or_logged(hub, letters, models, caplog):
    caplog.set_level(logging.DEBUG)
    letters.private = True
    ada = hub.token("ada")
    models.open(LETTERS, ada, "x")
    hub.faults.status = 403
    said = refused(models.open, LETTERS, ada, "x")
    held = reachable_texts(models)
    assert any("ada/letters" in text for text in held)
    assert not [text for text in (said, caplog.text, *held) if ada in text]
