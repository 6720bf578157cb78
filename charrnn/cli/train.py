"""Command `train`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from ..text import datasets
from ..tracking import TRACKERS
from .options import AsIs, Column, Json, bundled_models

# Those of `charrnn.recipes`, whose import takes a second.
_RECIPES = (
    *("sprint", "coffee", "deep", "night", "time-machine-scratch", "time-machine-scratch-random"),
    *("time-machine-concise", "lyrics-scratch-random", "lyrics-scratch-sequential"),
    *("lyrics-scratch-relu", "lyrics-concise", "custom"),
)
_TEXTS = tuple(entry.name for entry in datasets.DATASETS)


class Command(TyperCommand):
    """The command `train`, whose help ends with all settings."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the settings. They are looked up only now, since their import takes a second."""
        from .settings_help import settings_help

        self.epilog = settings_help()
        super().format_epilog(ctx, formatter)


def train(
    corpus: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="CORPUS",
            help="Files, - for standard input, or the name of a text: "
            + ", ".join(_TEXTS)
            + ". A textbook recipe brings its own.",
            show_default=False,
            autocompletion=lambda: _TEXTS,
        ),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            help=f"One of {', '.join(_RECIPES)}.",
            show_default=_RECIPES[0],
            autocompletion=lambda: _RECIPES,
        ),
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
            autocompletion=lambda: ["auto", *bundled_models()],
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
            "--track",
            metavar="NAME",
            help=f"Log the figures as well to: {', '.join(TRACKERS)}.",
            autocompletion=lambda: TRACKERS,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Train a model on a text."""
    from .texts import ReadOptions
    from .train_run import TrainArguments, parse_settings, train_run

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
