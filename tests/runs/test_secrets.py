"""Tokens and secrets stay in the process that needs them."""

import json
import os
import runpy
import subprocess
import sys

import pytest
from conftest import ROOT

from charrnn import hub
from charrnn.cli import deploy
from charrnn.utils.log_stream import LogStream
from charrnn.utils.process import without_secrets

SECRETS = {
    "HF_TOKEN": "hf_one", "HUGGING_FACE_HUB_TOKEN": "hf_two", "OAUTH_CLIENT_SECRET": "three",
    "AWS_SECRET_ACCESS_KEY": "four", "SOME_API_KEY": "five", "DATABASE_PASSWORD": "six",
}  # fmt: skip
# The environments of a worker, of the server that it is forked from, and of the app.
WORKER = """
import json, os, sys
from pathlib import Path

def environment(process):
    told = Path(f"/proc/{process}/environ").read_bytes().decode().split("\\0")
    return dict(pair.partition("=")[::2] for pair in told if pair)

def look(place):
    environments = [environment("self"), environment(os.getppid()), dict(os.environ)]
    Path(place).write_text(json.dumps(environments))

if __name__ == "__main__":
    from charrnn.runs.launcher import WorkerLauncher
    process = WorkerLauncher().start(look, sys.argv[1])
    process.join()
    print(json.dumps(dict(os.environ)))
"""


def test_a_worker_has_no_tokens_and_the_app_keeps_its_own(tmp_path):
    script, answer = tmp_path / "script.py", tmp_path / "answer.json"
    script.write_text(WORKER)
    variables = os.environ | SECRETS | {"PYTHONPATH": str(ROOT), "CHARRNN_SECONDS": "9"}
    done = subprocess.run(
        [sys.executable, script, answer], env=variables, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    for environment in json.loads(answer.read_text()):
        assert not SECRETS.keys() & environment.keys()
        assert not set(SECRETS.values()) & set(environment.values())
        assert environment["CHARRNN_SECONDS"] == "9" and environment["PATH"]
    assert SECRETS.items() <= json.loads(done.stdout).items()


def test_names_of_secrets_are_known():
    usual = {"PATH": "/bin", "HOME": "/root", "LANG": "C", "KEYBOARD": "us", "CHARRNN_RUNS": "runs"}
    assert without_secrets(usual | SECRETS) == usual


def test_git_gets_no_tokens(monkeypatch):
    calls = []

    def run(command, *, env, **more):
        calls.append(command[0])
        assert not SECRETS.keys() & env.keys()
        raise OSError("there is no git")

    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(deploy.subprocess, "run", run)
    _, notes = deploy.select_files(ROOT)
    assert set(calls) == {"git"} and "git does not track this directory" in notes[0]


@pytest.mark.parametrize("on_a_space", [True, False])
def test_the_app_of_a_space_forgets_the_token_of_the_space(on_a_space, monkeypatch):
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    if on_a_space:
        monkeypatch.setenv("SPACE_ID", "ada/app")
        monkeypatch.setenv("SYSTEM", "spaces")
    monkeypatch.setenv("CHARRNN_WORKERS", "none that there could be")  # and so it ends again
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    monkeypatch.setattr(sys, "stderr", sys.stderr)
    with pytest.raises(SystemExit):
        runpy.run_path(str(ROOT / "app.py"))["main"]()
    assert isinstance(sys.stderr, LogStream) and isinstance(sys.stdout, LogStream)
    assert ("HF_TOKEN" not in os.environ) == on_a_space
    assert ("HUGGING_FACE_HUB_TOKEN" not in os.environ) == on_a_space
    assert hub.signed_in() != on_a_space
