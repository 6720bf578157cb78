"""A GPU for a run, on a Hugging Face Space whose hardware is ZeroGPU.

Such a Space has a GPU only while a function decorated by `spaces.GPU` runs. That forks the app's
process, where torch may use CUDA, and counts the seconds against the quota of the visitor whose
request it is. Here the function is the worker of a run: everything else about the run, its
directory, events, wishes and limits, is as with any worker.

The package `spaces` is imported on such a Space only, which brings it along.
"""

from __future__ import annotations

import functools
import importlib.util
import logging
import math
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass, replace
from pathlib import Path

from ..utils.process import keep_memory, step_back
from .end_reasons import EndReason, NoGpuError
from .limits import Limits
from .monitor import length
from .ownership import Orphanage
from .run import Run
from .worker import GuardedRun

logger = logging.getLogger(__name__)

ANYBODY, SIGNED_IN = 2, 5  # minutes a day that are lent to anybody, and to a free account
_USUAL = 60.0  # seconds for a run of which nobody can say how long it takes
_AROUND = 15.0  # seconds of a run that are no training: CUDA's start before it, its end after it
_END = 5.0  # of these, after it

_Lend = Callable[[Path, bool, str, Limits], Iterator[int]]


@dataclass(frozen=True)
class Worker:
    """The process that trains a run on the GPU, as the app looks after it."""

    pid: int

    def is_alive(self) -> bool:
        """Whether it is still there."""
        return Path(f"/proc/{self.pid}").exists()

    def kill(self) -> None:
        """End it at once."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


def prepare() -> None:
    """On a ZeroGPU Space, make its GPU available to runs; elsewhere nothing.

    To be called before anything uses CUDA, and before the app is launched: the Space ends if there
    is no function that uses its GPU by then.
    """
    _lender()


@functools.cache
def _lender() -> _Lend | None:
    """`_work`, on a GPU; None where none is lent."""
    told = os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true")
    if not told or importlib.util.find_spec("spaces") is None:
        return None
    import spaces

    lend: _Lend = spaces.GPU(duration=_duration)(_work)
    return lend


def here() -> bool:
    """Whether runs can have a GPU here."""
    return _lender() is not None


def wanted(run: Run) -> bool:
    """Whether a run is to have the GPU that is lent here."""
    return here() and run.request["training"].get("device") == "cuda"


def quota(seconds: float | None) -> int:
    """The seconds of a visitor's quota that a run of that length takes; None is one whose length
    nobody can say, which is cut off after a minute, and can go on."""
    return math.ceil((_USUAL if seconds is None else seconds) + _AROUND)


def within(limits: Limits, run: Run) -> Limits:
    """The limits of a run on the GPU: it ends before the time that is lent is over. Its memory is
    not measured, since it holds what the app's process has too."""
    longest = quota(length(run)) - _END
    seconds = longest if limits.seconds is None else min(limits.seconds, longest)
    return replace(limits, seconds=seconds, memory_mb=None)


def lent(
    context: Context, directory: Path, resume: bool, app: str, limits: Limits
) -> Iterator[Worker]:
    """Train the run in `directory` on the GPU; yields the worker when it is at work, and ends when
    it has ended. `context` is that of the visitor's request, whose quota pays.

    Raises NoGpuError where no GPU is to be had.
    """
    from gradio import Error

    lend = _lender()
    assert lend is not None, "here() said so"
    pids = lend(directory, resume, app, limits)
    try:
        while (pid := context.run(next, pids, None)) is not None:
            if pid:
                yield Worker(pid)
    except Error as error:
        # Its words may hold markup, and are English: only what it is about is taken from them.
        about = str(getattr(error, "title", ""))
        logger.warning("no GPU, or not to the end: %s", about)
        if "quota" in about or "duration" in about or "credits" in about:
            raise NoGpuError(EndReason.GPU_QUOTA) from None
        if "queue" in about or "client" in about:
            raise NoGpuError(EndReason.NO_GPU) from None


def _duration(directory: Path, resume: bool, app: str, limits: Limits) -> int:
    """The seconds to ask for; called with what `_work` is called with."""
    return math.ceil((limits.seconds or _USUAL) + _END)


def _work(directory: Path, resume: bool, app: str, limits: Limits) -> Iterator[int]:
    """Train, in a thread of the process that has the GPU: yields its id, and then zeros."""
    _let_go(directory.parent)
    keep_memory()
    step_back()
    run = GuardedRun(directory, limits)
    run.cut_off = Orphanage(directory.parent / app, deaf=True)
    yield os.getpid()
    yield from (0 for _ in run.work(resume=resume, app=app))


def _let_go(root: Path) -> None:
    """Close what this process has inherited of the app's open files of runs: a lock is held for as
    long as anybody has its file open."""
    for file in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            if file.readlink().is_relative_to(root.resolve()):
                os.close(int(file.name))
