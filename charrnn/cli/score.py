"""Command `score`."""

from __future__ import annotations

from typing import Annotated

import typer

from ..errors import UserError
from .options import AnyCheckpoint, AsIs, Column, Json, open_checkpoint
from .output import print_json


def score(
    checkpoint: AnyCheckpoint,
    text_file: Annotated[
        str | None, typer.Argument(help="A text file, or - for standard input.")
    ] = None,
    held_out: Annotated[
        bool,
        typer.Option("--held-out", help="Score what the training of the model held out instead."),
    ] = False,
    window: Annotated[
        int | None,
        typer.Option(
            help="Score windows of this many characters, each from a zero state; default: carry it."
        ),
    ] = None,
    column: Column = None,
    as_is: AsIs = False,
    as_json: Json = False,
) -> None:
    """Measure how well a model predicts a text."""
    from ..evaluation import score as score_text
    from .held_out import held_out_texts
    from .texts import ReadOptions, read_named

    if held_out == (text_file is not None):
        raise UserError("Give a text file to score, or --held-out.", field="text_file")
    opened = open_checkpoint(checkpoint)
    texts = (
        held_out_texts(opened, checkpoint)
        if text_file is None
        else [read_named([text_file], ReadOptions.of(column, as_is)).text]
    )
    result = score_text(opened, texts, window).as_dict()
    if as_json:
        print_json(result)
        return
    for name, value in result.items():
        print(f"{name:20} {value:.5g}" if isinstance(value, float) else f"{name:20} {value}")
