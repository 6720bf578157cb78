"""How a process that trains or writes treats its threads and its memory.

For programs, not for the library: it changes the whole process. To be called before NumPy and
torch are imported, which read the environment once, when they are loaded.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import MutableMapping

CONSIDERATE = {
    # OpenMP's threads wait for their next piece of work by spinning, by default so long that
    # training beside another busy process comes down to a hundredth of its speed. Two thousand
    # turns cost a twentieth when alone (measured: benchmarks/LOG.md).
    "GOMP_SPINCOUNT": "2000",
    # NumPy multiplies vectors of a few hundred numbers here, one at a time: nothing to share.
    "OPENBLAS_NUM_THREADS": "1",
}
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of glibc's mallopt
_KEPT = 1 << 30


def be_considerate(environment: MutableMapping[str, str] = os.environ) -> None:
    """Let the threads of this process, or of one started with `environment`, get along with
    other processes. What is set already is left alone."""
    for name, value in CONSIDERATE.items():
        environment.setdefault(name, value)


def keep_memory() -> None:
    """Keep freed memory for the next minibatch, where the C library is glibc.

    It would give it back to the system and ask for it again, page by page, a hundred times a
    second: a fifth of the time of a step.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if mallopt is not None:
        mallopt(_M_TRIM_THRESHOLD, _KEPT)
        mallopt(_M_MMAP_THRESHOLD, _KEPT)
