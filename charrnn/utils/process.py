"""Process-wide tuning: thread pools, malloc, priority, memory limit.

For programs, not for the library, since it changes the whole process. Call it before NumPy and
torch are imported: they read the environment once, when they are loaded.
"""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from pathlib import Path

THREAD_POOL_VARIABLES = {
    # OpenMP's threads spin while they wait for work, by default so long that training beside
    # another busy process drops to a hundredth of its speed. 2000 spins cost 5 % of the speed on
    # an idle machine (measured: benchmarks/LOG.md).
    "GOMP_SPINCOUNT": "2000",
    # NumPy multiplies vectors of a few hundred numbers here: more threads do not help.
    "OPENBLAS_NUM_THREADS": "1",
}
# Names of variables such as HF_TOKEN, OAUTH_CLIENT_SECRET and AWS_SECRET_ACCESS_KEY.
_SECRET = re.compile("TOKEN|SECRET|PASSW|CREDENTIAL|(API|ACCESS|PRIVATE)_?KEY", re.IGNORECASE)
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of glibc's mallopt
_TRIM_THRESHOLD_BYTES = 1 << 30
_NICE_INCREMENT = 5  # a third of the CPU time of a process with the usual priority
_OOM_SCORE_ADJUSTMENT = 500  # of 1000: the system ends such a process first


def configure_thread_pools(environment: MutableMapping[str, str] = os.environ) -> None:
    """Set the variables that make thread pools share the machine with other processes.

    Variables that are set already keep their values.
    """
    for name, value in THREAD_POOL_VARIABLES.items():
        environment.setdefault(name, value)


def without_secrets(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment without tokens, secrets and passwords."""
    return {name: value for name, value in environment.items() if not _SECRET.search(name)}


def disable_malloc_trim() -> None:
    """Keep freed memory for the next minibatch, if the C library is glibc.

    By default, glibc returns it to the system and requests it again, page by page, a hundred times
    a second, which takes a fifth of the time of a step.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if mallopt is not None:
        mallopt(_M_TRIM_THRESHOLD, _TRIM_THRESHOLD_BYTES)
        mallopt(_M_MMAP_THRESHOLD, _TRIM_THRESHOLD_BYTES)


def available_cores() -> int:
    """Return the number of CPU cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def lower_priority() -> None:
    """Give other processes precedence, for a process that only computes in the background.

    The page stays quick beside as many such processes as there are cores. If the machine runs out
    of memory, the system ends one of them and not the page.
    """
    if hasattr(os, "nice"):
        os.nice(_NICE_INCREMENT)
    if hasattr(os, "SCHED_BATCH"):
        with suppress(OSError):  # not allowed everywhere, and optional
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(_OOM_SCORE_ADJUSTMENT))


def limit_memory(most: int) -> None:
    """Limit this process to `most` bytes beyond what it has now, if the system can.

    An allocation beyond that fails in this process only. Writable memory counts; libraries, mapped
    files and unused reservations do not.
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
