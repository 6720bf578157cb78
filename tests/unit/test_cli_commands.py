"""Help, version and completion answer without torch, whose import takes seconds."""

import inspect
import os
import subprocess
import sys
from importlib import import_module

import pytest
from conftest import ROOT
from typer.testing import CliRunner

from charrnn import cli
from charrnn.cli.commands import COMMANDS, load_command
from charrnn.recipes import RECIPES

COMPLETION = "_CHARRNN" + "_COMPLETE"  # set by the shell, and no setting of charrnn
WITHOUT_TORCH = """
import sys
sys.modules["torch"] = None  # an import would fail
from charrnn.__main__ import main
main()
"""


def run_without_torch(*arguments, **variables):
    return subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, *arguments],
        cwd=ROOT, env=os.environ | variables, capture_output=True, text=True, encoding="utf-8",
    )  # fmt: skip


def test_help_needs_no_torch():
    done = run_without_torch("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert all(f"\n  {name} " in done.stdout for name in COMMANDS)
    assert "..." not in done.stdout.partition("Commands:")[2], "a line that is cut"


def test_the_version_needs_no_torch():
    assert run_without_torch("--version").stdout.startswith("charrnn ")


@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - {"train"}))
def test_the_help_of_a_command_needs_no_torch(name):
    done = run_without_torch(name, "--help")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("p", ["push", "pull"]),
        ("app --p", ["--port"]),
        ("train --ru", ["--run-dir"]),
        ("train ti", ["tide-clock", "time-machine", "tiny-shakespeare"]),
        ("train --recipe co", ["coffee"]),
        ("train --from au", ["auto"]),
        ("train --track tr", ["trackio"]),
        ("generate --st", ["--stop"]),
        ("generate ti", ["tide-clock", "time-machine", "tiny-shakespeare"]),
        ("generate my", []),  # the shell goes on to its files
        ("score --h", ["--held-out", "--help"]),
        ("inspect so", ["songs"]),
        ("novelty --c", ["--column"]),
        ("recipes --j", ["--json"]),
        ("push so", ["songs"]),
        ("deploy --ha", ["--hardware"]),
    ],
)
def test_completion_needs_no_torch(typed, completed):
    words = {"COMP_WORDS": f"charrnn {typed}", "COMP_CWORD": str(len(typed.split()))}
    done = run_without_torch(**{COMPLETION: "complete_bash"}, **words)
    assert done.stdout.split() == completed


def test_every_recipe_is_completed():
    words = {"COMP_WORDS": "charrnn train --recipe ", "COMP_CWORD": "3"}
    done = run_without_torch(**{COMPLETION: "complete_bash"}, **words)
    assert done.stdout.split() == list(RECIPES)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_line_of_a_command_is_that_of_its_docstring(name):
    module, function, line = COMMANDS[name]
    documented = inspect.getdoc(getattr(import_module(f"charrnn.cli.{module}"), function))
    assert documented.splitlines()[0] == line
    assert load_command(name).help.splitlines()[0] == line


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_its_own_help(name):
    shown = CliRunner().invoke(cli.app, [name, "-h"], prog_name="charrnn").output
    assert shown.startswith(f"Usage: charrnn {name} [OPTIONS]")
    assert ("Settings for --set" in shown) == (name == "train")
