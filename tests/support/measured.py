"""What opening a model says and takes, each in a new process that is otherwise idle.

    python tests/support/measured.py open DIRECTORY…
    python tests/support/measured.py pull OWNER/NAME…

For each it prints a line of JSON: what was `said`, or None if it was opened; what `failed`, that
was no UserError; the `seconds` of processor time; and the `memory` in bytes at most beyond that of
the idle program, or None where the system does not tell. The processes are forked from this one,
which has opened a model, so that nothing is left of one case when the next is measured.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

import torch
from fuzzing import forget_peak, memory_of

from charrnn import checkpoint, hub
from charrnn.errors import UserError
from charrnn.generation import generate

_HANGS = 60  # seconds after which a case is ended
SHIPPED = Path(__file__).parents[2] / "checkpoints" / "tide-clock"


def open_one(directory):
    """Open it as someone who stands beside it."""
    os.chdir(Path(directory).parent)
    checkpoint.load(Path(directory).name)


def pull_one(name):
    checkpoint.load(hub.pull(name, token=False))


def measured(act):
    """How it goes, in a process of its own."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        signal.alarm(_HANGS)
        try:
            os.write(writing, json.dumps(_watched(act)).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, "rb") as told:
        said = told.read()
    os.waitpid(pid, 0)
    return json.loads(said or b'{"failed": "it hung, or died"}')


def _watched(act):
    said = failed = None
    before = memory_of("VmRSS")
    forget_peak()
    began = time.process_time()
    try:
        act()
    except UserError as error:
        said = error.message
    except Exception as error:  # noqa: BLE001  # told
        failed = f"{type(error).__name__}: {error}"[:300]
    seconds = time.process_time() - began
    peak = memory_of("VmHWM")
    return {
        "said": said,
        "failed": failed,
        "seconds": seconds,
        "memory": None if before is None else peak - before,
    }


def main():
    """Be as an app that has been up for a while, and then measure."""
    act = {"open": open_one, "pull": pull_one}[sys.argv[1]]
    torch.set_num_threads(1)  # a fork has one thread
    generate(checkpoint.load(SHIPPED), "The ", 5, seed=0)
    hub.client.api(False)  # imports what a pull needs
    for case in sys.argv[2:]:
        print(json.dumps(measured(lambda: act(case))), flush=True)  # noqa: B023


if __name__ == "__main__":
    main()
