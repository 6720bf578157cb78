"""The command line: hold out passages, and score what a run held out."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from charrnn.text import datasets

TIDE = datasets.load("tide-clock").text[:6_000]


def charrnn(*arguments, **variables):
    command = [sys.executable, "-m", "charrnn", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=300, env=os.environ | variables
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    directory = tmp_path_factory.mktemp("run")
    text = directory / "tide.txt"
    text.write_text(TIDE)
    done = charrnn(
        "train", text, "--recipe", "custom", "--epochs", 1, "--run-dir", directory / "run",
        "--json", "--set", "holdout=spread", "--set", "hidden_size=8", "--set", "batch_size=4",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return directory / "run", [json.loads(line) for line in done.stdout.splitlines()]


def test_score_held_out_agrees_with_the_run(run):
    directory, events = run
    assert events[0]["training"]["holdout"] == "spread"
    scored = charrnn("score", directory, "--held-out", "--json")
    result = json.loads(scored.stdout)
    assert result["protocol"] == "carried, 2 texts"
    assert result["perplexity"] == pytest.approx(events[-1]["validation_perplexity"], rel=0.002)
    both = charrnn("score", directory, directory.parent / "tide.txt", "--held-out")
    assert both.returncode == 2 and "or --held-out" in both.stderr


def test_the_held_out_part_of_a_run_of_the_app_is_found_by_its_name(run, tmp_path):
    directory, _ = run
    shutil.copytree(directory, tmp_path / "0a1b")
    named = charrnn("score", "runs/0a1b", "--held-out", "--json", CHARRNN_RUNS=str(tmp_path))
    assert named.stdout == charrnn("score", directory, "--held-out", "--json").stdout != ""
