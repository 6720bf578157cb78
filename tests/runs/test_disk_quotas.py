"""Every byte on the disk counts against somebody, has a bound, and goes in the end."""

import io
import json
import os
import time

import gradio as gr
import httpx
import pytest
from conftest import awaited
from refusals import refusal
from small_runs import planned
from starlette.requests import Request

from charrnn.checkpoint.files import write_checkpoint_dir
from charrnn.checkpoint.format import MAX_FILE_BYTES, SAMPLES, WEIGHTS
from charrnn.checkpoint.logs import samples_of
from charrnn.runs import uploads
from charrnn.runs.admission import directory_bytes, needed_bytes
from charrnn.runs.attempts import QUEUED, Attempt
from charrnn.runs.disk_quotas import DiskQuotas
from charrnn.runs.limits import Limits
from charrnn.runs.manager import RunManager
from charrnn.runs.owned_files import MIN_FILE_BYTES, NEW_SECONDS
from charrnn.runs.owners import OWNER_FILE, Owner, OwnerRecord
from charrnn.runs.retention import RetentionTask
from charrnn.runs.run import Run
from charrnn.runs.view_ids import view_id
from charrnn.training import TrainingConfig, run_log
from charrnn.training.run_log import MAX_LOG_ROWS, MAX_SAMPLES_BYTES, RunLog
from charrnn.training.step import TrainStep
from charrnn.ui import AppContext, build, launch_options
from charrnn.ui.models import Downloads, make_download
from charrnn.ui.run_card.recent_runs import remove
from charrnn.ui.services.catalog import ModelEntry
from charrnn.ui.services.model_opener import open_file
from charrnn.ui.services.upload_folder import sweep_upload_folder
from charrnn.utils import temporary
from charrnn.utils.file_locks import try_lock

_MB = 1 << 20
LONG = {"sample_length": 10_000, "sample_every": 1}


@pytest.fixture
def served(tmp_path, monkeypatch):
    """Opens the app's runs, which nobody trains, under these limits."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))
    opened = []

    def serve(**limits):
        opened.append(RunManager(tmp_path / "runs", workers=0, limits=Limits(**limits)))
        return AppContext(opened[-1], tmp_path / "shelf")

    yield serve
    for runs in opened:
        runs.close(timeout_seconds=0)


def request():
    async def receive():  # the sender is still there
        return {"type": "http.request"}

    return Request(
        {
            "type": "http", "method": "POST", "path": "/", "query_string": b"",
            "client": ("8.8.8.8", 1), "headers": [],
        },
        receive,
    )  # fmt: skip


def stopped(run):
    run.stop()
    return run


def fill(directory, megabytes):
    (directory / "filler").write_bytes(bytes(megabytes * _MB))


# A share for each user


def test_a_user_s_stopped_runs_do_not_take_the_room_of_others(served):
    runs = served(disk_mb=100, disk_mb_per_visitor=20).runs
    for _ in range(2):
        fill(stopped(runs.start(planned(), "address:one/ada")).directory, 9)
    said, field = refusal(runs.start, planned(), "address:one/ada")
    assert said.startswith("Your runs, models and files take up 18.") and "of the 20.0 MB" in said
    assert "Delete some of your runs or models" in said and field == "run"
    runs.start(planned(), "address:one/bob").stop()
    runs.start(planned(), "name:ada").stop()


def test_a_user_over_the_share_gets_room_by_deleting(served):
    context = served(disk_mb_per_visitor=20)
    old = stopped(context.runs.start(planned(), "ada"))
    fill(old.directory, 18)
    refusal(context.runs.start, planned(), "ada")
    assert remove(context, old.id, request()) == {"deleted": old.id}
    assert not old.directory.exists()
    context.runs.start(planned(), "ada")


def test_what_a_run_may_still_write_counts_from_its_start(served):
    needed = needed_bytes(planned(**LONG, epochs=1000)) / _MB
    runs = served(disk_mb=1000, disk_mb_per_visitor=int(2.5 * needed)).runs
    first, _ = (runs.start(planned(**LONG, epochs=1000), "ada") for _ in range(2))
    assert directory_bytes(runs.root) < _MB
    assert "MB more" in refusal(runs.start, planned(**LONG, epochs=1000), "ada")[0]
    first.stop()  # it has written nothing
    runs.start(planned(**LONG, epochs=1000), "ada")


def test_bytes_reserved_for_one_user_are_not_reserved_for_another(served):
    needed = needed_bytes(planned(**LONG, epochs=1000)) / _MB
    runs = served(disk_mb=int(2.5 * needed)).runs
    for visitor in ("ada", "bob"):
        runs.start(planned(**LONG, epochs=1000), visitor)
    said = refusal(runs.start, planned(**LONG, epochs=1000), "eve")[0]
    assert said.startswith("There is no disk space for another run")


def test_a_run_that_goes_on_counts_for_its_owner(served):
    runs = served(disk_mb_per_visitor=20).runs
    run = stopped(runs.start(planned(), "ada"))
    fill(run.directory, 19)
    assert "MB more" in refusal(runs.resume, run.id, "bob")[0]
    (run.directory / "filler").unlink()
    runs.resume(run.id, "bob")
    assert OwnerRecord.read(run.directory).owner == runs.disk_quotas.owner("ada")


def test_many_browsers_of_one_address_do_not_take_all_of_the_room(served):
    runs = served(disk_mb=40, disk_mb_per_visitor=10).runs
    for browser in ("a", "b"):
        fill(stopped(runs.start(planned(), f"address:one/{browser}")).directory, 9)
    said, _ = refusal(runs.start, planned(), "address:one/c")
    assert said.startswith("The runs, models and files of your network take up all the space")
    runs.start(planned(), "address:two/c")


def test_a_run_without_a_known_owner_counts_for_all_and_goes_on(served):
    runs = served(disk_mb=50, disk_mb_per_visitor=10).runs
    for content in (None, b"", b"[1]", b'{"client": "ada"}', b'{"client": 1, "address": []}'):
        run = stopped(runs.start(planned(), "ada"))
        fill(run.directory, 7)
        if content is None:
            (run.directory / OWNER_FILE).unlink()
        else:
            (run.directory / OWNER_FILE).write_bytes(content)
    runs.start(planned(), "ada").stop()
    runs.resume(run.id, "ada")
    assert OwnerRecord.read(run.directory).owner == runs.disk_quotas.owner("ada"), (
        "whoever lets it go on"
    )
    fill(runs.root / run.id, 20)
    assert "no disk space for another run" in refusal(runs.start, planned(), "bob")[0]


def test_the_owner_of_a_run_is_stored_as_a_hash_and_outlives_a_restart(served):
    runs = served(disk_mb_per_visitor=20).runs
    run = runs.start(planned(), "name:ada")
    kept = (run.directory / OWNER_FILE).read_text()
    assert "ada" not in kept
    assert Owner.of("name:ada", b"another key") != runs.disk_quotas.owner("name:ada")
    assert (
        DiskQuotas(runs.root, runs.limits).owner("name:ada")
        == OwnerRecord.read(run.directory).owner
    )


def test_a_private_machine_has_no_shares(served):
    runs = served().runs
    for _ in range(3):
        fill(stopped(runs.start(planned(), "")).directory, 5)


# Uploaded models, uploaded texts, downloads


def test_uploaded_models_count_for_whoever_brings_them(served, trained, tmp_path):
    context = served(disk_mb_per_visitor=10)
    fill(stopped(context.runs.start(planned(), context.client_id(request()))).directory, 9)
    (tmp_path / "gradio").mkdir()
    sent = tmp_path / "gradio" / "a.safetensors"
    sent.write_bytes((trained / WEIGHTS).read_bytes() + bytes(0))
    big = tmp_path / "gradio" / "big.safetensors"
    big.write_bytes(bytes(2 * _MB))
    said, field = refusal(open_file, context, str(big), request())
    assert said.startswith("Your runs, models and files take") and field == "model"
    model = open_file(context, str(sent), request())
    assert OwnerRecord.read(model.directory).owner == context.runs.disk_quotas.owner(
        context.client_id(request())
    )
    assert remove(context, model.key, request()) == {"deleted": model.key}
    assert uploads.find(context.runs.root, model.key) is None
    assert "no longer here" in remove(context, model.key, request())["problem"]


@pytest.fixture
def client(served):
    context = served(disk_mb_per_visitor=10, upload_mb=8, proxies=1)
    app = build(context)
    _, url, _ = app.launch(prevent_thread_lock=True, quiet=True, **launch_options(context))
    with httpx.Client(base_url=url, headers={"x-forwarded-for": "8.8.8.8"}) as http:
        http.context = context
        yield http
    app.close()


def upload(client, megabytes, **headers):
    content = os.urandom(16) + bytes(int(megabytes * _MB))
    files = {"files": ("a.txt", io.BytesIO(content))}
    return client.post("/gradio_api/upload", files=files, headers=headers)


def test_uploads_count_for_whoever_sends_them_and_old_ones_make_room(client):
    answers = [upload(client, 3) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 507]
    assert answers[-1].text.startswith("Your runs, models and files take up 9.0 of the 10.0 MB")
    assert "你的训练、模型和文件" in upload(client, 3, **{"accept-language": "zh-CN"}).text
    assert upload(client, 3, **{"x-forwarded-for": "9.9.9.9"}).status_code == 200
    [first], *_ = (answer.json() for answer in answers[:3])
    os.utime(first, (time.time() - NEW_SECONDS - 60,) * 2)
    assert upload(client, 3).status_code == 200
    assert not os.path.exists(first), "it is not new: it makes room"


def test_many_small_files_count_for_more_than_their_bytes(client):
    files = client.context.runs.disk_quotas.files
    before = 10 * _MB // MIN_FILE_BYTES
    for number in range(before):
        path = client.context.runs.root.parent / f"{number}.txt"
        path.touch()
        files.add(client.context.runs.disk_quotas.owner("address:x"), path)
    owner = client.context.runs.disk_quotas.owner("address:x")
    with client.context.runs.disk_quotas.reserving(owner, field="corpus") as reserve:
        assert "MB more" in refusal(reserve, 1)[0]


def test_a_file_of_two_users_stays_for_one_of_them(client):
    same = b"the same text for both of them " * 9
    paths = {
        client.post(
            "/gradio_api/upload", files={"files": ("a.txt", same)}, headers={"x-forwarded-for": who}
        ).json()[0]
        for who in ("8.8.8.8", "9.9.9.9")
    }
    [path] = paths
    quotas = client.context.runs.disk_quotas
    owners = [owner for _, owner in quotas.files.with_owners()]
    assert len(owners) == 2
    os.utime(path, (0, 0))
    assert quotas.files.make_room(owners[0], 1) > 0 and os.path.exists(path)
    assert quotas.files.make_room(owners[1], 1) > 0 and not os.path.exists(path)


def test_downloads_count_for_whoever_asks_for_them(served, trained, monkeypatch):
    context = served(disk_mb_per_visitor=10)
    monkeypatch.setattr(
        "charrnn.ui.models.find_own_model", lambda *_: ModelEntry("letters", trained)
    )
    downloads = Downloads(context, gr.HTML)
    told = awaited(make_download(downloads, "letters", request()))
    owner = context.runs.disk_quotas.owner(context.client_id(request()))
    [(file, counted)] = context.runs.disk_quotas.files.with_owners()
    assert str(file) == os.path.realpath(told["path"])
    assert counted == owner
    (trained / "README.md").write_bytes(os.urandom(_MB - 1))
    fill(stopped(context.runs.start(planned(), context.client_id(request()))).directory, 9)
    assert "MB more" in awaited(make_download(downloads, "letters", request()))["problem"]


# Deleting


def test_only_the_id_of_a_run_deletes_it_and_not_while_it_trains(served):
    context = served()
    run = context.runs.start(planned())
    for key in (view_id(run.id), run.id[:-1], "", None, [run.id], "../" + run.id, ".uploads"):
        assert "problem" in remove(context, key, request())
    run.mark_started(Attempt.read(run.directory / QUEUED).app)
    with try_lock(run.directory / "worker.lock", timeout=1):
        said = remove(context, run.id, request())
    assert (
        said
        == {
            "problem": (
                "This run is still waiting or training: stop it, or wait until it has ended."
            )
        }
        and run.directory.exists()
    )
    other = context.runs.start(planned())
    context.runs.star(other.id, True)
    assert remove(context, other.id, request()) == {"deleted": other.id}, "it waited"


# What a run writes


def test_samples_stay_within_what_was_reserved_and_can_be_opened(tmp_path, no_picture, monkeypatch):
    monkeypatch.setattr(run_log, "MAX_SAMPLES_BYTES", 100_000)
    text = "the cat " * 250
    monkeypatch.setattr(
        TrainStep, "samples", lambda self, _, prefixes: [p + text for p in prefixes]
    )
    plan = planned(epochs=60, sample_length=2000, sample_every=1)
    run = Run.create(tmp_path, plan)
    events = list(run.train())
    samples = [event for event in events if event["event"] == "sample"]
    notes = [event for event in events if event["event"] == "note"]
    assert [note["code"] for note in notes] == ["fewer-samples"], "said once"
    assert 100_000 / 2 < sum(len(json.dumps(sample)) for sample in samples) < 100_000 * 1.2
    steps = [sample["step"] for sample in samples]
    assert steps[0] == 0 and steps[-1] == max(event.get("step", 0) for event in events)
    late = [step for step in steps if step > steps[-1] * 0.6]
    assert len(late) > 5, "over the whole run"
    assert directory_bytes(run.directory) < needed_bytes(plan)
    kept = samples_of(run.checkpoint)
    assert kept[0]["step"] == 0 and kept[-1]["step"] == steps[-1]
    assert sum(len(sample["text"]) for sample in kept) <= 100_000


def test_a_run_that_asks_for_all_there_is_writes_no_more_than_is_reserved():
    config = TrainingConfig(epochs=1_000_000, sample_length=10_000, sample_every=1)
    assert run_log.samples_budget(config, ("a", "b")) == MAX_SAMPLES_BYTES
    record = RunLog(config, ("a", "b"))
    for step in range(500):
        if record.has_room(step / 500):
            text = "\u4e00" * 10_000
            record.add_samples([{"step": step, "prefix": p, "text": text} for p in "ab"])
    written = {sample["step"] for sample in record.samples}
    assert len(json.dumps(record.samples, ensure_ascii=False).encode()) <= MAX_SAMPLES_BYTES * 1.01
    assert len(written) > 20 and max(written) > 400
    again = RunLog(config, ("a", "b"))
    again.restore(json.loads(json.dumps(record.counters())))
    assert not again.has_room(0.9), "what was written counts when the run goes on"
    for leg in range(30):  # what is due is always written, and older ones make room
        again.add_samples([{"step": 1000 + leg, "prefix": p, "text": text} for p in "ab"])
    assert again.samples[0]["step"] == 0 and again.samples[-1]["step"] == 1029
    assert len(json.dumps(again.samples, ensure_ascii=False).encode()) <= MAX_SAMPLES_BYTES * 1.01


def test_a_long_log_is_thinned():
    record = RunLog(TrainingConfig(), ("",))
    for step in range(3 * MAX_LOG_ROWS):
        record.add_progress({"event": "progress", "step": step})
    steps = [event["step"] for event in record.log]
    assert len(steps) <= MAX_LOG_ROWS and steps == sorted(steps)
    assert steps[0] == 0 and steps[-1] == 3 * MAX_LOG_ROWS - 1


def test_a_resume_state_of_an_earlier_version_is_used():
    record = RunLog(TrainingConfig(), ("",))
    record.restore({"log": [], "samples": [{"step": 0, "prefix": "", "text": "a" * 99_000}]})
    assert not record.has_room()


def test_a_run_whose_log_is_full_ends_and_does_not_go_on(tmp_path, no_picture, monkeypatch):
    monkeypatch.setattr("charrnn.runs.event_log._FULL_BYTES", 3000)
    run = Run.create(tmp_path, planned(epochs=1000))
    events = list(run.train())
    assert events[-1]["reason"] == "stopped" and run.checkpoint
    assert events[-1]["message"].startswith("Ended because the log of this run is full.")
    assert run.read_events()[0] == events
    said, field = refusal(run.enqueue, resume=True)
    assert said.startswith("This run has been continued so often") and field == "run"


def test_what_a_run_keeps_can_be_opened_again_however_long_its_prefixes(checkpoint, tmp_path):
    samples = [
        {"event": "sample", "seconds": 0, "step": step, "prefix": prefix, "text": prefix}
        for step in range(40)
        for prefix in ("a" * 300_000, "b" * 300_000)
    ]
    write_checkpoint_dir(checkpoint, tmp_path, log=[], samples=samples, picture=False)
    kept = samples_of(tmp_path)
    assert kept and kept[-1]["step"] == 39
    assert all(
        (tmp_path / name).stat().st_size <= MAX_FILE_BYTES[name] for name in ("README.md", SAMPLES)
    )


# What goes


def test_files_that_were_uploaded_go_when_they_are_old(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    for name in ("old/a.txt", "new/b.txt", ".incoming-x/half"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    for name in ("old/a.txt", "old", ".incoming-x/half", ".incoming-x"):
        os.utime(tmp_path / name, (0, 0))
    sweep_upload_folder(1.0)
    sweep_upload_folder(1.0)
    left = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {"b.txt"}


def test_sweeping_covers_the_upload_folder_and_goes_on_after_a_failure(served):
    context = served(keep_hours=1.0)
    build(context)
    assert sweep_upload_folder in context.runs.retention.extra_tasks
    swept, task = [], RetentionTask(context.runs.root, 1.0)
    task.extra_tasks += [lambda hours: 1 / 0, swept.append]
    task.run_if_due()
    task.run_if_due()
    assert swept == [1.0], "not again at once"


def test_what_a_process_that_was_killed_has_left_is_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(temporary.tempfile, "tempdir", str(tmp_path))
    mine = temporary.temporary_directory("files")
    dead, new, other = (tmp_path / f"charrnn-{name}-x" for name in ("files", "hub", "visitors"))
    for directory in (dead, new, other):
        directory.mkdir()
    for directory in (dead, new):
        (directory / ".lock").touch()
    for directory in (mine, dead, other):
        os.utime(directory, (0, 0))
    temporary.remove_leftovers()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [mine.name, new.name, other.name]
    ), "neither one that is in use, nor a new one, nor one that was never locked"
    lock = try_lock(mine / ".lock", timeout=0)
    assert lock is None
