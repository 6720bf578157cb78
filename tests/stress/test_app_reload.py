"""`gradio app.py`: an edit replaces the page of the server that is running."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest
from conftest import ROOT
from gradio_client import Client
from launching import address, port

SECONDS = 120
SAVE_AGAIN_SECONDS = 4


@pytest.fixture
def project(tmp_path):
    """A copy of what the app needs, which a test may edit."""
    for name in ("charrnn", "checkpoints"):
        shutil.copytree(ROOT / name, tmp_path / name)  # compiled modules too, which saves seconds
    shutil.copy(ROOT / "app.py", tmp_path)
    return tmp_path


def element_ids():
    with urllib.request.urlopen(address() + "/config", timeout=5) as answer:
        components = json.load(answer)["components"]
    return {component["props"].get("elem_id") for component in components}


def wait_for_element(process, element_id, edited=None):
    """Wait until an element of the page has this id.

    Gradio begins to watch a while after it has begun to serve, and takes files as they are then for
    unchanged: an `edited` file is saved again every few seconds.
    """
    saved = time.monotonic()
    deadline = saved + SECONDS
    while True:
        if edited and time.monotonic() > saved + SAVE_AGAIN_SECONDS:
            edited.touch()
            saved = time.monotonic()
        assert process.poll() is None, "the app has ended"
        assert time.monotonic() < deadline, f"nothing on the page has the id {element_id}"
        with suppress(OSError):  # it is not listening yet
            if element_id in element_ids():
                return
        time.sleep(0.2)


def edit(file, old, new):
    source = file.read_text()
    assert old in source
    file.write_text(source.replace(old, new))


def test_an_edit_replaces_the_page_of_the_running_app(project):
    form = project / "charrnn" / "ui" / "train" / "form_layout.py"
    environment = {
        "GRADIO_SERVER_PORT": str(port()),
        "GRADIO_SERVER_NAME": "127.0.0.1",
        "CHARRNN_RUNS": str(project / "runs"),
        "PYTHONPATH": str(project),
    }
    with (project / "log").open("w") as log:
        process = subprocess.Popen(
            [Path(sys.executable).with_name("gradio"), "app.py"],
            cwd=project,
            env=os.environ | environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        wait_for_element(process, "train-go")
        edit(form, 'button_id("go")', '"train-edited"')
        wait_for_element(process, "train-edited", form)
        end = Client(address(), verbose=False).predict(
            text="Over the sea and under the moon.\n" * 40,
            settings={"hidden_size": 8, "batch_size": 4, "steps": 8, "epochs": 1},
            api_name="/train",
        )
        assert end["reason"] == "finished", "a reload has not kept workers from starting"
        edit(form, '"train-edited"', "train edited")
        edit(form, "train edited", '"train-mended"')  # the syntax error was no end
        wait_for_element(process, "train-mended", form)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)
