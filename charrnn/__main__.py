"""The command line: `python -m charrnn`, and the command `charrnn`."""

from __future__ import annotations

from .utils.process import be_considerate, keep_memory


def main() -> None:
    """Run the command line."""
    be_considerate()
    keep_memory()
    from .cli import main as run

    run()


if __name__ == "__main__":
    main()
