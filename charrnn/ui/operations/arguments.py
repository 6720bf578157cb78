"""Check the arguments that several operations have: texts, prefixes and seeds."""

from __future__ import annotations

from ...errors import UserError
from ...utils import validation
from ...utils.validation import clean_text


def checked_text(value: object, name: str, most: int) -> str:
    """Return a text of at most `most` characters, cleaned.

    Raises UserError for the field `name` for anything else. A browser may send two characters for
    each line end, and `clean_text` leaves one, so a text of up to twice the length is cleaned
    before it is measured.
    """
    text = validation.as_text(value, name)
    if len(text) <= 2 * most:
        text = clean_text(text)
    if len(text) > most:
        raise UserError(
            "{name} can have at most {most:,} characters: choose a part of it.",
            name=name,
            most=most,
            field=name,
        )
    return text


def checked_prefix(value: object, most: int) -> str:
    """Return a prefix of at most `most` characters, cleaned. Raises UserError for anything else."""
    prefix = validation.as_text(value, "prefix")
    if len(prefix) > most:
        raise UserError(
            "The prefix has {count:,} characters: give at most {most:,}.",
            count=len(prefix),
            most=most,
            field="prefix",
        )
    return clean_text(prefix)


def checked_seed(value: object) -> int | None:
    """Return a seed, or None for none. Raises UserError for anything but an integer or None."""
    return None if value is None else validation.as_int(value, "seed")
