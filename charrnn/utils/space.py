"""Hugging Face Spaces: free hardware, and the Space that the program runs in."""

from __future__ import annotations

import os
from collections.abc import Mapping

ZEROGPU = "zero-a10g"  # hardware on which an account has two free Spaces


def space_id(environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the `owner/name` of the Hugging Face Space that this program runs in, else None.

    A Space sets two variables. The result is empty if only one of them is set: the app may be
    public then, but its name and its sign-in cannot be trusted.
    """
    name, system = environment.get("SPACE_ID", ""), environment.get("SYSTEM") == "spaces"
    if not name and not system:
        return None
    return name if system else ""
