"""Attempts to have the server open a file or an address by MCP, whatever argument they come as."""

import json
import sys

import endpoints
import pytest

pytest.importorskip("mcp")
from mcp_client import refusals

small, context, url = endpoints.small, endpoints.context, endpoints.url
SECRET = "the password of this machine is not for strangers\n" * 60

_opened = None  # the files that were opened since a test has asked for them, or None


def _note(event, arguments):
    if event == "open" and _opened is not None:
        _opened.add(str(arguments[0]))


sys.addaudithook(_note)


@pytest.fixture
def opened():
    """The files that this process opens, which the app is in."""
    global _opened
    _opened = set()
    yield _opened
    _opened = None


@pytest.fixture(scope="module", autouse=True)
def upload_folder(tmp_path_factory):
    """Where Gradio keeps what is sent to the app."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("uploads")
        patch.setenv("GRADIO_TEMP_DIR", str(folder))
        yield folder


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    """What an attacker would name: files that are there and that are not, and an address."""
    secret = tmp_path_factory.mktemp("secrets") / "secret.txt"
    secret.write_text(SECRET)
    missing = secret.with_name("missing.txt")
    addresses = ["http://127.0.0.1:9/text.txt", "http://192.0.2.1/text.txt"]
    return [str(secret), str(missing), "/etc/passwd", "/etc/no-such-file", *addresses]


def file_data(path):
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


ATTACKS = {
    "corpus": lambda path: ("train", {"corpus": file_data(path)}),
    "corpus with a url": lambda path: ("train", {"corpus": file_data(path) | {"url": path}}),
    "corpus without meta": lambda path: ("train", {"corpus": {"path": path}}),
    "corpus in a list": lambda path: ("train", {"corpus": [file_data(path)]}),
    "corpus in lists": lambda path: ("train", {"corpus": [[{"files": [file_data(path)]}]]}),
    "corpus as a path": lambda path: ("train", {"corpus": path}),
    "corpus as an address": lambda path: ("train", {"corpus": f"file://{path}"}),
    "corpus as the text of JSON": lambda path: ("train", {"corpus": json.dumps(file_data(path))}),
    "text": lambda path: ("train", {"text": file_data(path)}),
    "recipe": lambda path: ("train", {"recipe": file_data(path)}),
    "seed": lambda path: ("train", {"text": SECRET, "seed": file_data(path)}),
    "start": lambda path: ("train", {"text": SECRET, "start": file_data(path)}),
    "settings": lambda path: ("train", {"text": SECRET, "settings": file_data(path)}),
    "a setting": lambda path: (
        "train", {"text": SECRET, "settings": {"hidden_size": file_data(path)}},
    ),
    "settings as the text of JSON": lambda path: (
        "train", {"text": SECRET, "settings": json.dumps(file_data(path))},
    ),
    "a setting in the text of JSON": lambda path: (
        "train", {"text": SECRET, "settings": json.dumps({"hidden_size": [file_data(path)]})},
    ),
    "an argument that is none": lambda path: ("train", {"text": SECRET, "file": file_data(path)}),
    "corpus of start_training": lambda path: ("start_training", {"corpus": path}),
    "corpus of score": lambda path: ("score", {"checkpoint": "small", "corpus": path}),
    "corpus of find_units": lambda path: (
        "find_units", {"checkpoint": "small", "corpus": path, "concept": "quotes"},
    ),
    "corpus of novelty": lambda path: ("novelty", {"generated": "abc", "corpus": path}),
    "run": lambda path: ("stop_training", {"run": file_data(path)}),
    "run as a path": lambda path: ("run_status", {"run": path}),
    "checkpoint": lambda path: ("generate", {"checkpoint": file_data(path)}),
    "prefix": lambda path: ("generate", {"checkpoint": "small", "prefix": file_data(path)}),
    "length": lambda path: ("generate", {"checkpoint": "small", "length": [file_data(path)]}),
    "a text to score": lambda path: ("score", {"checkpoint": "small", "text": file_data(path)}),
    "models": lambda path: ("models", {"file": file_data(path)}),
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_a_file_is_refused_without_being_opened(url, context, upload_folder, paths, opened, attack):
    runs = set(context.runs.root.iterdir())
    said = set(refusals(url, [attack(path) for path in paths]))
    assert len(said) == 1, "the same whatever the path"
    [said] = said
    assert said.endswith(".")
    assert not any(path in said for path in paths)
    assert not opened & set(paths)
    assert not list(upload_folder.rglob("*.*"))
    assert set(context.runs.root.iterdir()) == runs, "no run has begun"
