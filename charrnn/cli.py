"""The command line: train, generate, score, recipes.

With `--json`, standard output holds JSON lines and nothing else. A `UserError` is one line on
standard error and exit status 2.
"""

from __future__ import annotations

import json
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer

from . import corpora
from .checkpoint import load
from .errors import UserError
from .evaluation import score as score_text
from .generation import stream
from .reading import Text, decode, read_files
from .recipes import RECIPES, find, plan
from .runs import Run
from .terminal import show_training
from .training import Event

app = typer.Typer(
    help="Train character-level RNNs on any text, and generate with them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Json = Annotated[bool, typer.Option("--json", help="JSON lines on standard output.")]
CheckpointPath = Annotated[
    Path, typer.Argument(metavar="CHECKPOINT", help="A directory or a .safetensors file.")
]


def main() -> NoReturn:
    """Run the command line and exit with its status."""
    try:
        app(standalone_mode=True)
    except UserError as error:
        print(f"charrnn: {error.message}", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:  # whoever read our output has had enough
        sys.stderr.close()
        sys.exit(0)
    sys.exit(0)


@app.command()
def train(
    corpus: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[CORPUS]...",
            help="Files (text or .zip), - for standard input, or the name of a text: "
            + ", ".join(entry.name for entry in corpora.ENTRIES)
            + ". A textbook recipe brings its own.",
            show_default=False,
        ),
    ] = None,
    recipe: Annotated[str, typer.Option(help=f"One of {', '.join(RECIPES)}.")] = "sprint",
    epochs: Annotated[int | None, typer.Option(help="Passes over the text.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Time the run may take.")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="Any setting of the model or training."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Same seed, same run.")] = None,
    encoding: Annotated[
        str | None, typer.Option(help="Read the files so, instead of finding out.")
    ] = None,
    run_dir: Annotated[
        Path | None, typer.Option(help="Where the run is kept; default: a new one under runs/.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where the finished checkpoint is copied.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from where the run in --run-dir was saved.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Train a model on a text."""
    if out is not None and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out} exists already: choose another place for --out.", field="out")
    if resume and run_dir is None:
        raise UserError("--resume needs --run-dir: which run is to go on?", field="run_dir")
    going_on = resume and run_dir is not None and (run_dir / "run.json").is_file()
    if going_on and run_dir is not None:
        run = Run(run_dir)
        if epochs is not None and seconds is not None:
            raise UserError("Give epochs or seconds, not both.", field="seconds")
        run.set_length(epochs=epochs, seconds=seconds)
        _note("going on with this run's own text and settings")
    else:
        text = _text(corpus or [], recipe, encoding, quiet=as_json)
        planned = plan(
            text,
            recipe=recipe,
            settings=_pairs(settings or []),
            seed=seed,
            epochs=epochs,
            seconds=seconds,
        )
        place = run_dir or Path("runs")
        run = Run.create_at(place, planned) if run_dir else Run.create(place, planned)
    if out is not None:  # found out now rather than after the training
        _make(out)
    with _stopping_gently(run):
        events = run.work(resume=resume)
        end = _print_events(events) if as_json else show_training(events)
    if out is not None and run.checkpoint is not None:
        shutil.copytree(run.checkpoint, out, dirs_exist_ok=True)
    if not as_json:
        print(f"Kept in {out or run.checkpoint}")
    if end is None or end["reason"] == "diverged":
        sys.exit(1)


@app.command()
def generate(
    checkpoint: CheckpointPath,
    prefix: Annotated[str, typer.Option(help="The text to continue.")] = "",
    length: Annotated[int, typer.Option(help="Characters after the prefix.")] = 200,
    mode: Annotated[str, typer.Option(help="greedy or sample.")] = "sample",
    alpha: Annotated[float, typer.Option(help="Sample from p^alpha: above 1 safer.")] = 1.0,
    seed: Annotated[int | None, typer.Option(help="Same seed, same text.")] = None,
    samples: Annotated[int, typer.Option(min=1, max=1000, help="How many texts.")] = 1,
    as_json: Json = False,
) -> None:
    """Write on from a prefix."""
    opened = load(checkpoint)
    for unknown in [opened.vocabulary.unknown(prefix)]:
        if unknown:
            _note(f"not among the model's symbols, read as unknown: {' '.join(unknown)}")
    for number in range(samples):
        own_seed = None if seed is None else seed + number
        following = stream(opened, prefix, length, mode, alpha, own_seed)
        if as_json:
            text = prefix + "".join(following)
            print(json.dumps({"prefix": prefix, "text": text, "seed": own_seed}), flush=True)
            continue
        if number:
            print()
        print(prefix, end="", flush=True)
        for character in following:
            print(character, end="", flush=True)
        print()


@app.command()
def score(
    checkpoint: CheckpointPath,
    text_file: Annotated[str, typer.Argument(help="A text file, or - for standard input.")],
    window: Annotated[
        int | None, typer.Option(help="Cold windows of so many characters; default: carried.")
    ] = None,
    as_json: Json = False,
) -> None:
    """How well a model predicts a text."""
    opened = load(checkpoint)
    result = score_text(opened, _files([text_file], None).text, window).as_dict()
    if as_json:
        print(json.dumps(result))
        return
    for name, value in result.items():
        print(f"{name:20} {value:.5g}" if isinstance(value, float) else f"{name:20} {value}")


@app.command()
def recipes(as_json: Json = False) -> None:
    """The recipes, and what the textbook published for them."""
    for recipe in RECIPES.values():
        if as_json:
            print(json.dumps(recipe.as_dict(), ensure_ascii=False))
            continue
        published = ", ".join(f"{value:g} at {at}" for at, value in recipe.published.items())
        print(f"{recipe.name:28} {recipe.length:24} {recipe.summary}")
        if published or recipe.note:
            print(f"{'':28} {'; '.join(filter(None, (published, recipe.note)))}")


def _text(names: list[str], recipe: str, encoding: str | None, *, quiet: bool) -> Text:
    """The text to train on: files, standard input, or one that charrnn knows by name."""
    default = find(recipe).corpus
    if not names and default is None:
        raise UserError(
            "Which text? Give a file, - for standard input, or one of "
            + ", ".join(entry.name for entry in corpora.ENTRIES)
            + ".",
            field="corpus",
        )
    names = names or [str(default)]
    known = {entry.name for entry in corpora.ENTRIES}
    if len(names) == 1 and names[0] in known and not Path(names[0]).exists():
        if not quiet and not corpora.cached(names[0]) and not corpora.find(names[0]).embedded:
            _note(f"downloading {corpora.find(names[0]).title} …")
        return corpora.load(names[0])
    return _files(names, encoding)


def _files(names: list[str], encoding: str | None) -> Text:
    if names == ["-"]:
        return decode(sys.stdin.buffer.read(), name="standard input", encoding=encoding)
    return read_files([Path(name) for name in names], encoding=encoding)


def _make(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{directory} cannot be made: {error.strerror}.", field="out") from error


def _pairs(settings: list[str]) -> dict[str, object]:
    pairs: dict[str, object] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise UserError(f"--set {setting}: write it as FIELD=VALUE.", field=name)
        pairs[name.strip()] = value
    return pairs


def _print_events(events: Iterator[Event]) -> dict[str, Any] | None:
    end = None
    for event in events:
        print(json.dumps(event, ensure_ascii=False), flush=True)
        end = event if event["event"] == "end" else None
    return end


@contextmanager
def _stopping_gently(run: Run) -> Iterator[None]:
    """The first Ctrl+C asks the run to stop and keep its model; a second one ends the program."""

    def stop(number: int, frame: FrameType | None) -> None:
        run.stop()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _note(text: str) -> None:
    print(f"charrnn: {text}", file=sys.stderr)
