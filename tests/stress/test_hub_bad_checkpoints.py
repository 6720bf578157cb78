"""Strangers' repositories whose checkpoints are not valid: a pull refuses them in a sentence, soon
and in little memory, and keeps nothing of them. The cases are those of `bad_checkpoints.py`."""

import json
import os
import subprocess
import sys

from bad_checkpoints import (
    CHECKPOINTS,
    LARGE_HEADER,
    NO_JSON,
    NOT_FINITE,
    OTHER_MODEL,
    OVERFLOW,
    PAIR,
    UNREADABLE,
)
from conftest import PYTHONPATH, SUPPORT

SECONDS, MEMORY = 2.0, 200 << 20  # processor time, and bytes beyond what the idle program takes


def opened(why):
    return f"This checkpoint cannot be opened: {why}."


PULLED = {
    "only what is pickled": "eve/x is not a charrnn model: it has no model.safetensors.",
    "weights of 64 MB and a byte": (
        "eve/x has a model.safetensors of 64.0 MB, and the limit is 64 MB: choose another model."
    ),
    "a config.json of more than a MB": (
        "eve/x has a config.json of 1.5 MB, and the limit is 1 MB: choose another model."
    ),
    "a checkpoint of torch": opened(UNREADABLE),
    "a header of 20 MB": opened(LARGE_HEADER),
    "40,000 empty tensors": opened("it has 40,005 tensors, and at most 1,000 are allowed"),
    "a configuration too deep": opened(NO_JSON),
    "a config.json of another model": opened(OTHER_MODEL),
    "half a pair": opened(PAIR),
    "64 MB, and the last is no number": opened(NOT_FINITE),
    "weights too large to add up": opened(OVERFLOW),
}


def test_a_strangers_repository_is_refused_in_a_sentence_soon_and_in_little_memory(hub, tmp_path):
    names = {f"eve/{number}": name for number, name in enumerate(PULLED)}
    for repo, name in names.items():
        place = tmp_path / repo / "it"
        place.mkdir(parents=True)
        CHECKPOINTS[name][0](place)
        hub.add(repo, {file.name: file.read_bytes() for file in place.iterdir()})
    done = subprocess.run(
        [sys.executable, SUPPORT / "measured.py", "pull", *names],
        env=os.environ | {"PYTHONPATH": PYTHONPATH, "HF_ENDPOINT": hub.address},
        capture_output=True, text=True, timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for (repo, name), line in zip(names.items(), done.stdout.splitlines(), strict=True):
        found = json.loads(line)
        assert found["failed"] is None, name
        assert found["said"].replace(repo, "eve/x") == PULLED[name]
        assert found["seconds"] < SECONDS, name
        assert found["memory"] is None or found["memory"] < MEMORY, name
    kept = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert [path.name for path in kept if path.suffix != ".lock"] == ["CACHEDIR.TAG"]
