"""How a process that trains or writes treats its threads and its memory.

For programs, not for the library: it changes the whole process. To be called before NumPy and
torch are imported, which read the environment once, when they are loaded.
"""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from pathlib import Path

THREAD_POOL_VARIABLES = {
    # OpenMP's threads wait for their next piece of work by spinning, by default so long that
    # training beside another busy process comes down to a hundredth of its speed. Two thousand
    # turns cost a twentieth when alone (measured: benchmarks/LOG.md).
    "GOMP_SPINCOUNT": "2000",
    # NumPy multiplies vectors of a few hundred numbers here, one at a time: nothing to share.
    "OPENBLAS_NUM_THREADS": "1",
}
# Names of variables such as HF_TOKEN, OAUTH_CLIENT_SECRET and AWS_SECRET_ACCESS_KEY.
_SECRET = re.compile("TOKEN|SECRET|PASSW|CREDENTIAL|(API|ACCESS|PRIVATE)_?KEY", re.IGNORECASE)
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of glibc's mallopt
_TRIM_THRESHOLD_BYTES = 1 << 30
_NICE_INCREMENT = 5  # nice: a third of the time that a process of the usual priority gets
_OOM_SCORE_ADJUSTMENT = (
    500  # of 1000: how much the system prefers to end this one where memory runs out
)


def configure_thread_pools(environment: MutableMapping[str, str] = os.environ) -> None:
    """Let the threads of this process, or of one started with `environment`, get along with
    other processes. What is set already is left alone."""
    for name, value in THREAD_POOL_VARIABLES.items():
        environment.setdefault(name, value)


def without_secrets(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment for a process that needs no tokens, secrets or passwords."""
    return {name: value for name, value in environment.items() if not _SECRET.search(name)}


def disable_malloc_trim() -> None:
    """Keep freed memory for the next minibatch, where the C library is glibc.

    It would give it back to the system and ask for it again, page by page, a hundred times a
    second: a fifth of the time of a step.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if mallopt is not None:
        mallopt(_M_TRIM_THRESHOLD, _TRIM_THRESHOLD_BYTES)
        mallopt(_M_MMAP_THRESHOLD, _TRIM_THRESHOLD_BYTES)


def available_cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def lower_priority() -> None:
    """Let others go first: this process only computes, and nobody waits for its next answer.

    A page stays quick beside as many of these as there are cores, and where the machine runs out
    of memory, one of these ends and not the page.
    """
    if hasattr(os, "nice"):
        os.nice(_NICE_INCREMENT)
    if hasattr(os, "SCHED_BATCH"):
        with suppress(OSError):  # not everywhere allowed, and only a help
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(_OOM_SCORE_ADJUSTMENT))


def limit_memory(most: int) -> None:
    """Give this process no more than so many bytes beyond what it has now, where the system can:
    to ask for more then fails in this process, and nowhere else.

    What counts is what it may write to. Libraries, mapped files and mere reservations do not.
    """
    try:
        import resource

        has = re.search(rb"VmData:\s*(\d+) kB", Path("/proc/self/status").read_bytes())
    except (ImportError, OSError):
        return
    if has is not None:
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        wanted = (int(has[1]) << 10) + most
        if hard == resource.RLIM_INFINITY or wanted < hard:
            resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))
