"""Make and train the run that the arguments of the command `train` describe."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from ..errors import UserError, escape_invisible
from ..runs.plan import RunPlan, make_plan
from ..runs.run import Run, new_id
from ..text import Text
from ..tracking import check_tracker, track
from ..training import Event
from .export import check_destination, copy_checkpoint, probe_destination
from .output import note, print_json
from .resume_args import can_resume, check_unchanged
from .settings_file import SettingsFile
from .start_args import check_same_start, find_start
from .texts import ReadOptions, describe_documents, read_corpus, show_reading
from .training_output import show_training

DEFAULT_RECIPE = "sprint"


@dataclass(frozen=True)
class TrainArguments:
    """The arguments that say what to train. No file has been read yet."""

    names: list[str]  # of files, or of a dataset
    recipe: str | None
    settings: dict[str, object]
    seed: int | None
    epochs: int | None
    seconds: float | None
    start: str | None
    config: Path | None
    reading: ReadOptions
    out: Path | None
    quiet: bool

    def read_text(self, recipe: str) -> Text:
        """Read the text, or that of the recipe if no names were given."""
        return read_corpus(self.names, recipe, self.reading, quiet=self.quiet)

    def given(self, *names: str) -> dict[str, object]:
        """Return those of the named arguments that were given."""
        values = {name: getattr(self, name) for name in names}
        return {name: value for name, value in values.items() if value is not None}


def train_run(
    arguments: TrainArguments, run_dir: Path | None, *, resume: bool, tracker: str | None
) -> None:
    """Train a run and show it, or resume it. Exit with status 1 if the training diverged."""
    out = arguments.out
    if tracker is not None:  # fail now rather than after the text was read
        check_tracker(tracker)
    if out is not None:
        check_destination(out, apart_from=run_dir or Path("runs", "new"))
    if resume:
        run = _resumed_or_new_run(run_dir, arguments)
    else:
        run = _new_run(run_dir or Path("runs") / new_id(), arguments)
    with _stop_on_interrupt(run):
        events = run.train(resume=resume)
        if tracker is not None:
            events = track(events, tracker, name=run.directory.name, directory=run.directory)
        end = _print_events(events) if arguments.quiet else show_training(events)
    if out is not None and run.checkpoint is not None:
        copy_checkpoint(run.checkpoint, out)
    if not arguments.quiet:
        print(f"Saved in {out or run.checkpoint}")
    if end is None or end["reason"] == "diverged":
        sys.exit(1)


def _new_run(directory: Path, arguments: TrainArguments) -> Run:
    """Plan a run and create its directory. Raises UserError for arguments that do not fit."""
    config = arguments.config
    text, plan = _plan(arguments) if config is None else _plan_again(arguments, config)
    if not arguments.quiet and (documents := describe_documents(plan.corpus)):
        note(documents)
    if arguments.out is not None:  # fail now rather than after the training
        probe_destination(arguments.out)
    run = Run.create_at(directory, plan)
    if not arguments.quiet:
        show_reading(text, arguments.names)
    return run


def _resumed_or_new_run(directory: Path | None, arguments: TrainArguments) -> Run:
    """Return the run to resume in a directory, or a new one if the directory holds none."""
    if directory is None:
        raise UserError("--resume needs --run-dir: say which run to resume.", field="run_dir")
    if arguments.config is not None:
        raise UserError(
            "--resume goes on with a run's own settings: leave out --config.", field="config"
        )
    if can_resume(directory):
        return _run_to_resume(directory, arguments)
    run = _new_run(directory, arguments)
    place = escape_invisible(str(directory), 200)
    note(f"there is no run in {place} yet: starting a new one")
    return run


def _plan(arguments: TrainArguments) -> tuple[Text, RunPlan]:
    """Read the text, and plan a run on it by its recipe."""
    recipe = arguments.recipe or DEFAULT_RECIPE
    text = arguments.read_text(recipe)
    return text, make_plan(
        text,
        recipe=recipe,
        settings=arguments.settings,
        seed=arguments.seed,
        epochs=arguments.epochs,
        seconds=arguments.seconds,
        start=find_start(arguments.start, text, recipe, arguments.settings),
    )


def _plan_again(arguments: TrainArguments, config: Path) -> tuple[Text, RunPlan]:
    """Read the text, and plan the run of a settings file on it again."""
    file = SettingsFile.read(config)
    text = arguments.read_text(file.recipe)
    settings = arguments.settings | arguments.given("seed", "epochs", "seconds")
    plan = file.plan(text, recipe=arguments.recipe, settings=settings, start=arguments.start)
    for warning in file.warnings(plan):
        note(warning)
    return text, plan


def _run_to_resume(directory: Path, arguments: TrainArguments) -> Run:
    """Open a run, and set its length and its number of threads to those of the arguments.

    Raises UserError for any other argument that differs from what the run was started with.
    """
    run = Run(directory)
    check_same_start(run, arguments.start)
    text = arguments.read_text(DEFAULT_RECIPE) if arguments.names else None
    settings = arguments.settings | arguments.given("seed")
    changes = check_unchanged(
        run.manifest, text=text, recipe=arguments.recipe, settings=settings
    ) | arguments.given("epochs", "seconds")
    if None not in (changes.get("epochs"), changes.get("seconds")):
        raise UserError("Give epochs or seconds, not both.", field="seconds")
    if arguments.out is not None:
        probe_destination(arguments.out)
    run.set_length(epochs=changes.get("epochs"), seconds=changes.get("seconds"))
    if "threads" in changes and changes["threads"] != run.manifest["training"]["threads"]:
        run.set_threads(changes["threads"])
        note("with another number of threads: the last bits of its numbers may differ")
    note("resuming with this run's own text and settings")
    return run


def parse_settings(settings: list[str], **flags: object) -> dict[str, object]:
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
    """Print events as JSON lines; return the last one if it is `end`, else None."""
    end = None
    for event in events:
        print_json(event)
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
