"""Errors for archives and documents that hold too much."""

from __future__ import annotations

from ..errors import UserError


def too_large_error(name: str, limit: int) -> UserError:
    """Build the error for a file that unpacks to more than `limit` bytes."""
    return UserError(
        "{text} holds more than {size} MB, the limit here. Choose a part of it.",
        text=name,
        size=limit >> 20,
        field="corpus",
    )


def too_many_error(name: str, most: int) -> UserError:
    """Build the error for an archive of more than `most` files."""
    return UserError(
        "{text} holds more than {count:,} files. Put the texts into fewer files.",
        text=name,
        count=most,
        field="corpus",
    )
