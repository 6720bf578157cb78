"""Damage to a run's directory: what can lie in the place of each of its files."""

import json
import math
import os

FILES = (
    "run.json", "events.jsonl", "attempt.started", "attempt.queued", "attempt.unreported",
    "stop.request", "sample.request", "begun", "wish.stop",
    "worker.lock", "share", "starred", "name", "owner", "corpus/ids.npy", "corpus/corpus.json",
    "checkpoint/model.safetensors", "checkpoint/config.json", "checkpoint/training_log.csv",
    "checkpoint/samples.json", "checkpoint/README.md", "resume/point.safetensors",
)  # fmt: skip
DIRECTORIES = ("corpus", "checkpoint", "resume")
WRONG = (None, True, -1, 0.5, 10**30, math.nan, math.inf, "\ud800", [1], {"a": 1})
FEW = (None, -1, "x")
SECRET = "nobody's business"


def _holding(data):
    def put(path, outside):
        path.write_bytes(data)

    return put


def _half(path, outside):
    data = path.read_bytes() if path.exists() else b'{"a": '
    path.write_bytes(data[: len(data) // 2])


def _link(path, outside):
    path.unlink(missing_ok=True)
    path.symlink_to(outside / "secret")


def _link_to_nothing(path, outside):
    path.unlink(missing_ok=True)
    path.symlink_to(outside / "new")


def _pipe(path, outside):
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def _directory(path, outside):
    path.unlink(missing_ok=True)
    path.mkdir()
    (path / "a").write_text("a")


KINDS = {
    "empty": _holding(b""),
    "half of it": _half,
    "a list": _holding(b"[]\n"),
    "a list of one": _holding(b"[1]\n"),
    "an object": _holding(b"{}\n"),
    "null": _holding(b"null\n"),
    "a huge number": _holding(b"1" * 5000 + b"\n"),
    "nested deep": _holding(b"[" * 100_000 + b"\n"),
    "binary": _holding(bytes(range(256)) * 9),
    "a link": _link,
    "a link to nothing": _link_to_nothing,
    "a pipe": _pipe,
    "a directory": _directory,
}


def strange_objects(valid, wrong=WRONG):
    """The objects that one wrong value in `valid` makes, and one field less, as of another
    version."""
    for name, value in valid.items():
        yield {n: v for n, v in valid.items() if n != name}
        yield from (valid | {name: one} for one in wrong)
        if isinstance(value, dict):
            yield from (valid | {name: inner} for inner in strange_objects(value, FEW))


def as_json(value):
    """As a program of another kind may have written it, NaN and lone surrogates included."""
    return json.dumps(value).encode()
