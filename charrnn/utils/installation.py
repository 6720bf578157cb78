"""How to install charrnn: by pip, from a git repository.

The name on PyPI belongs to another project, of 2017.
"""

from __future__ import annotations

# The address of the project's own git repository; empty for as long as it has none.
PROJECT_HOME = ""


def install_command(space: str | None) -> str | None:
    """Return the command that installs charrnn; None if no place is known to install it from.

    `space` is the `owner/name` of a Space with the app. Its repository holds the package.
    """
    home = PROJECT_HOME or (f"https://huggingface.co/spaces/{space}" if space else "")
    return f"pip install git+{home}" if home else None
