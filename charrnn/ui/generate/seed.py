"""The seed in its field."""

from __future__ import annotations

from ...errors import UserError

MAX_SEED = 2**31 - 1


def parse_seed(text: str) -> int | None:
    """Return the seed in the field, or None if the field is empty.

    Raises UserError for anything else. The seed is sent to the page as a JSON number, and Gradio's
    stream fails for integers of more than 64 bits.
    """
    text = text.strip()
    if not text:
        return None
    if text.isdecimal() and len(text) <= 20 and int(text) <= MAX_SEED:
        return int(text)
    shown = text if len(text) <= 40 else text[:39] + "…"
    raise UserError(
        "seed = {value}: give a whole number from 0 to {most}, or leave it empty.",
        value=shown,
        most=MAX_SEED,
        field="seed",
    )
