"""Whatever kills a run, and whenever: it goes on, and ends as one that was left alone.

The runs live and die in processes of their own: see kills.py.
"""

import json
import os
import secrets
import subprocess
import sys

import pytest
from conftest import PYTHONPATH, SUPPORT

pytestmark = pytest.mark.timeout(600)  # they take half a minute each, but not on a busy machine


def killed(*arguments):
    """What the script says in the end; that it fails is an assertion about a run."""
    result = subprocess.run(
        [sys.executable, SUPPORT / "kills.py", *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": PYTHONPATH, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=580,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


def test_a_run_killed_at_random_moments_ends_as_one_left_alone():
    """Bit for bit, with the weights, the optimizer, the log and all that was told of it: for every
    cell, both samplings and every optimizer, with dropout; one run of them is killed 50 times."""
    tally = killed("at_random", secrets.randbelow(10**6))
    assert tally["kills"] >= 90, tally
    within = tally["within a save"]
    assert within > 3 and tally["kills"] - within > 3, "they should hit both"
    assert tally["lost"] > 10, "some progress has to have been lost, and made again"


def test_a_death_before_any_file_operation_leaves_a_run_that_goes_on():
    """Before each of them in turn: while a run is made, while it trains, and when it is asked to
    go on after its end. Once there is a model, there is always one that opens."""
    deaths = killed("at_every_operation")
    assert deaths["create"] > 15 and deaths["train"] > 100 and deaths["go on"] > 10


def test_a_death_in_half_a_write_leaves_a_run_that_goes_on():
    tally = killed("in_half_a_write")
    assert tally["deaths"] > 20 and tally["half a line"] > 5
