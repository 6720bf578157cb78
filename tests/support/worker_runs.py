"""Small runs that train in worker processes, and what they have said."""

import asyncio
import sys
from pathlib import Path

from conftest import awaited

from charrnn.runs.follow import follow
from charrnn.runs.plan import make_plan
from charrnn.text import Text
from charrnn.training.machine_speed import measure_speed

TEXT = Text("the cat sat on the mat and the dog sat on the log. " * 30, "cats.txt")
SMALL = {"cell": "gru", "implementation": "fast", "hidden_size": 16, "input": "one-hot"}


def small(**settings):
    """Plan a small run, with these settings."""
    return make_plan(TEXT, settings=SMALL | settings)


def events_of(run, until=None):
    """Follow a run to its end, or until an event satisfies `until`."""

    async def collect():
        found = []
        async for event in follow(run):
            found.append(event)
            if until is not None and until(event):
                break
        return found

    return awaited(asyncio.wait_for(collect(), 240))


def is_progress(event):
    """Whether an event of a run is one of its progress."""
    return event["event"] == "progress"


def worker_of(run):
    """The id of the process that holds the run's lock."""
    inode = (run.directory / "worker.lock").stat().st_ino
    for line in Path("/proc/locks").read_text().splitlines():
        fields = line.split()
        if fields[5].endswith(f":{inode}"):
            return int(fields[4])
    raise AssertionError("nobody holds the lock")


def write_imports_of_first_steps(path):
    """Write the names of the modules that the first training steps of a process import."""
    before = set(sys.modules)
    measure_speed()
    path.write_text("\n".join(set(sys.modules) - before))


def ends(run):
    """The reason of each `end` that a run has written."""
    return [event["reason"] for event in run.read_events()[0] if event["event"] == "end"]
