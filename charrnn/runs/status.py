"""What a run's directory says: what was asked, what happened, how it stands. Changes nothing."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from ..checkpoint import CONFIG, WEIGHTS
from ..checkpoint.metadata import validate_metadata
from ..checkpoint.strict_json import MAX_CONFIG_BYTES, parse_json_object
from ..corpus import DESCRIPTION_FILE, IDS_FILE, Corpus
from ..errors import Message, UserError, os_reason, reason
from ..training import Event
from ..training.resume_state import RESUME_FILE
from ..utils.file_locks import held, hold
from ..utils.regular_files import (
    DamagedRunUserError,
    check_file,
    damaged,
    holds_files_only,
    is_directory,
    is_file,
    read,
)
from .command_files import CommandFiles
from .end_reasons import EndReason, end_fields
from .event_log import Journal
from .ownership import BEGUN, WAITING, Turn
from .request import parsed

NAME = "name"  # the file with the name that the owner gave the run
MAX_NAME_LENGTH = 80  # characters
MAX_NAME_BYTES = 4 * MAX_NAME_LENGTH
PERPLEXITIES = ("train_perplexity", "validation_perplexity")
_LIVE = ("queued", "running", "stopping")


class Record:
    """A run as it stands, read from its directory by whichever process.

    What cannot be read raises DamagedRunUserError, here and nowhere else.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.id = directory.name
        self.journal = Journal(directory / "events.jsonl")
        self.commands = CommandFiles(directory)

    @property
    def request(self) -> dict[str, Any]:
        """What was asked: the contents of run.json, checked (`charrnn.runs.request`).

        Raises UserError if the run is gone.
        """
        data = read(self._file("run.json"), MAX_CONFIG_BYTES)
        if data is None:
            raise no_such_run()
        return parsed(data)

    @property
    def name(self) -> str:
        """The name that its owner gave the run; empty if there is none, or it can't be read."""
        try:
            data = read(self._file(NAME), MAX_NAME_BYTES)
        except DamagedRunUserError:
            return ""
        return (data or b"").decode("utf-8", "replace").strip()

    @property
    def corpus(self) -> Corpus:
        """The text as the run learns it. Raises UserError if it is gone or damaged."""
        self.check_places()
        directory = self.directory / "corpus"
        for name in (IDS_FILE, DESCRIPTION_FILE):
            check_file(directory / name)
        return Corpus.open(directory)

    @property
    def checkpoint(self) -> Path | None:
        """Where the model saved so far lies; None while there is none that can be opened."""
        directory = self.directory / "checkpoint"
        found = holds_files_only(directory) and (directory / WEIGHTS).is_file()
        return directory if found else None

    @property
    def results(self) -> dict[str, Any]:
        """The figures of the model saved so far, by name; empty while there is none."""
        self.check_places()
        if self.checkpoint is None:
            return {}
        data = read(self.checkpoint / CONFIG, MAX_CONFIG_BYTES)
        try:
            config = None if data is None else parse_json_object(data, CONFIG)
            return {} if config is None else validate_metadata(config).get("results") or {}
        except ValueError as error:
            raise damaged(reason(error)) from None

    @property
    def saved(self) -> bool:
        """Whether there is a point from which the run can go on bit for bit."""
        return is_directory(self._file("resume")) and is_file(self._file(str(RESUME_FILE)))

    @property
    def state(self) -> str:
        """queued, running, stopping, finished, stopped, diverged or failed."""
        for _ in range(2):  # a worker may end between the look at it and that at the events
            if alive := self._standing(worker=self._worked_on()):
                return alive
            if end := self._end_of_turn():
                return str(end["reason"])
        return "failed"  # a worker that is gone without a word was killed

    @property
    def live(self) -> bool:
        """Whether more events are to come."""
        return self.state in _LIVE

    @property
    def ended(self) -> bool:
        """Whether the run's last turn has got its `end`: one that was killed still lacks it."""
        return self._end_of_turn() is not None

    @property
    def asked(self) -> bool:
        """Whether anybody has asked for the run to be trained yet."""
        return Turn.latest(self.directory) is not None or os.path.lexists(self.journal.path)

    @property
    def waits(self) -> bool:
        """Whether the run is in a queue."""
        return self._file(WAITING).exists()

    def _standing(self, *, worker: bool) -> str | None:
        """The state of a run that is not over, None for one that is; `worker`: it has one."""
        named = Turn.latest(self.directory)
        if named is not None and self.journal.last(named[1].since, "end"):
            return None
        name, turn = named or ("", Turn())
        if name == WAITING and (turn.app is None or self._seen_to(turn)):
            return "queued"
        if worker or (name == BEGUN and self._seen_to(turn)):
            return "stopping" if self.commands.given("stop") else "running"
        return None

    def _seen_to(self, turn: Turn) -> bool:
        """Whether the app is there that starts the turn's worker, and notes its death."""
        return turn.app is not None and _held(self.directory.parent / turn.app)

    def _worked_on(self) -> bool:
        """Whether a process holds the right to write."""
        path = self._file("worker.lock")
        return check_file(path) and _held(path)

    def _end_of_turn(self) -> Event | None:
        named = Turn.latest(self.directory)
        return self.journal.last(named[1].since if named else 0, "end")

    def read_events(self, offset: int = 0) -> tuple[list[Event], int]:
        """The events from a byte offset on, and the offset to go on from."""
        return self.journal.read(offset)

    def ending(self, cause: EndReason | UserError) -> Event:
        """An `end` for a run that wrote none: the figures of the model saved last, by the
        `checkpoint` event, and those of the last report."""
        last = self.journal.latest("progress", "end") or {}
        checkpoint = self.checkpoint
        kept = (checkpoint and self.journal.latest("checkpoint")) or {}
        return {
            "event": "end",
            "seconds": last.get("seconds", 0.0),
            "reason": cause.reason if isinstance(cause, EndReason) else "failed",
            **end_fields(cause, saved=checkpoint is not None),
            "findings": [],
            "step": last.get("step", 0),
            "epoch": last.get("epoch", 0),
            "kept_step": kept.get("step"),
            **{name: kept.get(name) for name in PERPLEXITIES},
            **{f"last_{name}": last.get(f"last_{name}", last.get(name)) for name in PERPLEXITIES},
            "checkpoint": None if checkpoint is None else str(checkpoint),
        }

    def check_places(self) -> None:
        """Raise DamagedRunUserError if something else lies in the place of one of the run's
        directories, or something but files in one: reading and writing there could lead out."""
        for name in ("corpus", "checkpoint", "resume"):
            place = self._file(name)
            if os.path.lexists(place) and not holds_files_only(place):
                raise damaged(Message("{path}/ does not hold files only", path=name))

    # How the answers are found

    def _lock(self, timeout: float) -> ExitStack | None:
        """The right to write, or None if somebody has it for so many seconds."""
        path = self._file("worker.lock")
        check_file(path)
        return hold(path, timeout=timeout)

    def _file(self, name: str) -> Path:
        return self.directory / name


def no_such_run() -> UserError:
    """Make the error for a run that is not there, or not there any more."""
    return UserError("There is no such run.", field="run")


def still_going_on() -> UserError:
    """Make the error for a run that waits or trains."""
    return UserError("This run is still going on.", field="run")


def _held(path: Path) -> bool:
    try:
        return held(path)
    except OSError as error:
        raise damaged(
            Message("{path} could not be read ({reason})", path=path.name, reason=os_reason(error))
        ) from None
