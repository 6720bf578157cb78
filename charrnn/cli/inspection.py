"""Commands `inspect` and `novelty`: look into a model, and compare a text with a training text."""

from __future__ import annotations

from typing import Annotated

import typer

from .options import AnyCheckpoint, AsIs, Column, Json, open_checkpoint


def inspect(
    checkpoint: AnyCheckpoint,
    text_file: Annotated[str, typer.Argument(help="A text file, or - for standard input.")],
    units: Annotated[
        bool, typer.Option("--units", help="Search for hidden units that follow a concept.")
    ] = False,
    column: Column = None,
    as_is: AsIs = False,
    as_json: Json = False,
) -> None:
    """Show what surprised a model in a text, and what it expected."""
    from .inspection_output import show_inspection
    from .texts import ReadOptions, read_named

    show_inspection(
        open_checkpoint(checkpoint),
        read_named([text_file], ReadOptions.of(column, as_is)).text,
        units=units,
        as_json=as_json,
    )


def novelty(
    generated: Annotated[str, typer.Argument(help="A generated text, or - for standard input.")],
    training_text: Annotated[str, typer.Argument(help="What the model was trained on.")],
    column: Column = None,
    as_is: AsIs = False,
    as_json: Json = False,
) -> None:
    """Measure how much of a generated text is copied.

    --column and --as-is are for the training text.
    """
    from .inspection_output import show_novelty
    from .texts import ReadOptions, read_named

    show_novelty(
        read_named([generated], ReadOptions()).text,
        read_named([training_text], ReadOptions.of(column, as_is)).text,
        as_json=as_json,
    )
