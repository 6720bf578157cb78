"""A link to a run: it shows the run, and whoever has it controls nothing."""

import json

import launching
import pytest
from conftest import awaited, small_model
from worker_runs import small

from charrnn.checkpoint import Checkpoint, save
from charrnn.errors import UserError
from charrnn.runs.run import Run
from charrnn.runs.view_ids import ViewIds, is_view_id, view_id
from charrnn.ui.operations import runs
from charrnn.ui.run_card.feed import RunFeeds
from charrnn.ui.services import catalog
from charrnn.vocabulary import Vocabulary

context = launching.context


@pytest.fixture
def run(context):
    run = Run.create(context.runs.root, small())
    vocabulary = Vocabulary.from_text("abc")
    save(
        Checkpoint(small_model(vocabulary_size=len(vocabulary)), vocabulary, {"name": "Letters"}),
        run.directory / "checkpoint",
    )
    return run


def test_a_view_id_finds_its_run_and_is_not_the_run_s_id(context, run):
    key = view_id(run.id)
    assert is_view_id(key) and not is_view_id(run.id) and run.id not in key
    access = context.find_run(key)
    assert access.run.id == run.id and not access.may_control
    assert context.find_run(run.id).may_control


def test_a_run_that_was_added_or_removed_later_is_noticed(context, run):
    ids = ViewIds(context.runs.root)
    assert ids.find(view_id(run.id)).id == run.id
    later = Run.create(context.runs.root, small())
    assert ids.find(view_id(later.id)).id == later.id
    later.directory.rename(context.runs.root / ".gone-later")
    with pytest.raises(UserError, match="no such run"):
        ids.find(view_id(later.id))


@pytest.mark.parametrize("key", ["view-", "view-" + "0" * 32, "view-../" + "0" * 29, "", "x" * 99])
def test_a_key_of_no_run_is_refused(context, run, key):
    with pytest.raises(UserError, match="no such run"):
        context.find_run(key)


def test_the_runs_directory_may_be_gone(tmp_path):
    with pytest.raises(UserError, match="no such run"):
        ViewIds(tmp_path / "none").find(view_id("0" * 32))


def test_what_is_told_of_a_run_by_its_view_id_does_not_hold_the_run_s_id(context, run):
    key = view_id(run.id)
    answer = awaited(RunFeeds(context).poll({"run": key})).body.decode()
    told = json.loads(answer)
    assert run.id not in answer
    assert told["run"] == told["model"] == told["link"] == key and told["controls"] is False
    own = json.loads(awaited(RunFeeds(context).poll({"run": run.id})).body)
    assert own["run"] == run.id and own["link"] == key and own["controls"] is True


def test_a_view_id_stops_stars_resumes_and_samples_nothing(context, run):
    key = view_id(run.id)
    with pytest.raises(UserError, match="only the browser or program that started the run knows"):
        runs.stop(context, key)
    for control in (
        lambda: context.runs.find(key),
        lambda: context.runs.resume(key),
        lambda: context.runs.star(key, True),
    ):
        with pytest.raises(UserError, match="no such run"):
            control()


def test_the_model_of_a_shared_run_writes_and_is_neither_downloaded_nor_pushed(context, run):
    key = view_id(run.id)
    assert len(catalog.find_model(context, key).open().vocabulary) == 4
    with pytest.raises(UserError, match="only its owner"):
        catalog.find_own_model(context, key, None)
    assert catalog.find_own_model(context, run.id, None).directory == run.directory / "checkpoint"
