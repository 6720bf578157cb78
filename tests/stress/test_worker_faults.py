"""Workers that use too much memory, hang or die: their run says so, and the next one trains."""

import mmap
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import ROOT
from worker_runs import events_of, is_progress, small, worker_of

from charrnn.runs import manager, monitor
from charrnn.runs.end_reasons import CRASHES, EndReason
from charrnn.runs.limits import Limits
from charrnn.runs.manager import RunManager
from charrnn.runs.monitor import WorkerMonitor, private_bytes
from charrnn.runs.run import Run
from charrnn.runs.worker import LimitedRun
from charrnn.ui.run_card.diagnosis_text import end_text

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.fixture
def open_manager(tmp_path):
    opened = []

    def open_one(**limits):
        opened.append(RunManager(tmp_path / "runs", limits=Limits(**limits)))
        return opened[-1]

    yield open_one
    for runs in opened:
        runs.close()


def told(run):
    """The message of the run's end; the page has it in both its languages."""
    end = events_of(run)[-1]
    assert end["reason"] == "failed" == run.state
    text = end_text(end)
    assert text["en"] == end["message"] and re.search("[\u4e00-\u9fff]", text["zh"])
    assert end["code"] in CRASHES
    return end["message"]


def trains(run):
    events_of(run, until=is_progress)
    run.stop()
    return events_of(run)[-1]["reason"] == "stopped"


def test_a_worker_that_hangs_is_killed_and_the_run_says_so(open_manager):
    runs = open_manager()
    run, waiting = runs.start(small(seconds=60)), runs.start(small(seconds=60))
    events_of(run, until=is_progress)
    os.kill(worker_of(run), signal.SIGSTOP)
    runs._training[run.id].monitor.limits = Limits(silence=0.5)
    assert told(run).startswith("The training process did not respond for too long")
    assert trains(waiting)


def test_a_killed_worker_is_reported_and_the_next_run_trains(open_manager):
    runs = open_manager()
    run, waiting = runs.start(small(seconds=60)), runs.start(small(seconds=60))
    events_of(run, until=is_progress)
    os.kill(worker_of(run), signal.SIGKILL)
    assert told(run).startswith("The training process crashed")
    assert trains(waiting)


@linux
def test_a_worker_over_its_memory_limit_is_killed_and_the_run_says_so(open_manager, monkeypatch):
    runs = open_manager(memory_mb=1000)
    run, waiting = runs.start(small(seconds=60)), runs.start(small(seconds=60))
    events_of(run, until=is_progress)
    real = private_bytes
    monkeypatch.setattr(
        monitor, "private_bytes", lambda pid: 2 << 30 if pid == worker_of(run) else real(pid)
    )
    assert told(run).startswith("Training used more memory than a run may use here")
    monkeypatch.undo()
    assert trains(waiting)


@linux
def test_memory_is_that_of_the_process_itself():
    before = private_bytes(os.getpid())
    with mmap.mmap(-1, 64 << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as new:
        for page in range(0, len(new), mmap.PAGESIZE):
            new[page] = 1
        assert private_bytes(os.getpid()) - before > 50 << 20
    assert private_bytes(2**30) == 0, "a process that is gone"


@linux
def test_a_worker_cannot_get_more_memory_than_it_may_have(open_manager):
    # The text is small, and a minibatch is not: several GB of logits.
    runs = open_manager(memory_mb=300)
    greedy = small(seconds=60, hidden_size=512, batch_size=16, steps=64, layers=8, epochs=None)
    run, waiting = runs.start(greedy), runs.start(small(seconds=60))
    assert told(run).startswith("Training used more memory than a run may use here")
    assert trains(waiting)


@linux
def test_what_the_process_cannot_get_is_an_error_in_it_and_nowhere_else():
    # In a new process: this one may have as much to spare that was freed.
    told = (
        "from charrnn.utils.process import limit_memory; "
        "limit_memory(200 << 20); bytearray(%d << 20)"
    )
    within, beyond = (
        subprocess.run(
            [sys.executable, "-c", told % size], cwd=ROOT, capture_output=True, text=True
        )
        for size in (100, 300)
    )
    assert within.returncode == 0
    assert beyond.returncode == 1 and beyond.stderr.rstrip().endswith("MemoryError")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError(), "more memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), "more memory"),
        (RuntimeError("shapes do not fit"), "Internal error"),
    ],
)
def test_a_run_that_gets_no_memory_says_so(tmp_path, monkeypatch, error, said):
    run = LimitedRun(Run.create(tmp_path, small(epochs=1)).directory, Limits())

    def fall_over(*arguments, **more):
        raise error

    monkeypatch.setattr("charrnn.runs.run.train", fall_over)
    with pytest.raises(type(error)):
        list(run.train())
    assert said in run.read_events()[0][-1]["message"]


def test_a_long_run_may_be_silent_for_longer(tmp_path, monkeypatch):
    run = Run.create(tmp_path, small(epochs=1))
    # Of this module alone: threads of other tests ask for the time too.
    clock = SimpleNamespace(monotonic=iter([0.0, 1000.0, 1020.0, 1100.0]).__next__)
    monkeypatch.setattr(monitor, "time", clock)
    looked = WorkerMonitor(run, os.getpid(), Limits(silence=10.0))
    run.event_log.append({"event": "progress", "remaining_seconds": 5.0})
    assert looked.check() is None, "it speaks"
    assert looked.check() is None, "20 s are little after 1000"
    assert looked.check() is EndReason.UNRESPONSIVE


@linux
def test_workers_have_a_lower_priority_than_the_page(open_manager):
    runs = open_manager()
    run = runs.start(small(seconds=60))
    events_of(run, until=is_progress)
    pid = worker_of(run)
    assert os.getpriority(os.PRIO_PROCESS, pid) > os.getpriority(os.PRIO_PROCESS, 0)
    assert int(Path(f"/proc/{pid}/oom_score_adj").read_text()) > 0
    run.stop()
    events_of(run)


@linux
def test_a_run_alone_computes_on_all_cores_and_two_on_one_thread_each(tmp_path, monkeypatch):
    """Counted by the time that the threads of the process were given."""
    monkeypatch.setattr(manager, "available_cores", lambda: 2)
    runs = RunManager(tmp_path, workers=2)
    wide = {"cell": "lstm", "hidden_size": 256, "batch_size": 16, "steps": 16, "threads": 2}
    first = runs.start(small(seconds=60, **wide))
    events_of(first, until=is_progress)
    alone = busy_threads(worker_of(first))
    second = runs.start(small(seconds=60, **wide))
    events_of(second, until=is_progress)
    beside = busy_threads(worker_of(first))
    second.stop()
    events_of(second)
    while busy_threads(worker_of(first)) < 2:  # at the next minibatch
        assert first.is_active
    runs.close()
    assert (alone, beside) == (2, 1)


def busy_threads(pid):
    """How many threads of a process were given time while it took half a second of it."""
    before, began = ticks(pid), time.monotonic()
    while True:
        spent = {thread: used - before.get(thread, 0) for thread, used in ticks(pid).items()}
        if sum(spent.values()) >= 50:
            return sum(used >= 5 for used in spent.values())
        assert time.monotonic() - began < 60


def ticks(pid):
    found = {}
    for stat in Path(f"/proc/{pid}/task").glob("*/stat"):
        try:
            fields = re.sub(r"^.*\) ", "", stat.read_text()).split()
        except OSError:  # it has just ended
            continue
        found[stat.parent.name] = int(fields[11]) + int(fields[12])
    return found
