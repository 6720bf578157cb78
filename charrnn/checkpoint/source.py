"""Where a model was opened from: the name by which to find it again, revision and license."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..errors import UserError
from .format import CARD
from .logs import text_of
from .owner_card import license_in

_BASE_PREFIX = "base-"


@dataclass(frozen=True)
class ModelSource:
    """Where a model was opened from.

    Attributes:
        model: The name of a model that comes with charrnn, or `owner/name` on the Hub; None for
            others.
        revision: The commit on the Hub; None for models that are not from there.
        license: The license in the model's card, None if it is unknown.
    """

    model: str | None = None
    revision: str | None = None
    license: str | None = None

    @classmethod
    def of(
        cls, directory: Path, model: str | None = None, revision: str | None = None
    ) -> ModelSource:
        """Describe the model in a directory, and read the license from its card."""
        return cls(model, revision, _license_of(directory))


def is_base(name: str) -> bool:
    """Return whether a model that comes with charrnn is a base, made to start other models from."""
    return name.startswith(_BASE_PREFIX)


def _license_of(directory: Path) -> str | None:
    try:
        card = text_of(directory, CARD) if directory.is_dir() else None
    except UserError:
        return None
    return license_in(card) if card else None
