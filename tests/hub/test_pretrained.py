"""The Hub in Python, as users of other libraries know it; and `hf download`, the real one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from huggingface_hub import constants

import charrnn
from charrnn import Checkpoint
from charrnn.checkpoint import serialize
from charrnn.checkpoint.format import CONFIG, WEIGHTS
from charrnn.errors import UserError


def test_a_model_goes_to_the_hub_and_back_by_its_methods(hub, checkpoint, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", hub.token("ada"))
    pushed = checkpoint.push_to_hub("ada/small", private=True, license="mit", token=True)
    assert pushed.created and hub.repos["ada/small"].private
    assert b"license: mit" in hub.repos["ada/small"].files["README.md"]
    opened = Checkpoint.from_pretrained("ada/small", revision=pushed.revision, token=True)
    assert opened.name == "small" and opened.source.revision == pushed.revision
    saved = opened.save_pretrained(tmp_path / "saved")
    assert {path.name for path in saved.iterdir()} == {WEIGHTS, CONFIG}
    assert Checkpoint.from_pretrained(saved).name == "small"
    assert Checkpoint.from_pretrained("tide-clock").name == charrnn.load("tide-clock").name


@pytest.mark.parametrize("opening", [charrnn.load, charrnn.from_hub, Checkpoint.from_pretrained])
def test_every_way_to_open_takes_the_same_arguments(hub, letters, checkpoint, tmp_path, opening):
    first = letters.sha
    checkpoint.about = {"name": "newer"}
    letters.commit(serialize(checkpoint))
    options = {"cache_dir": str(tmp_path / "mine"), "token": False}
    assert opening("ada/letters", revision=first, **options).name == "letters"
    assert opening("ada/letters", **options).name == "newer"
    asked = len(hub.asked)
    here = options | {"local_files_only": True}
    assert opening("ada/letters", revision=first, **here).name == "letters"
    assert opening("ada/letters", **here).name == "newer"
    assert len(hub.asked) == asked
    with pytest.raises(UserError, match="names a revision: leave out"):
        opening("ada/letters@v1", revision="v2", **options)
    assert not Path(constants.HF_HUB_CACHE).exists()


def test_a_model_on_this_machine_has_no_revisions(trained):
    with pytest.raises(UserError, match="where a model has no revisions"):
        charrnn.load(trained, revision="main")


def test_the_old_spelling_of_license_still_works(hub, checkpoint, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", hub.token("ada"))
    charrnn.push_to_hub(checkpoint, "ada/small", licence="mit")
    assert b"license: mit" in hub.repos["ada/small"].files["README.md"]


def test_what_hf_downloads_opens_offline_on_the_command_line(hub, letters, tmp_path):
    """With the Hub's own command, in a home of its own, and then without any Hub."""
    environment = os.environ | {"HF_ENDPOINT": hub.address, "HF_HOME": str(tmp_path / "home")}
    environment |= {"PYTHONPATH": str(ROOT), "CHARRNN_CACHE": str(tmp_path / "cache")}
    environment.pop("HF_HUB_CACHE", None)

    def run(*command, **more):
        return subprocess.run(
            [*map(str, command)], cwd=tmp_path, env=environment | more, capture_output=True,
            timeout=120,
        )  # fmt: skip

    downloaded = run(Path(sys.executable).with_name("hf"), "download", "ada/letters")
    assert downloaded.returncode == 0, downloaded.stderr
    asked = len(hub.asked)
    offline = {"HF_HUB_OFFLINE": "1", "HF_ENDPOINT": "http://127.0.0.1:9"}
    command = [sys.executable, "-m", "charrnn", "generate", "ada/letters", "--prefix", "ab"]
    written = run(*command, "--length", 5, "--seed", 0, **offline)
    assert written.returncode == 0, written.stderr
    text = charrnn.generate(charrnn.load(tmp_path / "trained"), "ab", 5, seed=0)
    assert written.stdout.decode() == text + "\n" and not written.stderr
    assert len(hub.asked) == asked and not (tmp_path / "cache").exists()
