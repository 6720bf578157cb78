"""`python -m charrnn`, and the command `charrnn`."""

from __future__ import annotations

from .threads import be_considerate


def main() -> None:
    """Run the command line."""
    be_considerate()
    from .cli import main as run

    run()


if __name__ == "__main__":
    main()
