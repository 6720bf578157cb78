"""The command line: `python -m charrnn`, and the command `charrnn`."""

from __future__ import annotations

import sys

from ._version import __version__
from .utils.process import configure_thread_pools, disable_malloc_trim


def main() -> None:
    """Run the command line."""
    if sys.argv[1:] == ["--version"]:  # without importing torch, which takes seconds
        print(f"charrnn {__version__}")
        return
    configure_thread_pools()
    disable_malloc_trim()
    from .cli import main as run

    run()


if __name__ == "__main__":
    main()
