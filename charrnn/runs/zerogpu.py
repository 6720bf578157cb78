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

from ..utils.process import disable_malloc_trim, lower_priority
from .end_reasons import EndReason, NoGpuError
from .limits import Limits
from .monitor import expected_seconds
from .ownership import OrphanDetector
from .run import Run
from .worker import LimitedRun

logger = logging.getLogger(__name__)

ANONYMOUS_MINUTES_PER_DAY = 2  # without an account
FREE_ACCOUNT_MINUTES_PER_DAY = 5
_DEFAULT_SECONDS = 60.0  # seconds for a run of which nobody can say how long it takes
_OVERHEAD_SECONDS = (
    15.0  # seconds of a run that are no training: CUDA's start before it, its end after it
)
_SHUTDOWN_SECONDS = 5.0  # of these, after it

_GpuFunction = Callable[[Path, bool, str, Limits], Iterator[int]]


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
    _gpu_function()


@functools.cache
def _gpu_function() -> _GpuFunction | None:
    """`_work`, on a GPU; None where none is lent."""
    told = os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true")
    if not told or importlib.util.find_spec("spaces") is None:
        return None
    import spaces

    lend: _GpuFunction = spaces.GPU(duration=_duration)(_work)
    return lend


def available() -> bool:
    """Whether runs can have a GPU here."""
    return _gpu_function() is not None


def requested(run: Run) -> bool:
    """Whether a run is to have the GPU that is lent here."""
    return available() and run.manifest["training"].get("device") == "cuda"


def quota_seconds(seconds: float | None) -> int:
    """The seconds of a visitor's quota that a run of that length takes; None is one whose length
    nobody can say, which is cut off after a minute, and can go on."""
    return math.ceil((_DEFAULT_SECONDS if seconds is None else seconds) + _OVERHEAD_SECONDS)


def limits_on_gpu(limits: Limits, run: Run) -> Limits:
    """The limits of a run on the GPU: it ends before the time that is lent is over. Its memory is
    not measured, since it holds what the app's process has too."""
    longest = quota_seconds(expected_seconds(run)) - _SHUTDOWN_SECONDS
    seconds = longest if limits.seconds is None else min(limits.seconds, longest)
    return replace(limits, seconds=seconds, memory_mb=None)


def train_on_gpu(
    context: Context, directory: Path, resume: bool, app: str, limits: Limits
) -> Iterator[Worker]:
    """Train the run in `directory` on the GPU; yields the worker when it is at work, and ends when
    it has ended. `context` is that of the visitor's request, whose quota pays.

    Raises NoGpuError where no GPU is to be had.
    """
    from gradio import Error

    lend = _gpu_function()
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
    return math.ceil((limits.seconds or _DEFAULT_SECONDS) + _SHUTDOWN_SECONDS)


def _work(directory: Path, resume: bool, app: str, limits: Limits) -> Iterator[int]:
    """Train, in a thread of the process that has the GPU: yields its id, and then zeros."""
    _close_inherited_files(directory.parent)
    disable_malloc_trim()
    lower_priority()
    run = LimitedRun(directory, limits)
    run.should_abort = OrphanDetector(directory.parent / app, ignore_sigterm=True)
    yield os.getpid()
    yield from (0 for _ in run.train(resume=resume, app=app))


def _close_inherited_files(root: Path) -> None:
    """Close what this process has inherited of the app's open files of runs: a lock is held for as
    long as anybody has its file open."""
    for file in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            if file.readlink().is_relative_to(root.resolve()):
                os.close(int(file.name))
