"""Nobody sees, stops or downloads what is another's, and no path comes from a visitor: by HTTP."""

import asyncio
import functools
import json
import os
import urllib.parse

import httpx
import pytest
from conftest import awaited, small_model
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from worker_runs import events_of, small

from charrnn.checkpoint import Checkpoint, save
from charrnn.runs.limits import Limits
from charrnn.runs.manager import RunManager
from charrnn.ui import AppContext, build, launch_options
from charrnn.vocabulary import Vocabulary

TEXT = "the tide comes in and the tide goes out\n" * 60
ENDLESS = {"hidden_size": 8, "epochs": 1_000_000, "batch_size": 4, "steps": 16}
LIMITS = Limits(
    upload_mb=1, characters=20_000, parameters=100_000, seconds=60.0, runs_per_visitor=2,
    keep_hours=24.0, proxies=1, disk_mb=1000,
)  # fmt: skip


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    """An app whose runs lie in its working directory, as those of a Space do."""
    root = tmp_path_factory.mktemp("app")
    vocabulary = Vocabulary.from_text("aabbccdd\n ")
    save(Checkpoint(small_model(vocabulary_size=len(vocabulary)), vocabulary), root / "shelf" / "a")
    before = os.getcwd()
    os.chdir(root)
    runs = RunManager(root / "runs", limits=LIMITS)
    yield AppContext(runs, root / "shelf")
    runs.close()
    os.chdir(before)


@pytest.fixture(scope="module")
def url(context):
    app = build(context)
    _, address, _ = app.launch(prevent_thread_lock=True, quiet=True, **launch_options(context))
    yield address
    app.close()


@pytest.fixture(scope="module")
def run(context):
    """Somebody's run that has ended."""
    done = context.runs.start(small(epochs=1), "somebody")
    events_of(done)
    return done


@functools.cache
def client(url, address="8.8.8.8"):
    return Client(url, verbose=False, headers={"x-forwarded-for": address})


def refusal(ask, *arguments, **more):
    with pytest.raises(AppError) as raised:
        ask(*arguments, **more)
    return str(raised.value)


# Files

ROUTES = (
    "gradio_api/file=", "file=", "gradio_api/file/", "static/", "assets/", "gradio_api/stream/",
    "gradio_api/custom_component/", "",
)  # fmt: skip


def spellings(path):
    """A path as somebody may try to have it served."""
    quoted = urllib.parse.quote(str(path), safe="")
    yield from (str(path), quoted, quoted.replace("%2F", "%252F"), "/" + str(path))
    relative = os.path.relpath(path)
    yield from (relative, f"./{relative}", urllib.parse.quote(relative, safe=""))
    for folder in (os.environ.get("GRADIO_TEMP_DIR", "/tmp/gradio"), "static", "assets"):
        up = "/".join([".."] * 8)
        yield f"{folder}/{up}{path}"
        yield f"{folder}/" + urllib.parse.quote(f"{up}{path}", safe="")


def test_no_file_of_a_run_is_served_however_its_path_is_spelt(url, run):
    files = [run.directory / "run.json", run.event_log.path, run.directory / "corpus" / "ids.npy"]
    files += [run.checkpoint / "model.safetensors", run.directory]
    with httpx.Client(base_url=url, follow_redirects=True) as http:
        for file in files:
            for spelt in spellings(file):
                for route in ROUTES:
                    got = http.get(f"/{route}{spelt}")
                    served = file.read_bytes() if file.is_file() else b"events.jsonl"
                    assert served not in got.content, f"{route}{spelt}"


def test_a_link_in_the_uploads_leads_nowhere(url, run):
    with httpx.Client(base_url=url) as http:
        [path] = http.post("gradio_api/upload", files={"files": ("a.txt", TEXT)}).json()
        link = os.path.join(os.path.dirname(path), "link.txt")
        os.symlink(run.directory / "run.json", link)
        try:
            assert run.id.encode() not in http.get(f"gradio_api/file={link}").content
            said = refusal(client(url).predict, corpus={"path": link}, api_name="/train")
            assert "has not been uploaded" in said
        finally:
            os.unlink(link)


def test_an_upload_cannot_leave_its_folder(url, context):
    for name in ("../../../../evil.txt", "/etc/evil.txt", "..\\..\\evil.txt", "a/../../evil.txt"):
        got = httpx.post(f"{url}gradio_api/upload", files={"files": (name, TEXT)})
        for path in got.json() if got.status_code == 200 else []:
            assert os.path.realpath(path).startswith(os.path.realpath(folder())), name
    assert not list(context.bundled_dir.parent.rglob("evil*"))


def folder():
    return os.environ.get("GRADIO_TEMP_DIR") or os.path.join(
        __import__("tempfile").gettempdir(), "gradio"
    )


def test_the_uploads_of_others_cannot_be_listed(url):
    [path] = httpx.post(f"{url}gradio_api/upload", files={"files": ("private.txt", TEXT)}).json()
    for listed in (folder(), os.path.dirname(path), folder() + "/", os.path.dirname(path) + "/"):
        got = httpx.get(f"{url}gradio_api/file={listed}")
        assert got.status_code >= 400 and b"private" not in got.content
        said = refusal(client(url).predict, corpus={"path": listed}, api_name="/train")
        assert "has not been uploaded" in said


# Runs


def test_a_run_is_found_by_its_whole_id_only(url, run):
    ask = client(url).predict
    for guess in (
        run.id[:-1],
        run.id[:8],
        run.id.upper(),
        f" {run.id}",
        "*",
        f"{run.id}/.",
        "../runs/" + run.id,
    ):
        if guess != run.id:
            assert refusal(ask, run=guess, api_name="/stop") == (
                "There is no such run: it may have been removed. Train again."
            )
            for endpoint, more in (("/generate", {}), ("/score", {"text": "ab"})):
                said = refusal(ask, checkpoint=guess, api_name=endpoint, **more)
                assert said.startswith("There is no model called")


def test_nothing_that_is_public_lists_runs(url, run):
    ask = client(url).predict
    said = json.dumps([ask(api_name="/models"), ask(api_name="/recipes")])
    config = httpx.get(f"{url}config").text + httpx.get(url).text
    info = httpx.get(f"{url}gradio_api/info").text
    assert run.id not in said + config + info
    assert len(run.id) == 32, "128 bits that nobody can guess"


def test_short_ids_of_earlier_versions_are_found(context, run):
    old = context.runs.root / "0123456789abcdef"
    old.mkdir()
    (old / "run.json").write_bytes((run.directory / "run.json").read_bytes())
    assert context.runs.find(old.name).directory == old


def test_the_private_events_of_the_page_take_no_path_either(url, context, run):
    """The events of the page can be called by their number; a file must have been uploaded."""
    config = httpx.get(f"{url}config").json()
    outside = str(run.directory / "run.json")
    given = {"path": outside, "meta": {"_type": "gradio.FileData"}}
    uploads = {c["id"] for c in config["components"] if c["type"] == "file"}
    events = [d for d in config["dependencies"] if uploads & set(d["inputs"])]
    assert events
    for event in events:
        data = [[given] if i in uploads else None for i in event["inputs"]]
        asked = {"data": data, "fn_index": event["id"], "session_hash": "x"}
        for route in ("queue/join", "run/predict"):
            got = httpx.post(f"{url}gradio_api/{route}", json=asked)
            assert (got.status_code, "has not been uploaded" in got.text) == (400, True)


def test_a_run_is_starred_by_its_id_and_the_card_shows_it(url, context, run):
    components = httpx.get(f"{url}config").json()["components"]
    card = next(c["id"] for c in components if "star" in (c["props"].get("server_fns") or ()))

    def ask(function, **data):
        asked = {"component_id": card, "fn_name": function, "data": data, "session_hash": "y"}
        return httpx.post(f"{url}gradio_api/component_server", json=asked).json()

    assert ask("poll", run=run.id)["starred"] is False
    assert ask("star", run=run.id, on=True) == {"starred": True}
    assert context.runs.is_starred(run)
    while ask("poll", run=run.id)["starred"] is not True:  # viewers share a look at a run
        assert context.runs.is_starred(run)
    assert ask("star", run=run.id, on=False) == {"starred": False}
    assert ask("star", run="../" + run.id, on=True) == {
        "problem": ("There is no such run: it may have been removed. Train again.")
    }
    assert ask("poll", run="../" + run.id) == {"missing": True}


# Limits, for callers who bypass the page


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"text": "ab " * 10_000}, "has 30,000 characters, and the limit here is 20,000"),
        (
            {"text": TEXT, "settings": {"hidden_size": 512}},
            "parameters, and the limit here is 100,000",
        ),
        (
            {"text": TEXT, "settings": {"seconds": 61, "hidden_size": 16}},
            "a run here may take at most 60 seconds",
        ),
    ],
)
def test_limits_hold_for_every_caller(url, arguments, said):
    assert said in refusal(client(url).predict, api_name="/train", **arguments)


def test_an_upload_that_is_too_large_is_refused(url, tmp_path):
    (tmp_path / "large.txt").write_bytes(b"ab" * (1 << 20))
    got = httpx.post(
        f"{url}gradio_api/upload", files={"files": (tmp_path / "large.txt").open("rb")}
    )
    assert got.status_code == 413
    (tmp_path / "half.txt").write_bytes(b"ab" * (300 << 10))
    half = handle_file(str(tmp_path / "half.txt"))
    said = refusal(client(url).predict, corpus=[half, half], api_name="/train")
    assert "The uploaded files have 1.2 MB, and the limit for a run here is 1 MB" in said


def test_uploads_do_not_fill_the_disk(url, monkeypatch):
    monkeypatch.setattr(
        "charrnn.ui.server.file_routes.directory_bytes", lambda folder: LIMITS.disk_bytes + 1
    )
    got = httpx.post(f"{url}gradio_api/upload", files={"files": ("a.txt", TEXT)})
    assert got.status_code == 507 and "no disk space for more uploads" in got.text


def test_a_call_that_is_too_large_is_refused_before_it_is_read(url):
    call = f"{url}gradio_api/call/train"
    body = json.dumps({"data": [None, "a" * (4 << 20)]}).encode()
    headers = {"content-type": "application/json"}
    assert httpx.post(call, content=body, headers=headers).status_code == 413

    def pieces():  # without saying beforehand how much will come
        for start in range(0, len(body), 1 << 16):
            yield body[start : start + (1 << 16)]

    assert httpx.post(call, content=pieces(), headers=headers).status_code in (400, 413)


def test_one_user_s_runs_do_not_keep_others_out_and_the_line_is_told(url, context):
    def train(address):
        return client(url, address).submit(text=TEXT, settings=ENDLESS, api_name="/train")

    def count():
        return len(list(context.runs.root.glob("*/run.json")))

    def place(job):
        log = job.status().log
        return log[0] if log else ""

    def refused(address):
        more = {"text": TEXT, "settings": ENDLESS, "api_name": "/train"}
        return "You have as many runs" in refusal(client(url, address).predict, **more)

    jobs = [train("9.9.9.9")]
    trains, before = context.runs.find(next(iter(jobs[0]))["run"]), count()
    jobs.append(train("9.9.9.9"))
    while count() == before:
        assert not jobs[1].done()
    assert refused("9.9.9.9") and refused("1.2.3.4, 9.9.9.9, 10.16.3.80"), "forged or not"
    jobs.append(train("7.7.7.7"))
    while not place(jobs[2]).startswith("Place 1 in the queue: about"):
        assert not jobs[2].done()
    assert int(place(jobs[2]).split()[-4]) <= 60, "who trains may not take longer"
    trains.stop()
    assert next(iter(jobs[2]))["event"] == "start", "before the other's second"
    while not all(job.done() for job in jobs):
        for one in context.runs.root.glob("*/run.json"):
            context.runs.find(one.parent.name).stop()


def test_concurrent_requests_of_many_users_are_not_refused(url):
    async def ask(http):
        asked = {"data": ["a", "ab", 300, "sample", 1.0, 0]}
        event = (await http.post("call/generate", json=asked)).json()["event_id"]
        return (await http.get(f"call/generate/{event}")).text

    async def all_of_them():
        async with httpx.AsyncClient(base_url=f"{url}gradio_api/", timeout=60) as http:
            return await asyncio.gather(*(ask(http) for _ in range(36)))

    told = awaited(all_of_them())
    assert ["event: complete" in one for one in told] == [True] * 36  # 4 at once and 32 in wait
