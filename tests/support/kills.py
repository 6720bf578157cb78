"""Runs that die at bad moments: the script behind test_kills.py, in a process without threads.

    python tests/kills.py at_random SEED       SIGKILL at random moments, over and over
    python tests/kills.py at_every_operation   death before each file operation, one after another
    python tests/kills.py in_half_a_write      death in the middle of a write, at many lengths

What was killed goes on, and ends as a run that was left alone (kills_lives.py). The last line
printed is a summary as JSON; an assertion that fails ends the script with a traceback.
"""

import gc
import itertools
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import threading
import time
from functools import partial
from pathlib import Path

import torch
from kills_lives import (
    Progress,
    assert_same,
    assert_sound,
    child,
    config_of,
    finish,
    live,
    planned,
    state,
    status_of,
    tiny,
)

from charrnn.checkpoint import files as artifacts
from charrnn.ngrams.baselines import Baselines
from charrnn.runs import run as runs_run
from charrnn.runs.run import Run
from charrnn.training import train, trainer
from charrnn.utils import atomic

SLOW = 1000  # the trainers' clock: no event should come only because the machine is busy
OPERATIONS = {  # what is closed changes only then, which is the same as before what follows
    "open", "write", "fsync", "truncate", "replace", "rename", "unlink", "mkdir", "rmdir",
}  # fmt: skip
DEAD = 77  # exit status


def slow_clock():
    """Return seconds as they pass for the trainers."""
    return time.monotonic() / SLOW


class SlowDisk:
    """In memory a file would be saved before anybody could be killed meanwhile."""

    def __getattr__(self, name):
        return getattr(os, name)

    def fsync(self, file):
        time.sleep(0.002)
        os.fsync(file)


# At random moments


def configurations():
    """Every cell with every optimizer, each of them with both samplings, and what else there is."""
    cells, optimizers = ("tanh", "relu", "gru", "lstm"), ("sgd", "adam", "adamw")
    samplings = itertools.cycle(("sequential", "random"))
    implementations = itertools.cycle(("fast", "scratch", "fast", "torch", "scratch"))
    for cell, optimizer in itertools.product(cells, optimizers):
        yield {
            "cell": cell,
            "sampling": next(samplings),
            "optimizer": optimizer,
            "implementation": next(implementations),
        }
    yield {"cell": "gru", "truncate": "epoch", "implementation": "fast"}
    yield {"cell": "tanh", "truncate": "epoch", "implementation": "scratch", "validation": 0.0}
    yield {"cell": "lstm", "layers": 2, "input": "embedding", "reset": 0.2, "validation": 0.0}
    yield {"cell": "lstm", "schedule": "plateau", "precision": "bfloat16"}


def torn(run):
    """What a death in the middle of a save has left."""
    left = (atomic.READY_FOLDER, *(f"*/.*.{'[0-9a-f]' * 8}", f".*.{'[0-9a-f]' * 8}"))
    return {path for pattern in left for path in run.directory.glob(f"**/{pattern}")}


def wait_for_a_moment(run, progress, pid, torn_before, chance):
    """Until a life is a few steps further and a little more, or, one time in four, until it saves;
    or until it is over."""
    steps, saves = chance.choice((0, 1, 1, 2, 3, 4)), chance.random() < 0.25

    def come():
        if saves:
            return bool(torn(run) - torn_before)
        return steps == 0 or 0 <= progress.begun <= progress.at - steps

    give_up = time.monotonic() + 60
    while not come():
        assert time.monotonic() < give_up
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return
        time.sleep(0.0005)
    if not saves:
        time.sleep(chance.uniform(0, 0.004 if steps else 0.02))


def kill_over_and_over(run, times, chance, tally):
    """Let the run live, and kill it, so many times."""
    reached, had_model = 0, False
    for life in range(times):
        progress, torn_before = Progress(), torn(run)
        progress.tell(0, -1)
        pid = child(lambda: live(run, resume=life > 0, progress=progress))  # noqa: B023
        wait_for_a_moment(run, progress, pid, torn_before, chance)
        os.kill(pid, signal.SIGKILL)
        if (status := status_of(pid)) != -signal.SIGKILL:
            assert status == 0, "it fell over"
            break
        tally["kills"] += 1
        tally["within a save"] += bool(torn(run) - torn_before)
        if progress.begun >= 0:
            tally["lost"] += progress.begun < reached
            reached = progress.at
        assert run.state == "failed" or run.has_ended
        if chance.random() < 0.5:  # as an app does that is there
            run.record_missing_end()
        had_model = assert_sound(run, had_model=had_model)
    finish(run)


def at_random(root, seed):
    chance, tally = random.Random(seed), {"kills": 0, "within a save": 0, "lost": 0}
    trainer.SAVE_SECONDS = 0.002 / SLOW
    atomic.os = SlowDisk()
    jobs = [(settings, 4, 4) for settings in configurations()]
    jobs.append(({"cell": "lstm", "optimizer": "adamw", "sampling": "sequential"}, 50, 20))
    for settings, kills, epochs in jobs:
        try:
            whole, run = (Run.create(root, planned(epochs=epochs, **settings)) for _ in range(2))
            finish(whole, resume=False)
            before = tally["kills"]
            kill_over_and_over(run, kills, chance, tally)
            assert_same(run, state(whole))
            if kills == 50:
                assert tally["kills"] - before == 50, "it was over before"
        except BaseException:
            print(f"seed {seed}, {settings}", file=sys.stderr)
            raise
    return tally


# At every operation, one after another


def dying(act, number):
    """Do it, and die before file operation `number`; None if there are not that many."""

    def doomed():
        count, lock = itertools.count(), threading.Lock()

        def watch(frame, event, called):
            if event != "c_call" or called.__name__ not in OPERATIONS:
                return
            home = type(getattr(called, "__self__", None)).__module__
            if called.__module__ not in ("posix", "io", "_io") and home not in ("io", "_io"):
                return
            with lock:
                if next(count) == number:
                    os._exit(DEAD)

        threading.setprofile(watch)
        sys.setprofile(watch)
        act()
        sys.setprofile(None)

    status = status_of(child(doomed))
    assert status in (0, DEAD)
    return True if status == DEAD else None


def at_every_operation(root):
    trainer.SAVE_SECONDS = 0.0
    tally = {}
    for name, sweep in (("create", creating), ("train", training), ("go on", going_on)):
        tally[name] = sweep(root / name.replace(" ", "-"))
    return tally


def deaths(root, prepared, act):
    """A copy of a directory for every operation of `act`, which died in it there."""
    for number in itertools.count():
        copy = root / f"{number:016}"
        shutil.copytree(prepared, copy)
        if dying(lambda: act(copy), number) is None:  # noqa: B023
            return
        yield copy


def creating(root):
    """A death while the run is being made: it is there as a whole, or can be made again."""
    whole = state(finish(Run.create(root / "whole", tiny()), resume=False))
    (root / "empty").mkdir()
    count = 0
    for place in deaths(root, root / "empty", lambda place: Run.create_at(place, tiny())):
        if not (place / "run.json").exists():
            Run.create_at(place, tiny())
        assert_same(finish(Run(place)), whole)
        shutil.rmtree(place)
        count += 1
    return count


def training(root):
    """A death while it trains: the model can be opened, and the run goes on as if nothing were."""
    asked = Run.create(root / "asked", tiny())
    whole = Run(root / "whole")
    shutil.copytree(asked.directory, whole.directory)
    whole = state(finish(whole, resume=False))
    count = 0
    for place in deaths(root, asked.directory, lambda place: live(Run(place), resume=False)):
        run = Run(place)
        ready = (place / "checkpoint" / atomic.READY_FOLDER).exists()
        had_model = assert_sound(run, had_model=False)
        if count % 2:
            run.record_missing_end()
            assert_sound(run, had_model=had_model or ready)
            if run.checkpoint is not None:
                config_of(run)
        assert_same(finish(run), whole)
        shutil.rmtree(place)
        count += 1
    return count


def going_on(root):
    """A death when a finished run is to go on: it goes on for as long again, and not longer."""
    finished = finish(Run.create(root / "asked", tiny()), resume=False)
    whole = Run(root / "whole")
    shutil.copytree(finished.directory, whole.directory)
    whole.enqueue(resume=True)
    finish(whole)
    assert whole.manifest["training"]["epochs"] == 4
    whole = state(whole)

    def ask(place):
        Run(place).enqueue(resume=True)
        assert Run(place).mark_started()

    count = 0
    for place in deaths(root, finished.directory, ask):
        run = Run(place)
        if count % 2:
            run.record_missing_end()
        if run.state != "queued" and not run.is_queued:
            run.enqueue(resume=True)
        finish(run)
        assert run.manifest["training"]["epochs"] == 4
        assert_same(run, whole)
        shutil.rmtree(place)
        count += 1
    return count


# In half a write


def in_half_a_write(root):
    """The system kills who writes a file longer than allowed, after so much of it as is."""
    trainer.SAVE_SECONDS = 0.0
    asked = Run.create(root / "asked", tiny())
    whole = Run(root / "whole")
    shutil.copytree(asked.directory, whole.directory)
    finish(whole, resume=False)
    expected = state(whole)
    largest = max(path.stat().st_size for path in whole.directory.rglob("*") if path.is_file())
    events = (whole.directory / "events.jsonl").stat().st_size
    limits = sorted({*range(0, events, events // 23), *range(events, largest, largest // 9)})
    tally = {"deaths": 0, "half a line": 0}
    for limit in limits:
        run = Run(root / f"{limit:016}")
        shutil.copytree(asked.directory, run.directory)

        def doomed(run=run, limit=limit):
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            live(run, resume=False)

        tally["deaths"] += status_of(child(doomed)) == -signal.SIGXFSZ
        lines = run.directory / "events.jsonl"
        tally["half a line"] += lines.exists() and not lines.read_bytes().endswith(b"\n")
        assert_sound(run, had_model=False)
        assert_same(finish(run), expected)
    return tally


def warm_up():
    """Have torch load now, once, what it loads when it is needed first."""
    small = tiny()
    list(train(small.corpus, small.model, small.training))


def main():
    """Do what the arguments say, on a file system in memory where there is one."""
    torch.set_num_threads(1)
    runs_run.train = partial(train, clock=slow_clock)
    artifacts.plot_perplexity = lambda log, baselines: b"a picture, which takes too long to draw"
    artifacts.card = lambda checkpoint, samples, context: "A card, which takes too long to render"
    trainer.baselines = lambda training, held_out, size: Baselines(size, size, size)  # so do they
    warm_up()
    gc.freeze()  # or collecting garbage would copy all that the lives share
    how, *arguments = sys.argv[1:]
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as root:
        print(json.dumps(globals()[how](Path(root), *arguments)))


if __name__ == "__main__":
    main()
