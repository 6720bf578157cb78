"""Command `train`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..recipes import RECIPES
from ..text import datasets
from ..tracking import TRACKERS
from .options import AsIs, Column, Json
from .settings_help import settings_help
from .texts import ReadOptions
from .train_run import DEFAULT_RECIPE, TrainArguments, parse_settings, train_run

HELP_EPILOG = settings_help()


def train(
    corpus: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[CORPUS]...",
            help="Files, - for standard input, or the name of a text: "
            + ", ".join(entry.name for entry in datasets.DATASETS)
            + ". A textbook recipe brings its own.",
            show_default=False,
        ),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(help=f"One of {', '.join(RECIPES)}.", show_default=DEFAULT_RECIPE),
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the text.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Seconds that the run may take.")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="FIELD=VALUE", help="A setting of the model or the training."
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Same seed, same run.")] = None,
    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="CHECKPOINT",
            help="A model to start from: a path, the name of one that comes with charrnn, or one "
            "on the Hub; auto chooses one that knows texts like this. Default: random weights.",
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            metavar="FILE",
            help="The run.json of a run: repeats that run on the same text, with all its settings "
            "and the model that it started from.",
        ),
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(help="Encoding of the files; default: detected.")
    ] = None,
    column: Column = None,
    as_is: AsIs = False,
    run_dir: Annotated[
        Path | None, typer.Option(help="Directory of the run; default: a new one in runs/.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Directory to copy the finished checkpoint to.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Resume the run in --run-dir.")] = False,
    tracker: Annotated[
        str | None,
        typer.Option(
            "--track", metavar="NAME", help=f"Log the figures as well to: {', '.join(TRACKERS)}."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Train a model on a text."""
    arguments = TrainArguments(
        names=corpus or [],
        recipe=recipe,
        settings=parse_settings(settings or [], seed=seed, epochs=epochs, seconds=seconds),
        seed=seed,
        epochs=epochs,
        seconds=seconds,
        start=start,
        config=config,
        reading=ReadOptions.of(column, as_is, encoding),
        out=out,
        quiet=as_json,
    )
    train_run(arguments, run_dir, resume=resume, tracker=tracker)
