"""Renew the model cards of the models that come with charrnn, without training them again.

    python benchmarks/cards.py

What was written into a card by hand, or by `bases.py`, stays (`charrnn/checkpoint/owner_card.py`).
"""

from __future__ import annotations

from pathlib import Path

from bases import card_context
from measure import ROOT

from charrnn.checkpoint import load
from charrnn.checkpoint.card_metadata import CardContext
from charrnn.checkpoint.format import CARD
from charrnn.checkpoint.logs import samples_of
from charrnn.checkpoint.model_card import card
from charrnn.checkpoint.owner_card import license_in, update_card
from charrnn.checkpoint.source import is_base
from charrnn.hub.upload_files import add_recitation


def renewed(directory: Path) -> str:
    """Return the renewed card of the model in a directory."""
    own = (directory / CARD).read_text(encoding="utf-8")
    checkpoint = load(directory)
    add_recitation(checkpoint)
    context = CardContext(picture=True, license=license_in(own))
    if is_base(directory.name):
        context = card_context(directory.name.partition("-")[2])
    text = update_card(own, card(checkpoint, samples_of(directory), context))
    assert text is not None, f"{directory / CARD} is not a card of charrnn"
    return text


def main() -> None:
    """Renew the card of each model."""
    for path in sorted((ROOT / "checkpoints").glob(f"*/{CARD}")):
        path.write_text(renewed(path.parent), encoding="utf-8")
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
