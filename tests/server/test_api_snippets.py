"""The code that the dialog Use via API shows is run, as a reader would who copies it."""

import json
import os
import shutil
import subprocess
import sys

import endpoints
import pytest
from conftest import ROOT
from snippets import code_of

from charrnn.generation import generate

small, context, url = endpoints.small, endpoints.context, endpoints.url
pytestmark = pytest.mark.skipif(not shutil.which("node"), reason="needs Node.js")
TEXT = 'the tide\'s "coming" in\n' * 60
GENERATE = {"checkpoint": "small", "prefix": "a'b\"\n", "length": 30, "generate-seed": "7",
            "next_char": {"mode": "sample", "alpha": 0.5}}  # fmt: skip
SETTINGS = {
    "hidden_size": 8,
    "epochs": 1,
    "batch_size": 4,
    "steps": 16,
    "seconds": "",
    "dropout": 0,
}
TRAIN = {"corpus": "own", "paste": TEXT, "recipe": "custom", "files": None} | SETTINGS
HAS_CLIENT = (ROOT / "node_modules" / "@gradio" / "client").is_dir()
COMMANDS = {
    "python": [sys.executable, "-"],
    "curl": ["bash", "-e"],
    "javascript": ["node", "--input-type=module", "-"],
}


def output(language, code):
    """What code prints that is run on its own."""
    environment = os.environ | {"GRADIO_ANALYTICS_ENABLED": "False"}
    done = subprocess.run(
        COMMANDS[language], input=code, cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("language", ["python", "curl", "javascript"])
def test_the_code_generates_what_the_page_would(url, small, language):
    code = code_of(language, "generate", GENERATE, address=url)
    if language == "javascript" and not HAS_CLIENT:  # `make javascript` installs it
        assert 'import { Client } from "@gradio/client";' in code
        assert r'client.predict("/generate", {' in code and r'prefix: "a\'b\"\n"' in code
        return
    text = generate(small, GENERATE["prefix"], 30, alpha=0.5, seed=7)
    shown = json.dumps(text)[1:-1] if language == "curl" else text
    assert shown in output(language, code)


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_the_code_trains_and_shows_the_events(url, language):
    code = code_of(language, "train", TRAIN, [*SETTINGS], address=url)
    if language == "javascript" and not HAS_CLIENT:
        assert "for await (const message of job)" in code
        return
    told = output(language, code)
    assert "finished" in told
    assert "'dropout': 0.0" in told or "dropout: 0" in told


def test_the_code_shows_the_error_of_a_run_that_is_refused(url):
    code = code_of("python", "train", TRAIN | {"hidden_size": -3}, [*SETTINGS], address=url)
    with pytest.raises(AssertionError, match="hidden_size = -3"):
        output("python", code)
