"""How the threads of NumPy and torch behave. To be called before either is imported.

Both read the environment once, when they are loaded. What is set already is left alone.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping

CONSIDERATE = {
    # OpenMP's threads wait for their next piece of work by spinning, by default so long that
    # training beside another busy process comes down to a hundredth of its speed; a thousand
    # turns cost nothing when alone (measured: benchmarks/LOG.md).
    "GOMP_SPINCOUNT": "1000",
    # NumPy multiplies vectors of a few hundred numbers here, one at a time: nothing to share.
    "OPENBLAS_NUM_THREADS": "1",
}


def be_considerate(environment: MutableMapping[str, str] = os.environ) -> None:
    """Let the threads of this process, or of one started with `environment`, get along with
    other processes."""
    for name, value in CONSIDERATE.items():
        environment.setdefault(name, value)
