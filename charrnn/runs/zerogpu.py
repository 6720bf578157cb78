"""Train on the GPU of a ZeroGPU Space of Hugging Face.

Such a Space has a GPU only while a function decorated by `spaces.GPU` runs. The decorator forks the
app's process, where torch may use CUDA, and counts the seconds against the quota of the user whose
request it is. Here the function is the worker of a run. All else about the run, its directory,
events, commands and limits, is as with any worker.

The package `spaces` is imported on such a Space only, which installs it.
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
from .app_lock import OrphanDetector
from .end_reasons import EndReason, NoGpuError
from .limits import Limits
from .monitor import expected_seconds
from .run import Run
from .worker import LimitedRun

logger = logging.getLogger(__name__)

ANONYMOUS_MINUTES_PER_DAY = 2  # without an account
FREE_ACCOUNT_MINUTES_PER_DAY = 5
_DEFAULT_SECONDS = 60.0  # for a run of unknown length
_OVERHEAD_SECONDS = 15.0  # of a run besides its training: CUDA's start, and saving
_SHUTDOWN_SECONDS = 5.0  # of the overhead, after the training

_GpuFunction = Callable[[Path, bool, str, Limits], Iterator[int]]


@dataclass(frozen=True)
class Worker:
    """The process that trains a run on the GPU, with the methods of a process that the app uses."""

    pid: int

    def is_alive(self) -> bool:
        """Return whether the process exists."""
        return Path(f"/proc/{self.pid}").exists()

    def kill(self) -> None:
        """Kill the process."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


def prepare() -> None:
    """Make the GPU of a ZeroGPU Space available to runs; elsewhere do nothing.

    Call this before anything uses CUDA and before the app is launched: the Space shuts down if no
    function uses its GPU by then.
    """
    _gpu_function()


@functools.cache
def _gpu_function() -> _GpuFunction | None:
    """Return `_work` decorated to run on a GPU; None if this is no ZeroGPU Space."""
    is_zero_gpu = os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true")
    if not is_zero_gpu or importlib.util.find_spec("spaces") is None:
        return None
    import spaces

    lend: _GpuFunction = spaces.GPU(duration=_duration)(_work)
    return lend


def available() -> bool:
    """Return whether runs can use a GPU here."""
    return _gpu_function() is not None


def requested(run: Run) -> bool:
    """Return whether a run is to train on the GPU."""
    return available() and run.manifest["training"].get("device") == "cuda"


def quota_seconds(seconds: float | None) -> int:
    """Return how many seconds of a user's quota a run of this length takes.

    A run of unknown length (None) gets a minute. Then it is stopped, and can be resumed.
    """
    return math.ceil((_DEFAULT_SECONDS if seconds is None else seconds) + _OVERHEAD_SECONDS)


def limits_on_gpu(limits: Limits, run: Run) -> Limits:
    """Return the limits of a run on the GPU, which must end before its quota does.

    Its memory is not limited, since the forked process holds the app's memory as well.
    """
    longest = quota_seconds(expected_seconds(run)) - _SHUTDOWN_SECONDS
    seconds = longest if limits.seconds is None else min(limits.seconds, longest)
    return replace(limits, seconds=seconds, memory_mb=None)


def train_on_gpu(
    context: Context, directory: Path, resume: bool, app: str, limits: Limits
) -> Iterator[Worker]:
    """Train the run in `directory` on the GPU; yield the worker once it has started.

    The iterator ends when the worker has ended. `context` is that of the user's request, whose
    quota it uses. Raises UserError if no GPU is available.
    """
    from gradio import Error

    lend = _gpu_function()
    assert lend is not None, "available() returned True"
    pids = lend(directory, resume, app, limits)
    try:
        while (pid := context.run(next, pids, None)) is not None:
            if pid:
                yield Worker(pid)
    except Error as error:
        # The message is in English and may hold markup, so only its title is used.
        title = str(getattr(error, "title", ""))
        logger.warning("no GPU, or not until the end: %s", title)
        if "quota" in title or "duration" in title or "credits" in title:
            raise NoGpuError(EndReason.GPU_QUOTA) from None
        if "queue" in title or "client" in title:
            raise NoGpuError(EndReason.NO_GPU) from None


def _duration(directory: Path, resume: bool, app: str, limits: Limits) -> int:
    """Return the seconds to request; called with the arguments of `_work`."""
    return math.ceil((limits.seconds or _DEFAULT_SECONDS) + _SHUTDOWN_SECONDS)


def _work(directory: Path, resume: bool, app: str, limits: Limits) -> Iterator[int]:
    """Train in a thread of the process that has the GPU; yield its process id, then zeros."""
    close_inherited_files(directory.parent)
    disable_malloc_trim()
    lower_priority()
    run = LimitedRun(directory, limits)
    run.should_abort = OrphanDetector(directory.parent / app, ignore_sigterm=True)
    yield os.getpid()
    yield from (0 for _ in run.train(resume=resume, app=app))


def close_inherited_files(root: Path) -> None:
    """Close the run files that this process inherited from the app.

    A lock is held for as long as any process has its file open.
    """
    for file in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            if file.readlink().is_relative_to(root.resolve()):
                os.close(int(file.name))
