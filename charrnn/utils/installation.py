"""How to install charrnn: by pip, from a git repository.

The name on PyPI belongs to another project, of 2017.
"""

from __future__ import annotations

# The address of the project's own git repository; empty for as long as it has none.
PROJECT_HOME = ""


def source_address(space: str | None) -> str | None:
    """Return the address of a git repository that holds charrnn; None if no such place is known.

    `space` is the `owner/name` of a Space with the app. Its repository holds the package.
    """
    return PROJECT_HOME or (f"https://huggingface.co/spaces/{space}" if space else None)


def install_command(space: str | None) -> str | None:
    """Return the command that installs charrnn from `source_address`, if that is known."""
    source = source_address(space)
    return f"pip install git+{source}" if source else None
