"""Arguments and options that several commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..utils import places
from .output import show_transfer

if TYPE_CHECKING:
    from ..checkpoint import Checkpoint


def bundled_models() -> list[str]:
    """Return the names of the models that come with charrnn, for a shell to complete."""
    return sorted(place.name for place in places.bundled_models().glob("*") if place.is_dir())


Json = Annotated[bool, typer.Option("--json", help="JSON lines on standard output.")]
Column = Annotated[
    str | None,
    typer.Option(
        "--column",
        metavar="NAME",
        help="What to read of a file that is not plain text: a column of a table, a field of JSON "
        "(author.name), or text. Default: the one with the most text.",
    ),
]
AsIs = Annotated[
    bool, typer.Option("--as-is", help="Read tables, JSON, pages … with all their marks.")
]
AnyCheckpoint = Annotated[
    str,
    typer.Argument(
        metavar="CHECKPOINT",
        help="A model's or a run's directory, a .safetensors file, the name of a model that comes "
        "with charrnn, or one on the Hub: owner/name[@revision].",
        autocompletion=bundled_models,
    ),
]


def open_checkpoint(checkpoint: str) -> Checkpoint:
    """Load a checkpoint by path or name, or from the Hub. Raises UserError if there is none."""
    from ..loading import load

    with show_transfer("downloading") as progress:
        return load(checkpoint, progress=progress)
