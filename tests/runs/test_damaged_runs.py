"""A damaged run is shown as that and can be deleted, and nothing else suffers from it."""

import json
import os
import shutil
import signal

import gradio as gr
import httpx
import pytest
from conftest import awaited
from damage import DIRECTORIES, FILES, KINDS, SECRET, as_json, strange_objects
from gradio_client import Client
from gradio_client.exceptions import AppError
from grids import grid
from small_runs import planned
from starlette.requests import Request

from charrnn.errors import UserError
from charrnn.runs.attempts import QUEUED, STARTED, UNREPORTED, Attempt
from charrnn.runs.end_reasons import EndReason
from charrnn.runs.manager import RunManager
from charrnn.runs.retention import delete_expired
from charrnn.runs.run import Run
from charrnn.runs.view_ids import view_id
from charrnn.ui import AppContext
from charrnn.ui.i18n.errors_zh import ERRORS
from charrnn.ui.models import list_cards
from charrnn.ui.models.download import make_zip
from charrnn.ui.run_card.feed import RunFeeds
from charrnn.ui.run_card.recent_runs import list_runs
from charrnn.ui.services.catalog import find_model
from charrnn.ui.services.model_options import model_options
from charrnn.utils.file_locks import try_lock
from charrnn.utils.regular_files import DamagedRunUserError

pytestmark = pytest.mark.usefixtures("no_picture")

HEALTHY, BROKEN = "a" * 32, "b" * 32


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A directory of runs with one that has ended."""
    root = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "charrnn.checkpoint.files.plot_perplexity", lambda log, baselines: b"a picture"
        )
        run = Run.create(root, planned(epochs=1), HEALTHY)
        run.enqueue()
        run.mark_started()
        list(run.train())
    return root


@pytest.fixture
def root(trained, tmp_path):
    """Two runs that have ended, one of them to be damaged, and what is neither."""
    for name in (HEALTHY, BROKEN):
        shutil.copytree(trained / HEALTHY, tmp_path / "runs" / name)
    (tmp_path / "runs" / ".app-0").mkdir()
    return tmp_path / "runs"


@pytest.fixture
def outside(tmp_path):
    """What lies beside the runs, and is to be neither read nor changed."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text(SECRET)
    return tmp_path / "outside"


@pytest.fixture
def served(root):
    """Opens the app's runs, which nobody trains."""
    opened = []

    def serve():
        opened.append(RunManager(root, workers=0))
        return AppContext(opened[-1], root.parent / "shelf")

    yield serve
    for runs in opened:
        runs.close(timeout_seconds=0)


@pytest.fixture(autouse=True)
def no_disk(monkeypatch):
    """Nobody waits for it: no power is cut."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture(autouse=True)
def nothing_hangs():
    """A pipe that somebody opens would be waited for without end."""

    def fail(*_):
        raise TimeoutError("it hangs")

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(100)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def request():
    scope = {"type": "http", "headers": [], "query_string": b"", "client": ("127.0.0.1", 1)}

    async def receive():  # the sender is still there
        return {"type": "http.request"}

    return Request(scope | {"method": "POST", "path": "/"}, receive)


def tried(act, *arguments):
    """What an act gives, or the UserError that it raises, which has its Chinese."""
    try:
        return act(*arguments)
    except UserError as error:
        assert error.template in ERRORS, error.message
        return error


def told_everywhere(context, component=None):
    """All that the page tells of the two runs, as JSON; the healthy one is as ever."""
    ids = [HEALTHY, BROKEN]
    rows = {row["run"]: row for row in awaited(list_runs(context, ids, request()))}
    assert rows[HEALTHY]["state"] == "finished" and rows[HEALTHY]["perplexity"] > 1
    assert rows.keys() == set(ids), "the broken one is shown"
    assert (rows[BROKEN]["state"] == "damaged") == ("problem" in rows[BROKEN])
    cards = {
        card["key"]: card for card in awaited(list_cards(context, {"runs": ids}, request()))["own"]
    }
    assert cards[HEALTHY]["state"] == "finished"
    poll = RunFeeds(context).poll
    stories = {run: json.loads(awaited(poll({"run": run})).body) for run in ids}
    assert stories[HEALTHY]["state"] == "finished" and not stories[BROKEN].get("missing")
    assert (stories[BROKEN]["state"] == "damaged") == bool(stories[BROKEN]["problem"])
    watched = json.loads(awaited(poll({"run": view_id(BROKEN)})).body)
    assert watched["state"] == stories[BROKEN]["state"]
    assert HEALTHY in dict(map(reversed, model_options(context, ids, "en")))
    model = tried(find_model, context, BROKEN)
    if not isinstance(model, UserError):
        tried(model.open)
        if component is not None:
            packed = tried(make_zip, model, "it", component, context.limits)
            if not isinstance(packed, UserError):
                assert SECRET.encode() not in packed.read_bytes()
    said = json.dumps([rows, cards, stories], ensure_ascii=False)
    assert SECRET not in said and str(context.runs.root) not in said.replace(
        str(context.runs.root / BROKEN / "checkpoint"), ""
    )
    return rows[BROKEN]


def used(context):
    """Everything that can be asked of the broken run, and at last its end."""
    runs = context.runs
    for act in (
        lambda: runs.find(BROKEN).stop(),
        lambda: runs.find(BROKEN).sample(),
        lambda: runs.star(BROKEN, True),
        lambda: runs.star(BROKEN, False),
        lambda: runs.resume(BROKEN),
        lambda: runs.queue_position(BROKEN),
        lambda: runs.find(BROKEN).record_missing_end(),
        lambda: runs.find(BROKEN).stop(closing=True),
    ):
        tried(act)
    runs.delete(BROKEN)
    assert not os.path.lexists(runs.root / BROKEN)
    assert [path.name for path in runs.root.glob("[!.]*")] == [HEALTHY]
    assert not list(runs.root.glob(".deleted-*"))


def unharmed(outside):
    return [path.name for path in outside.iterdir()] == ["secret"] and (
        outside / "secret"
    ).read_text() == SECRET


@pytest.mark.parametrize(("name", "kind"), grid(FILES, KINDS))
def test_whatever_lies_in_the_place_of_a_file(name, kind, root, outside, served, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(root.parent / "cache"))
    KINDS[kind](root / BROKEN / name, outside)
    context = served()
    told_everywhere(context, gr.HTML())
    used(context)
    assert unharmed(outside)


@pytest.mark.parametrize("kind", ["a link", "a pipe", "a file"])
@pytest.mark.parametrize("name", DIRECTORIES)
def test_whatever_lies_in_the_place_of_a_directory(name, kind, root, outside, served):
    place = root / BROKEN / name
    shutil.rmtree(place)
    if kind == "a link":
        place.symlink_to(outside)
    elif kind == "a pipe":
        os.mkfifo(place)
    else:
        place.write_text("a")
    context = served()
    row = told_everywhere(context)
    assert f"{name}/ holds something that is not a file" in row["problem"]["en"]
    with pytest.raises(DamagedRunUserError):
        list(Run(root / BROKEN).train(resume=True))
    used(context)
    assert unharmed(outside)


def test_a_link_in_the_place_of_a_run_is_no_run(root, outside, served):
    shutil.move(root / BROKEN, outside / "moved")
    (root / BROKEN).symlink_to(outside / "moved")
    context = served()
    with pytest.raises(UserError, match="no such run"):
        context.runs.find(BROKEN)
    os.utime(root / BROKEN, (0, 0), follow_symlinks=False)
    delete_expired(root, 1)
    assert not os.path.lexists(root / BROKEN) and (outside / "moved" / "run.json").exists()


def looked_at(run):
    """All that reads a run's request, turn and events."""
    for act in (
        lambda: run.manifest, lambda: run.state, lambda: run.is_active, lambda: run.has_ended,
        lambda: run.read_events(), lambda: run.event_log.find_last("end"), lambda: run.results,
        lambda: run.make_end_event(EndReason.CRASHED), lambda: Attempt.latest(run.directory),
        lambda: run.set_length(epochs=3, seconds=None), run.extend, run.stop,
    ):  # fmt: skip
        tried(act)


@pytest.mark.stress
def test_a_request_of_another_version_or_with_wrong_values_is_read_or_refused(root, served):
    context, run = served(), Run(root / BROKEN)
    path = run.directory / "run.json"
    valid = json.loads(path.read_text())
    for strange in strange_objects(valid):
        path.write_bytes(as_json(strange))
        looked_at(run)
        row = awaited(list_runs(context, [BROKEN], request()))
        json.dumps(row, ensure_ascii=False).encode()
    path.write_bytes(as_json({"a newer field": 1} | valid | {"model": {"of a newer": 1}}))
    assert told_everywhere(context)["state"] == "finished"
    with pytest.raises(UserError, match="written by another version"):
        list(run.train(resume=True))


@pytest.mark.stress
def test_an_event_of_another_version_or_with_wrong_values_is_read_or_refused(root, served):
    context, run = served(), Run(root / BROKEN)
    events = run.read_events()[0]

    async def followed():
        """What the card is told, event by event of each kind in turn."""
        for at, event in {e["event"]: (i, e) for i, e in enumerate(events)}.values():
            for strange in strange_objects(event):
                lines = [*events[:at], strange, *events[at + 1 :]]
                run.event_log.path.write_bytes(b"".join(as_json(line) + b"\n" for line in lines))
                for act in (lambda: run.state, lambda: run.make_end_event(EndReason.CRASHED)):
                    tried(act)
                feed = RunFeeds(context).feed_of(context.find_run(BROKEN))
                await feed.refresh()
                yield strange, feed.changes_since({})

    async def sent():
        async for strange, said in followed():
            json.dumps(json.loads(said), ensure_ascii=False, allow_nan=False).encode()
            damaged = json.loads(said)["state"] == "damaged"
            assert damaged == bool(json.loads(said)["problem"]), strange

    awaited(sent())
    newer = [{"event": "of a newer version", "seconds": 1.0, "x": [1]}]
    stripped = [{"event": event["event"], "reason": event.get("reason")} for event in events[:-1]]
    for lines in (newer + events, stripped + events[-1:]):
        run.event_log.path.write_bytes(b"".join(as_json(line) + b"\n" for line in lines))
        assert told_everywhere(context)["state"] == "finished"


@pytest.mark.stress
def test_an_attempt_with_wrong_values_is_read_or_refused(root, served):
    context, run = served(), Run(root / BROKEN)
    for name in (STARTED, QUEUED, UNREPORTED):
        for app in ("../outside", "/etc/passwd", "a/b", "..", "a\0b", "x" * 1000):
            (run.directory / name).write_bytes(as_json({"since": 0, "app": app}))
            with pytest.raises(DamagedRunUserError, match=f"{name} is damaged"):
                assert run.state
        for strange in strange_objects({"since": 0, "app": "an app"}):
            (run.directory / name).write_bytes(as_json(strange))
            looked_at(run)
        told_everywhere(context)
        (run.directory / name).write_bytes(as_json({"since": 0, "app": None, "newer": 1}))
        assert run.has_ended
        (run.directory / name).unlink()


def test_a_damaged_run_goes_when_it_is_old_and_a_starred_one_stays(root, served):
    for name in (HEALTHY, BROKEN):
        (root / name / STARTED).write_text("[1]")
        for file in ("events.jsonl", "run.json"):
            os.utime(root / name / file, (0, 0))
    context = served()
    context.runs.star(HEALTHY, True)
    delete_expired(root, 1)
    assert [path.name for path in root.glob("[!.]*")] == [HEALTHY]


def test_a_damaged_run_that_trains_is_neither_removed_nor_beyond_stopping(root, served):
    context, run = served(), Run(root / BROKEN)
    (run.directory / STARTED).write_text("[1]")
    with try_lock(run.directory / "worker.lock", timeout=1):
        with pytest.raises(UserError, match="still waiting or training"):
            context.runs.delete(BROKEN)
        run.stop()
        assert run.commands.is_given("stop")
    context.runs.delete(BROKEN)
    assert not run.directory.exists()


def test_an_event_log_of_gigabytes_is_not_read(root, served):
    context, run = served(), Run(root / BROKEN)
    with run.event_log.path.open("r+b") as file:
        file.truncate(5 << 30)
    assert "larger than 16 MB" in told_everywhere(context)["problem"]["en"]
    used(context)


def test_what_a_run_cannot_have_is_not_written_into_its_request(root):
    run = Run(root / BROKEN)
    request = run.manifest
    request["training"]["epochs"] = 1_000_000
    (run.directory / "run.json").write_bytes(as_json(request))
    run.event_log.append(
        run.make_end_event(EndReason.CRASHED)
        | {"reason": "finished", "code": "finished", "epoch": 1_000_000}
    )
    with pytest.raises(UserError, match="epochs = 2000000: give a whole number"):
        run.enqueue(resume=True)
    assert run.manifest == request and not run.is_queued


# A directory of runs that is removed while the app is up


def test_runs_go_on_in_a_directory_that_was_removed(root, served):
    context = served()
    shutil.rmtree(root)
    assert awaited(list_runs(context, [HEALTHY], request())) == []
    poll = RunFeeds(context).poll
    assert json.loads(awaited(poll({"run": HEALTHY})).body) == {"missing": True}
    delete_expired(root, 1)
    run = context.runs.start(planned(epochs=1))
    assert run.state == "queued" and context.runs.queue_position(run.id)[0] == 1
    other = RunManager(root)  # would see it off if the first app were gone
    other.close(timeout_seconds=0)
    assert run.state == "queued"
    run.stop()
    assert run.state == "stopped"


def test_a_worker_does_not_bring_back_half_of_a_run_that_was_removed(tmp_path):
    from charrnn.runs.limits import Limits
    from charrnn.runs.worker import LimitedRun

    run = LimitedRun(Run.create(tmp_path, planned(epochs=1000)).directory, Limits())
    events = run.train()
    next(events)
    shutil.rmtree(run.directory)
    with pytest.raises((UserError, FileNotFoundError)):
        list(events)
    assert list(tmp_path.iterdir()) == []


def test_an_upload_finds_a_directory_that_was_removed(tmp_path, trained):
    from charrnn.runs import uploads
    from charrnn.runs.limits import Limits

    weights = trained / HEALTHY / "checkpoint" / "model.safetensors"
    key = uploads.store(tmp_path / "gone" / "runs", weights, Limits())
    assert uploads.find(tmp_path / "gone" / "runs", key)


# The app itself


@pytest.fixture
def client(root, served):
    from charrnn.ui import build, launch_options

    (root / BROKEN / STARTED).write_text("[1]")
    context = served()
    app = build(context)
    _, url, _ = app.launch(prevent_thread_lock=True, quiet=True, **launch_options(context))
    yield Client(url, verbose=False)
    app.close()


def test_the_app_starts_and_its_endpoints_say_which_run_is_broken(client):
    page = httpx.get(client.src, params={"run": BROKEN})
    assert page.status_code == 200
    for endpoint, more in (("/stop", {"run": BROKEN}), ("/generate", {"checkpoint": BROKEN})):
        if endpoint == "/stop":
            with pytest.raises(AppError, match=r"attempt\.started is damaged"):
                client.predict(api_name=endpoint, **more)
        else:  # its model is valid
            assert client.predict(api_name=endpoint, length=5, **more)
    assert client.predict(api_name="/stop", run=HEALTHY) == "finished"
    assert client.predict(api_name="/generate", checkpoint=HEALTHY, length=5)
