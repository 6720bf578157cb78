"""The command line: `python -m charrnn`, and the command `charrnn`."""

from __future__ import annotations

from .utils.process import configure_thread_pools, disable_malloc_trim


def main() -> None:
    """Run the command line."""
    configure_thread_pools()
    disable_malloc_trim()
    from .cli import main as run

    run()


if __name__ == "__main__":
    main()
