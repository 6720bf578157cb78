"""push, pull, and names of models instead of paths on the command line; the Hub is on loopback."""

import os
import subprocess
import sys

import pytest

from charrnn import cli
from charrnn.checkpoint.format import WEIGHTS
from charrnn.checkpoint.known_lines import LINE_HASHES, KnownLines


@pytest.fixture
def run(hub, tmp_path, monkeypatch, capsys):
    """A command as ada, who is logged in: its exit status, standard output and error."""
    monkeypatch.setenv("HF_TOKEN", hub.token("ada"))
    monkeypatch.chdir(tmp_path)

    def command(*arguments):
        monkeypatch.setattr(sys, "argv", ["charrnn", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsys.readouterr()
        assert "hf_" not in out + err
        return ended.value.code, out, err.splitlines()

    return command


def test_a_process_of_its_own_pushes_and_says_only_what_it_should(hub, trained, tmp_path):
    token = hub.token("ada")
    own = {"HF_ENDPOINT": hub.address, "HF_TOKEN": token, "HF_HOME": str(tmp_path / "hf")}
    done = subprocess.run(
        [sys.executable, "-m", "charrnn", "push", trained, "ada/letters", "--private"],
        capture_output=True,
        text=True,
        env=os.environ | own,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{hub.address}/ada/letters\n"
    told = done.stderr.splitlines()
    assert [line.split()[1] for line in told[:6]] == list(hub.repos["ada/letters"].files)
    assert "can recite" in told[6] and len(told) == 7, done.stderr
    assert hub.repos["ada/letters"].private


def test_a_model_goes_to_the_hub_and_comes_back(run, hub, trained, tmp_path):
    assert run("push", trained, "ada/letters")[0] == 0
    assert not hub.repos["ada/letters"].private
    assert run("pull", "ada/letters", "here") == (0, "Saved in here\n", [])
    assert (tmp_path / "here" / WEIGHTS).read_bytes() == (trained / WEIGHTS).read_bytes()
    (tmp_path / "text.txt").write_text("abcabcabc")
    assert run("score", "ada/letters@main", "text.txt") == run("score", "here", "text.txt")
    asked = ("--prefix", "ab", "--length", "5", "--seed", "0")
    status, text, _ = run("generate", "ada/letters", *asked)
    assert (status, text) == run("generate", "here", *asked)[:2] and text.startswith("ab")


def test_what_goes_wrong_is_one_line(run, hub, trained, monkeypatch):
    status, out, (typo,) = run("generate", "ada/leters", "--length", "3")
    assert (status, out) == (2, "")
    assert "ada/leters on this machine" in typo and "no model ada/leters on the Hub" in typo
    status, _, (taken,) = run("pull", "ada/letters", trained)
    assert status == 2 and "choose another path for DIR" in taken
    monkeypatch.delenv("HF_TOKEN")
    status, _, said = run("push", trained, "ada/letters")
    assert status == 2 and "hf auth login" in said[-1]


def test_a_card_that_was_left_alone_is_told(run, hub, trained):
    hub.add("ada/letters", {"README.md": b"# mine"})
    status, _, said = run("push", trained, "ada/letters")
    assert status == 0 and "was left as it is" in said[-1]


def test_a_dry_run_uploads_nothing(run, hub, trained):
    status, out, said = run("push", trained, "ada/letters", "--dry-run", "--license", "mit")
    assert (status, out) == (0, "") and len(said) == 7
    assert not hub.asked


def test_hashes_of_lines_are_pushed_on_request_with_a_word_on_them(run, hub, trained):
    status, _, said = run("push", trained, "ada/letters", "--push-line-hashes", "--dry-run")
    assert status == 2 and "no hashes of lines beside this model" in said[-1]
    (trained / LINE_HASHES).write_bytes(KnownLines.of(["ann"]).serialize())
    status, _, said = run("push", trained, "ada/letters", "--push-line-hashes")
    assert status == 0 and any("guessed from their hashes" in line for line in said)
    assert LINE_HASHES in hub.repos["ada/letters"].files


def test_the_card_links_to_a_space_that_is_named(run, hub, trained):
    status, *_ = run("push", trained, "ada/letters", "--space", "ada/charrnn")
    card = hub.repos["ada/letters"].files["README.md"].decode()
    assert status == 0 and "spaces/ada/charrnn?model=ada/letters)" in card
    for odd in ("charrnn", "ada/charrnn@main", "https://hf.co/spaces/ada/charrnn"):
        status, _, (said,) = run("push", trained, "ada/letters", "--space", odd)
        assert status == 2 and "is not the name of a Space" in said


def test_the_hubs_client_is_imported_only_when_it_is_needed():
    wanted = "import sys, charrnn.hub, charrnn.loading; print('huggingface_hub' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", wanted], capture_output=True, text=True)
    assert said.stdout == "False\n", said.stderr
