"""The app as a Space: what goes there, and how; the Hub is on loopback."""

import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from hub_spaces import FIRST, Spaces
from packaging.requirements import Requirement

from charrnn import cli
from charrnn.cli import deploy as deploying
from charrnn.errors import UserError
from charrnn.hub import space
from charrnn.hub.space import deploy

ROOT = Path(deploying.ROOT)
APP = {
    "app.py": b"print('an app')",
    "README.md": b"---\nsdk: gradio\n---\n# app\n\n![seen](docs/seen.png)\n",
    "requirements.txt": b"gradio\n",
    "pyproject.toml": b"[project]\n",
    "charrnn/__init__.py": b"",
    "charrnn/look.css": b"a {}",
    "checkpoints/one/model.safetensors": bytes(20_000),
    "docs/seen.png": b"\x89PNG\r\n",
    "docs/using.md": b"# Using it\n",
    "SECURITY.md": b"# Security\n",
    "benchmarks/loop.md": b"| steps |\n",
}
BESIDE = {
    "tests/test_app.py": b"",
    "package.json": b"{}",
    "benchmarks/loop.py": b"",
    ".env": b"SECRET=1",
    "charrnn/__pycache__/x.pyc": b"",
    "charrnn/.secret": b"",
    "runs/1/corpus.txt": b"a text",
}


@pytest.fixture
def spaces(hub):
    with_spaces = Spaces(hub)
    yield with_spaces
    with_spaces.put_back()


@pytest.fixture
def ada(hub):
    return hub.token("ada")


@pytest.fixture
def house(tmp_path):
    """A directory with a small app, and more that is nobody's business."""
    root = tmp_path / "house"
    for name, data in (APP | BESIDE).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def git(root, *command):
    who = ("-c", "user.name=a", "-c", "user.email=a@b.c")
    subprocess.run(["git", "-C", root, *who, *command], check=True, capture_output=True)


@pytest.fixture
def run(spaces, house, monkeypatch, capsys):
    """A command as ada, who is logged in, from that directory."""
    monkeypatch.setenv("HF_TOKEN", spaces.hub.token("ada"))
    monkeypatch.setattr(deploying, "ROOT", house)

    def command(*arguments):
        monkeypatch.setattr(sys, "argv", ["charrnn", "deploy", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsys.readouterr()
        assert "hf_" not in out + err and "Traceback" not in err
        return ended.value.code, out, err.splitlines()

    return command


# What goes


def test_of_a_checkout_go_the_tracked_files_that_the_app_needs(house):
    (house / ".gitignore").write_text("__pycache__\nruns\n.env\ncharrnn/.secret\n")
    git(house, "init", "-q")
    git(house, "add", "-A")
    (house / "charrnn/new.py").write_text("")
    (house / "charrnn/look.css").unlink()
    names, notes = deploying.select_files(house)
    assert set(names) == APP.keys() - {"charrnn/look.css"}
    assert notes == [
        "not needed in the Space: .gitignore, benchmarks/loop.py, package.json, tests/",
        "not tracked by git, so left out: charrnn/new.py",
    ]


def test_without_git_go_the_same_places_but_what_is_hidden_or_compiled(house):
    names, (note,) = deploying.select_files(house)
    assert set(names) == APP.keys()
    assert "git does not track" in note


def test_links_never_go_along(house, tmp_path):
    (tmp_path / "secret").write_text("mine")
    (house / "charrnn/link.py").symlink_to(tmp_path / "secret")
    (house / "checkpoints/two").symlink_to(house / "runs")
    assert set(deploying.select_files(house)[0]) == APP.keys()
    git(house, "init", "-q")
    git(house, "add", "-A")
    assert not {n for n in deploying.select_files(house)[0] if "link" in n or "two" in n}


def test_this_repository_is_whole_in_a_space(tmp_path):
    names, _ = deploying.select_files(ROOT)
    assert {"app.py", "README.md", "requirements.txt", "LICENSE"} <= set(names)
    assert "pyproject.toml" in names, "pip installs the package from a Space"
    tops = {name.partition("/")[0] for name in names if "/" in name}
    assert tops == {"benchmarks", "charrnn", "checkpoints", "docs"}
    kept = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("charrnn/**/*.css")}
    assert kept <= set(names) and not any("__pycache__" in name for name in names)


def test_the_documents_of_a_space_link_to_files_that_are_there():
    names = deploying.select_files(ROOT)[0]
    there = {ROOT / name for name in names}
    there |= {path for place in there for path in place.parents}
    links = {
        (ROOT / name).parent.joinpath(link).resolve()
        for name in names
        if name.endswith(".md") and not name.startswith(("checkpoints/", "benchmarks/"))
        for link in re.findall(r"\]\(([\w./-]+)(?:#[\w-]+)?\)", (ROOT / name).read_text("utf-8"))
    }
    expected = {"docs/using.md", "docs/train.png", "CITATION.cff", "benchmarks/loop.md"}
    assert {ROOT / name for name in expected} <= links
    assert links <= there


def test_an_installed_package_is_no_repository(run, house):
    (house / "app.py").unlink()
    status, out, (said,) = run("ada/app")
    assert (status, out) == (2, "") and "checkout of the charrnn repository" in said


# How


def test_a_new_space_is_one_commit_of_exactly_the_files_that_were_listed(run, spaces):
    status, out, said = run("ada/app", "--private")
    assert (status, out) == (0, f"{spaces.address}/spaces/ada/app\n")
    repo = spaces.repos["ada/app"]
    assert repo.private and len(repo.commits) == 2
    assert repo.files == APP | {".gitattributes": FIRST[".gitattributes"]}
    listed = dict(line.removeprefix("charrnn: ").split()[:2] for line in said[: len(APP)])
    assert listed == {name: f"{len(data):,}" for name, data in APP.items()}
    assert said[len(APP)] == f"charrnn: {len(APP)} files, {sum(map(len, APP.values())):,} bytes"
    assert spaces.about["ada/app"] == {"sdk": "gradio", "hardware": "cpu-basic"}


def test_a_dry_run_asks_nobody(run, spaces):
    status, out, said = run("ada/app", "--dry-run", "--hardware", "zero-a10g")
    assert (status, out) == (0, "") and len(said) == len(APP) + 2
    assert not spaces.hub.asked


def test_an_update_sends_what_changed_and_removes_what_went(run, spaces, house):
    run("ada/app")
    asked = len(spaces.hub.asked)
    (house / "charrnn/look.css").write_bytes(b"b {}")
    (house / "charrnn/new.py").write_bytes(b"new")
    (house / "docs/seen.png").unlink()
    status, _, said = run("ada/app")
    assert status == 0 and said[-1] == "charrnn: docs/seen.png was removed from the Space"
    repo = spaces.repos["ada/app"]
    assert len(repo.commits) == 3
    assert repo.files["charrnn/look.css"] == b"b {}" and repo.files["charrnn/new.py"] == b"new"
    assert "docs/seen.png" not in repo.files and ".gitattributes" in repo.files
    assert not [path for _, path, _ in spaces.hub.asked[asked:] if "/large/" in path]


def test_where_nothing_changed_there_is_no_commit_and_it_is_said(run, spaces):
    run("ada/app")
    status, out, said = run("ada/app")
    assert status == 0 and out and "nothing has changed" in said[-1]
    assert len(spaces.repos["ada/app"].commits) == 2


def test_progress_counts_the_bytes_that_are_sent(spaces, ada):
    told = []
    done = deploy(APP, "ada/app", token=ada, progress=lambda *now: told.append(now))
    assert told[-1][0] == told[-1][1] == sum(map(len, APP.values()))
    assert set(done.changed) == APP.keys() and done.removed == ()
    assert done.url == f"{spaces.address}/spaces/ada/app"


def test_hardware_is_asked_for_when_it_is_another_one(spaces, ada):
    deploy(APP, "ada/app", token=ada, hardware="zero-a10g")
    assert spaces.about["ada/app"]["hardware"] == "zero-a10g"
    asked = len(spaces.hub.paths("POST"))
    deploy(APP, "ada/app", token=ada, hardware="zero-a10g")
    assert len(spaces.hub.paths("POST")) == asked
    deploy(APP, "ada/app", token=ada, hardware="cpu-basic")
    assert spaces.about["ada/app"]["hardware"] == "cpu-basic"
    deploy(APP, "ada/app", token=ada)
    assert spaces.about["ada/app"]["hardware"] == "cpu-basic"


# What is refused


def refused(*arguments, **named):
    with pytest.raises(UserError) as caught:
        deploy(*arguments, **named)
    assert "hf_" not in caught.value.message and "http" not in caught.value.message
    assert caught.value.__cause__ is None
    return caught.value.message


def test_nobody_is_told_to_sign_in(run, spaces, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")
    status, out, said = run("ada/app")
    assert (status, out) == (2, "") and "hf auth login" in said[-1]
    assert not spaces.hub.asked


@pytest.mark.parametrize("name", ["app", "ada/app@main", "a/b/c", "https://huggingface.co/ada/a"])
def test_what_is_no_name_is_refused_before_anything_is_read(run, name):
    status, _, (said,) = run(name)
    assert status == 2 and "not the name of a Space" in said


def test_hardware_that_there_is_not_is_refused(run):
    status, _, (said,) = run("ada/app", "--hardware", "quantum")
    assert status == 2 and "no Space hardware" in said and "zero-a10g" in said


def test_a_name_of_somebody_else(spaces, ada):
    assert "must belong to you" in refused(APP, "bob/app", token=ada)
    spaces.add("bob/app", APP)
    assert "must belong to you" in refused(APP | {"app.py": b"x"}, "bob/app", token=ada)
    assert spaces.repos["bob/app"].files == APP


def test_a_space_of_another_kind_or_with_something_else_in_it_is_left_alone(spaces, ada):
    spaces.add("ada/page", {"index.html": b""}, sdk="static")
    assert "is a static Space" in refused(APP, "ada/page", token=ada)
    spaces.add("ada/other", {"app.py": b"another app", "README.md": b""})
    assert "holds something else" in refused(APP, "ada/other", token=ada)
    assert spaces.repos["ada/other"].files["app.py"] == b"another app"
    spaces.add("ada/empty", FIRST)
    deploy(APP, "ada/empty", token=ada)
    assert "app.py" in spaces.repos["ada/empty"].files


def test_a_public_space_does_not_become_private_by_the_way(spaces, ada):
    deploy(APP, "ada/app", token=ada)
    assert "public" in refused(APP, "ada/app", token=ada, private=True)


@pytest.mark.parametrize("status", [402, 403])
def test_an_account_that_may_not_have_it_hears_which_one_it_may_have(spaces, ada, status):
    spaces.refusal = (status, "hosting Gradio Spaces on free cpu-basic requires a subscription")
    said = refused(APP, "ada/app", token=ada)
    assert "paid plan" in said and "--hardware zero-a10g" in said
    assert "older than 30 days" in refused(APP, "ada/app", token=ada, hardware="zero-a10g")
    assert "has to be paid" in refused(APP, "ada/app", token=ada, hardware="t4-small")
    assert "ada/app" not in spaces.repos
    spaces.add("ada/app", APP)
    assert "has to be paid" in refused(APP, "ada/app", token=ada, hardware="t4-small")


def test_the_hub_on_a_bad_day(spaces, ada, monkeypatch):
    faults = spaces.hub.faults
    faults.status, faults.headers = 429, {"Retry-After": "90"}
    assert "try again in 90 seconds" in refused(APP, "ada/app", token=ada)
    faults.status, faults.headers = 503, {}
    assert "internal error (503)" in refused(APP, "ada/app", token=ada)
    faults.status, faults.body = None, b"{}"
    assert "unexpected response" in refused(APP, "ada/app", token=ada)
    faults.body, faults.silent = None, True
    assert "did not finish within 0.2 seconds" in refused(APP, "ada/app", token=ada, deadline=0.2)
    spaces.hub.forget()
    monkeypatch.setattr(space.client, "endpoint", lambda: "http://127.0.0.1:9")
    assert "cannot be reached" in refused(APP, "ada/app", token=ada)


def test_a_change_by_somebody_else_at_the_same_moment(spaces, ada):
    deploy(APP, "ada/app", token=ada)
    repo = spaces.repos["ada/app"]
    theirs = APP | {"app.py": b"theirs"}
    spaces.hub.faults.before_commit = lambda: repo.commit(theirs)
    assert "Somebody else changed" in refused(APP | {"app.py": b"mine"}, "ada/app", token=ada)
    assert repo.files == theirs


# The front matter

COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
KNOWN = {
    *("title", "emoji", "colorFrom", "colorTo", "sdk", "sdk_version", "python_version", "app_file"),
    *("short_description", "license", "pinned", "tags", "models", "datasets", "thumbnail"),
    *("suggested_hardware", "startup_duration_timeout", "hf_oauth", "hf_oauth_scopes"),
    *("hf_oauth_expiration_minutes", "fullWidth", "header", "preload_from_hub"),
    *("disable_embedding", "custom_headers", "suggested_storage"),
}


@pytest.fixture(scope="module")
def matter():
    _, head, _ = (ROOT / "README.md").read_text("utf-8").split("---\n", 2)
    return yaml.safe_load(head)


def test_the_front_matter_holds_what_a_space_reads(matter):
    assert matter.keys() <= KNOWN
    assert matter["title"] == "charrnn" and matter["emoji"]
    assert {matter["colorFrom"], matter["colorTo"]} <= COLOURS
    assert len(matter["short_description"]) <= 60
    assert matter["license"] == "apache-2.0"
    assert "Apache License" in (ROOT / "LICENSE").read_text("utf-8")
    assert all(isinstance(tag, str) for tag in matter["tags"])
    assert re.fullmatch(r"\d+[mh]", matter["startup_duration_timeout"])
    assert space.check("a/b", matter["suggested_hardware"]) is None


def test_the_space_runs_what_is_tested_here(matter):
    assert (matter["sdk"], matter["sdk_version"]) == ("gradio", version("gradio"))
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    needed = [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]
    gradio = next(one for one in needed if one.name == "gradio")
    assert matter["sdk_version"] in gradio.specifier
    assert (ROOT / matter["app_file"]).is_file()
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    oldest = re.search(r'requires-python = ">=3\.(\d+)"', text)
    assert re.fullmatch(r"3\.\d+", matter["python_version"])
    assert int(matter["python_version"].partition(".")[2]) >= int(oldest[1])


def test_who_signs_in_lets_the_space_touch_its_own_repositories_only(matter):
    assert matter["hf_oauth"] is True
    assert matter["hf_oauth_scopes"] == ["contribute-repos"]
