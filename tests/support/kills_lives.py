"""The lives of a run that is killed, and what has to be the same at its end: for kills.py.

Each life is a process of its own, forked from this one, which has torch imported.
"""

import csv
import itertools
import json
import mmap
import os
import struct
import traceback

import torch
from safetensors import safe_open

from charrnn.checkpoint import load
from charrnn.runs.plan import make_plan
from charrnn.text import Text

TEXT = "the cat sat on the mat and the dog sat on the log. "
TIMES = {"seconds", "characters_per_second", "remaining_seconds"}
SMALL = {
    "hidden_size": 8,
    "batch_size": 2,
    "steps": 10,
    "dropout": 0.25,
    "learning_rate": 0.02,
    "sample_length": 5,
    "sample_every": 2,
    "precision": "float32",
    "threads": 1,
}


def planned(repeats=6, **settings):
    return make_plan(Text(TEXT * repeats, "cats.txt"), recipe="custom", settings=SMALL | settings)


def tiny(**settings):
    return planned(3, **{"epochs": 2, "steps": 60, "sample_length": 1} | settings)


class Progress:
    """How far a life is, seen from outside: steps done, and the step it started from."""

    def __init__(self):
        self._shared = mmap.mmap(-1, 16)

    def tell(self, at, begun):
        self._shared[:] = struct.pack("qq", at, begun)

    @property
    def at(self):
        return struct.unpack("qq", self._shared[:])[0]

    @property
    def begun(self):
        """-1 before the life has got that far."""
        return struct.unpack("qq", self._shared[:])[1]


def child(act):
    """The id of a process that does this, and nothing else."""
    pid = os.fork()
    if pid == 0:
        try:
            act()
            os._exit(0)
        except BaseException:  # noqa: BLE001  # said, and the process ends
            traceback.print_exc()
            os._exit(1)
    return pid


def status_of(pid):
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def live(run, *, resume, progress=None):
    """One life: train to the end."""
    if progress is not None:
        wishes, steps = run._take_commands, itertools.count(1)

        def counting():
            progress.tell(progress.begun + next(steps), progress.begun)
            return wishes()

        run._take_commands = counting
    for event in run.train(resume=resume):
        if event["event"] == "start" and progress is not None:
            begun = event["resumed_from"] or 0
            progress.tell(begun, begun)


def finish(run, *, resume=True):
    """Its last life, in this process, which is left as it was."""
    live(run, resume=resume)
    assert run.state == "finished"
    return run


# What has to be the same


def timeless(row):
    return {key: value for key, value in row.items() if key not in TIMES}


def tensors(path):
    with safe_open(path, framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata()  # noqa: SIM118


def config_of(run):
    """The checkpoint's configuration, which its two files must agree about."""
    _, about = tensors(run.directory / "checkpoint" / "model.safetensors")
    config = json.loads(about["charrnn"])
    assert config == json.loads((run.directory / "checkpoint" / "config.json").read_bytes())
    config["results"].pop("seconds")
    return config


def told(run):
    """All that was told of the run. What was lost and done again must have come out the same."""
    found = {}
    for event in run.read_events()[0]:
        if event["event"] in ("progress", "sample"):
            key = (event["event"], event["step"], event.get("prefix"))
            assert found.setdefault(key, timeless(event)) == timeless(event), "told differently"
    end = run.event_log.find_last("end")
    return found, {key: end[key] for key in end if key not in TIMES | {"checkpoint"}}


def state(run):
    """Everything about a run that does not depend on the clock, by name."""
    checkpoint = run.directory / "checkpoint"
    point, about = tensors(run.directory / "resume" / "point.safetensors")
    counters = json.loads(point.pop("counters").numpy().tobytes())
    counters["log"] = [timeless(row) for row in counters["log"]]
    counters["samples"] = [timeless(sample) for sample in counters["samples"]]
    del counters["samples_bytes"]  # of their JSON, in which seconds have more digits or fewer
    with (checkpoint / "training_log.csv").open(newline="") as file:
        log = [timeless(row) for row in csv.DictReader(file)]
    return {
        "model": tensors(checkpoint / "model.safetensors")[0],
        "configuration": config_of(run),
        "point": point,
        "made for": json.loads(about["made_for"]),
        "counters": timeless(counters),
        "log": log,
        "samples": json.loads((checkpoint / "samples.json").read_bytes()),
        "events": told(run),
        "files": sorted(str(path.relative_to(run.directory)) for path in run.directory.rglob("*")),
    }


def assert_same(run, whole):
    """It ended with the state of the run that was left alone."""
    one = state(run)
    for name, value in one.items():
        theirs = whole[name]
        if name in ("model", "point"):
            assert value.keys() == theirs.keys()
            unlike = [key for key in value if not torch.equal(value[key], theirs[key])]
            assert not unlike, f"{unlike} differ"
        else:
            assert value == theirs, f"{name}: {value} is not {theirs}"
    assert one["counters"]["step"] > 0


def assert_sound(run, *, had_model):
    """After a death: the events can be read, and the model, once there is one, can be opened."""
    events, _ = run.read_events()
    had_model = had_model or any(event["event"] == "checkpoint" for event in events)
    assert run.checkpoint is not None or not had_model, "the model is gone"
    if run.checkpoint is not None:
        load(run.checkpoint)
    return run.checkpoint is not None
