"""Command line: train, generate, score, inspect, novelty, recipes, push, pull, app, deploy.

With `--json`, standard output holds JSON lines and nothing else. A `UserError`, a full disk and a
missing write permission each print one line to standard error and exit with status 2.
"""

from __future__ import annotations

import errno
import io
import json
import math
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer

from ..checkpoint import Checkpoint
from ..errors import UserError, escape_invisible
from ..evaluation import score as score_text
from ..generation import GenerationConfig, generate_many, stream
from ..loading import load
from ..recipes import RECIPES, make_plan
from ..runs.run import Run, new_id
from ..text import Text, datasets
from ..tracking import TRACKERS, check_tracker, track
from ..training import Event
from ..utils.validation import clean_text
from .app import open_app, print_version
from .config_args import SettingsFile
from .deploy import deploy_app
from .export import check_destination, copy_checkpoint, probe_destination
from .held_out import held_out_texts
from .hub import pull, push
from .inspection import show_inspection, show_novelty
from .lines import check_lines_only, describe_documents, show_lines
from .output import discard_output, printable, show_training, show_transfer
from .output import note as _note
from .resume_args import can_resume, check_unchanged
from .settings_help import settings_help
from .start_args import AUTO, check_same_start, open_start, proposed_start
from .texts import Reading, read_corpus, read_named, show_reading

app = typer.Typer(
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

_DEFAULT_RECIPE = "sprint"  # the recipe, where none is given

# Errors of a disk that is full or write-protected. Any other OSError is a bug.
_DISK_ERRNOS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM}

# The exception for a wrong flag: Click's own class, or that of Typer's copy of Click.
_UsageError: type[Exception] = typer.BadParameter.__mro__[2]

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
    ),
]


def main() -> NoReturn:
    """Run the command line and exit with its status."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # a terminal may be ASCII only
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        status = app(prog_name="charrnn", standalone_mode=False)
        sys.stdout.flush()
    except UserError as error:
        _note(error.message)
        sys.exit(2)
    except _UsageError as error:
        if len(sys.argv) > 1:
            _note(" ".join(str(error.format_message()).split()))  # type: ignore[attr-defined]
        else:
            error.show()  # type: ignore[attr-defined]  # that is the help
        sys.exit(2)
    except typer.Abort:
        sys.exit(1)
    except BrokenPipeError:  # the reader of our output has closed it
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        if error.errno not in _DISK_ERRNOS:
            raise
        where = f" to {error.filename}" if isinstance(error.filename, str) else ""
        _note(escape_invisible(f"The output could not be written{where}: {error.strerror}."))
        discard_output()
        sys.exit(2)
    sys.exit(status if isinstance(status, int) else 0)


@app.callback()
def charrnn(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=print_version, is_eager=True),
    ] = False,
) -> None:
    """Train character-level RNNs on any text, and generate with them."""


@app.command(epilog=settings_help())
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
        typer.Option(help=f"One of {', '.join(RECIPES)}.", show_default=_DEFAULT_RECIPE),
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
    if tracker is not None:  # fail now rather than after the text was read
        check_tracker(tracker)
    if out is not None:
        check_destination(out, apart_from=run_dir or Path("runs", "new"))
    if resume and run_dir is None:
        raise UserError("--resume needs --run-dir: say which run to resume.", field="run_dir")
    if resume and config is not None:
        raise UserError(
            "--resume goes on with a run's own settings: leave out --config.", field="config"
        )
    pairs = _parse_settings(settings or [], seed=seed, epochs=epochs, seconds=seconds)
    reading = Reading.of(column, as_is, encoding)
    if resume and run_dir is not None and can_resume(run_dir):
        check_same_start(Run(run_dir), start)
        run = Run(run_dir)
        text = read_corpus(corpus, _DEFAULT_RECIPE, reading, quiet=as_json) if corpus else None
        said = pairs | {"seed": seed} if seed is not None else pairs
        length = check_unchanged(run.manifest, text=text, recipe=recipe, settings=said)
        length |= {k: v for k, v in (("epochs", epochs), ("seconds", seconds)) if v is not None}
        if None not in (length.get("epochs"), length.get("seconds")):
            raise UserError("Give epochs or seconds, not both.", field="seconds")
        if out is not None:
            probe_destination(out)
        run.set_length(epochs=length.get("epochs"), seconds=length.get("seconds"))
        if "threads" in length and length["threads"] != run.manifest["training"]["threads"]:
            run.set_threads(length["threads"])
            _note("with another number of threads: the last bits of its numbers may differ")
        _note("resuming with this run's own text and settings")
    else:
        file = None if config is None else SettingsFile.read(config)
        known = file.recipe if file is not None else recipe or _DEFAULT_RECIPE
        text = read_corpus(corpus or [], known, reading, quiet=as_json)
        if file is None:
            planned = make_plan(
                text,
                recipe=known,
                settings=pairs,
                seed=seed,
                epochs=epochs,
                seconds=seconds,
                start=_start(start, text, known, pairs),
            )
        else:
            flags = {"seed": seed, "epochs": epochs, "seconds": seconds}
            given = pairs | {name: value for name, value in flags.items() if value is not None}
            planned = file.plan(text, recipe=recipe, settings=given, start=start)
            for doubt in file.doubts(planned):
                _note(doubt)
        if not as_json and (documents := describe_documents(planned.corpus)):
            _note(documents)
        if out is not None:  # fail now rather than after the training
            probe_destination(out)
        run = Run.create_at(run_dir or Path("runs") / new_id(), planned)
        if not as_json:
            show_reading(text, corpus or [])
        if resume:
            _note(
                f"there is no run in {escape_invisible(str(run_dir), 200)} yet: starting a new one"
            )
    with _stop_on_interrupt(run):
        events = run.train(resume=resume)
        if tracker is not None:
            events = track(events, tracker, name=run.directory.name, directory=run.directory)
        end = _print_events(events) if as_json else show_training(events)
    if out is not None and run.checkpoint is not None:
        copy_checkpoint(run.checkpoint, out)
    if not as_json:
        print(f"Saved in {out or run.checkpoint}")
    if end is None or end["reason"] == "diverged":
        sys.exit(1)


@app.command()
def generate(
    checkpoint: AnyCheckpoint,
    prefix: Annotated[str, typer.Option(help="The text to continue.")] = "",
    length: Annotated[int, typer.Option(help="Characters after the prefix.")] = 200,
    mode: Annotated[str, typer.Option(help="greedy or sample.")] = "sample",
    alpha: Annotated[
        float | None,
        typer.Option(
            help="Sample from p^alpha: above 1 safer, below 1 bolder.", show_default="1.0"
        ),
    ] = None,
    temperature: Annotated[
        float | None,
        typer.Option(help="1 / alpha, under its other name: below 1 safer, above 1 bolder."),
    ] = None,
    stop: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TEXT",
            help="End after this text, if the model writes it; may be given several times.",
        ),
    ] = None,
    sentence_after: Annotated[
        int | None,
        typer.Option(
            min=0, help="End with the first sentence that is over after so many characters."
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Same seed, same text.")] = None,
    samples: Annotated[int, typer.Option(min=1, max=1000, help="How many texts.")] = 1,
    lines: Annotated[
        int | None,
        typer.Option(metavar="N", help="Write N whole lines, each ended by itself, instead."),
    ] = None,
    new_only: Annotated[
        bool, typer.Option("--new-only", help="With --lines: only those that the text lacks.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Generate text that continues a prefix."""
    check_lines_only(lines, new_only=new_only, mode=mode, samples=samples)
    opened, prefix = _open(checkpoint), clean_text(prefix)
    if unknown := opened.vocabulary.unknown(prefix):
        lacking = escape_invisible(" ".join(unknown), 200)
        _note(f"not in the model's vocabulary, read as unknown: {lacking}")
    exponent, ends = _exponent(alpha, temperature), tuple(stop or ())
    if lines is not None:
        print_json = _print_json if as_json else None
        show_lines(
            opened, checkpoint, lines, prefix, exponent, seed, new_only=new_only,
            print_json=print_json,
        )  # fmt: skip
        return
    seeds = [None if seed is None else seed + number for number in range(samples)]
    if samples == 1 and not as_json:  # character by character
        print(printable(prefix), end="", flush=True)
        for character in stream(opened, prefix, length, mode, exponent, seed, ends, sentence_after):
            print(printable(character), end="", flush=True)
        print()
        return
    configs = [
        GenerationConfig(length, mode, exponent, own_seed, ends, sentence_after)
        for own_seed in seeds
    ]
    texts = generate_many(opened, prefix, configs)
    if as_json:
        for text, own_seed in zip(texts, seeds, strict=True):
            _print_json({"prefix": prefix, "text": text, "seed": own_seed})
    else:
        print(printable("\n\n".join(texts)))


@app.command()
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
    if held_out == (text_file is not None):
        raise UserError("Give a text file to score, or --held-out.", field="text_file")
    opened = _open(checkpoint)
    texts = (
        held_out_texts(opened, checkpoint)
        if text_file is None
        else [read_named([text_file], Reading.of(column, as_is)).text]
    )
    result = score_text(opened, texts, window).as_dict()
    if as_json:
        _print_json(result)
        return
    for name, value in result.items():
        print(f"{name:20} {value:.5g}" if isinstance(value, float) else f"{name:20} {value}")


@app.command()
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
    """Show what surprised a model in a text, and what it expected instead."""
    show_inspection(
        _open(checkpoint),
        read_named([text_file], Reading.of(column, as_is)).text,
        units=units,
        print_json=_print_json if as_json else None,
    )


@app.command()
def novelty(
    generated: Annotated[str, typer.Argument(help="A generated text, or - for standard input.")],
    training_text: Annotated[str, typer.Argument(help="What the model was trained on.")],
    column: Column = None,
    as_is: AsIs = False,
    as_json: Json = False,
) -> None:
    """Measure how much of a generated text is copied from the training text.

    --column and --as-is are for the training text.
    """
    show_novelty(
        read_named([generated], Reading()).text,
        read_named([training_text], Reading.of(column, as_is)).text,
        print_json=_print_json if as_json else None,
    )


@app.command()
def recipes(as_json: Json = False) -> None:
    """List the recipes, with the results that the textbook published."""
    for recipe in RECIPES.values():
        if as_json:
            _print_json(recipe.as_dict())
            continue
        published = ", ".join(f"{value:g} at {at}" for at, value in recipe.published.items())
        print(f"{recipe.name:28} {recipe.length:24} {recipe.summary}")
        if published or recipe.note:
            print(f"{'':28} {'; '.join(filter(None, (published, recipe.note)))}")


app.command()(push)
app.command()(pull)
app.command("app")(open_app)
app.command("deploy")(deploy_app)


def _exponent(alpha: float | None, temperature: float | None) -> float:
    """Return α, given by itself or as 1 / temperature."""
    if temperature is None:
        return 1.0 if alpha is None else alpha
    if alpha is not None:
        raise UserError(
            "Give --alpha or --temperature, not both: alpha is 1 / temperature.",
            field="temperature",
        )
    if not math.isfinite(temperature) or temperature <= 0:
        raise UserError(
            "temperature = {value}: give a number above 0.", value=temperature, field="temperature"
        )
    return 1 / temperature


def _start(
    name: str | None, text: Text, recipe: str, settings: Mapping[str, object]
) -> Checkpoint | None:
    """Return the model that `--from` names, or that is chosen for the text."""
    if name != AUTO:
        return None if name is None else open_start(name)
    start, reason = proposed_start(text, recipe, settings)
    _note(reason)
    return start


def _open(checkpoint: str) -> Checkpoint:
    """Load the checkpoint at a path or from the Hub."""
    with show_transfer("downloading") as progress:
        return load(checkpoint, progress=progress)


def _parse_settings(settings: list[str], **flags: object) -> dict[str, object]:
    """Parse the settings given by --set. Raises UserError for one that `flags` sets as well."""
    pairs: dict[str, object] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise UserError(
                "--set {setting}: write it as FIELD=VALUE.", setting=setting, field=name
            )
        pairs[name.strip()] = value
    for name, given in flags.items():
        if given is not None and name in pairs:
            raise UserError("Give --{name} or --set {name}=…, not both.", name=name, field=name)
    return pairs


def _print_events(events: Iterator[Event]) -> dict[str, Any] | None:
    """Print events as JSON lines; return the `end` event, or None if the last event is another."""
    end = None
    for event in events:
        _print_json(event)
        end = event if event["event"] == "end" else None
    return end


@contextmanager
def _stop_on_interrupt(run: Run) -> Iterator[None]:
    """Stop the run and keep its model at the first Ctrl+C; end the program at the second."""

    def stop(number: int, frame: FrameType | None) -> None:
        run.stop()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _print_json(value: Any) -> None:
    """Print a value as one line of JSON that any encoding of standard output can hold."""
    plain = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    print(json.dumps(value, ensure_ascii=plain), flush=True)
