"""Read a run's directory: its manifest, events and state. Takes its lock; writes nothing else."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..checkpoint import Checkpoint, load
from ..checkpoint.format import CONFIG, WEIGHTS
from ..checkpoint.metadata import validate_metadata
from ..checkpoint.strict_json import MAX_CONFIG_BYTES, parse_json_object
from ..corpus import Corpus
from ..corpus.storage import DESCRIPTION_FILE, IDS_FILE
from ..errors import Message, UserError, os_reason, reason
from ..training import Event
from ..training.resume_state import RESUME_FILE
from ..utils.file_locks import is_locked, try_lock
from ..utils.regular_files import (
    DamagedRunUserError,
    check_file,
    damaged,
    holds_files_only,
    is_directory,
    is_file,
    read_regular,
)
from .attempts import QUEUED, STARTED, Attempt
from .command_files import CommandFiles
from .end_reasons import EndReason, end_fields
from .event_log import EventLog
from .manifest import parse_manifest, source_of_start

NAME_FILE = "name"  # holds the name that the owner gave the run
MAX_NAME_LENGTH = 80  # characters
_MAX_NAME_BYTES = 4 * MAX_NAME_LENGTH
PERPLEXITIES = ("train_perplexity", "validation_perplexity")
_ACTIVE_STATES = ("queued", "running", "stopping")


class RunDirectory:
    """What can be read of a run's directory, from any process; `Run` adds what changes it.

    Whatever cannot be read raises DamagedRunUserError.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.id = directory.name
        self.event_log = EventLog(directory / "events.jsonl")
        self.commands = CommandFiles(directory)

    @property
    def manifest(self) -> dict[str, Any]:
        """The contents of run.json, checked (`charrnn.runs.manifest`).

        Raises UserError if the run is gone.
        """
        data = read_regular(self._file("run.json"), MAX_CONFIG_BYTES)
        if data is None:
            raise no_such_run()
        return parse_manifest(data)

    @property
    def name(self) -> str:
        """The name that its owner gave the run; empty if there is none, or if it cannot be read."""
        try:
            data = read_regular(self._file(NAME_FILE), _MAX_NAME_BYTES)
        except DamagedRunUserError:
            return ""
        return (data or b"").decode("utf-8", "replace").strip()

    @property
    def corpus(self) -> Corpus:
        """The encoded text of the run. Raises UserError if it is gone or damaged."""
        self.check_directories()
        directory = self.directory / "corpus"
        for name in (IDS_FILE, DESCRIPTION_FILE):
            check_file(directory / name)
        return Corpus.open(directory)

    @property
    def start(self) -> Checkpoint | None:
        """The model that the run starts from, None for random weights.

        Raises UserError if it is gone or damaged.
        """
        self.check_directories()
        source = source_of_start(self.manifest)
        return None if source is None else replace(load(self._file("start")), source=source)

    @property
    def checkpoint(self) -> Path | None:
        """The directory of the model saved last; None if there is none that can be opened."""
        directory = self.directory / "checkpoint"
        found = holds_files_only(directory) and (directory / WEIGHTS).is_file()
        return directory if found else None

    @property
    def results(self) -> dict[str, Any]:
        """The metrics of the model saved last, by name; empty if there is none."""
        self.check_directories()
        if self.checkpoint is None:
            return {}
        data = read_regular(self.checkpoint / CONFIG, MAX_CONFIG_BYTES)
        try:
            config = None if data is None else parse_json_object(data, CONFIG)
            return {} if config is None else validate_metadata(config).get("results") or {}
        except ValueError as error:
            raise damaged(reason(error)) from None

    @property
    def has_resume_state(self) -> bool:
        """Whether there is a state from which the run can resume bit for bit."""
        return is_directory(self._file("resume")) and is_file(self._file(str(RESUME_FILE)))

    @property
    def state(self) -> str:
        """One of queued, running, stopping, finished, stopped, diverged and failed."""
        for _ in range(2):  # a worker may end between the two checks
            if alive := self._active_state(worker=self._has_worker()):
                return alive
            if end := self._end_event():
                return str(end["reason"])
        return "failed"  # its worker was killed

    @property
    def is_active(self) -> bool:
        """Whether the run is queued, running or stopping, so that more events will come."""
        return self.state in _ACTIVE_STATES

    @property
    def has_ended(self) -> bool:
        """Whether the latest attempt has its `end` event. A killed run lacks it at first."""
        return self._end_event() is not None

    @property
    def was_requested(self) -> bool:
        """Whether the run has ever been queued or started."""
        return Attempt.latest(self.directory) is not None or os.path.lexists(self.event_log.path)

    @property
    def is_queued(self) -> bool:
        """Whether the run is in a queue."""
        return self._file(QUEUED).exists()

    def _active_state(self, *, worker: bool) -> str | None:
        """Return the state of a run that is active, else None; `worker` says whether it has one."""
        named = Attempt.latest(self.directory)
        if named is not None and self.event_log.last_if("end", since=named[1].since):
            return None
        name, attempt = named or ("", Attempt())
        if name == QUEUED and (attempt.app is None or self._app_alive(attempt)):
            return "queued"
        if worker or (name == STARTED and self._app_alive(attempt)):
            return "stopping" if self.commands.is_given("stop") else "running"
        return None

    def _app_alive(self, attempt: Attempt) -> bool:
        """Return whether the app that is responsible for an attempt is alive."""
        return attempt.app is not None and _held(self.directory.parent / attempt.app)

    def _has_worker(self) -> bool:
        """Return whether a process holds the run's lock."""
        path = self._file("worker.lock")
        return check_file(path) and _held(path)

    def _end_event(self) -> Event | None:
        named = Attempt.latest(self.directory)
        return self.event_log.last_if("end", since=named[1].since if named else 0)

    def read_events(self, offset: int = 0) -> tuple[list[Event], int]:
        """Return the events from a byte offset on, and the offset of the next event."""
        return self.event_log.read(offset)

    def make_end_event(self, cause: EndReason | UserError) -> Event:
        """Make the `end` event of a run whose worker wrote none.

        It has the metrics of the model saved last (from its `checkpoint` event) and of the last
        progress event.
        """
        last = self.event_log.find_last("progress", "end") or {}
        checkpoint = self.checkpoint
        kept = (checkpoint and self.event_log.find_last("checkpoint")) or {}
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

    def check_directories(self) -> None:
        """Raise DamagedRunUserError unless the run's directories hold regular files only.

        Anything else, such as a link, could make reads and writes leave the run's directory.
        """
        for name in ("corpus", "start", "checkpoint", "resume"):
            place = self._file(name)
            if os.path.lexists(place) and not holds_files_only(place):
                raise damaged(Message("{path}/ holds something that is not a file", path=name))

    # Helpers

    def _lock(self, timeout: float) -> ExitStack | None:
        """Take the run's lock; return None if another process holds it for `timeout` seconds."""
        path = self._file("worker.lock")
        check_file(path)
        return try_lock(path, timeout=timeout)

    def _file(self, name: str) -> Path:
        return self.directory / name


def no_such_run() -> UserError:
    """Build the error for a run that does not exist, or does not exist any more."""
    return UserError("There is no such run: it may have been removed. Train again.", field="run")


def still_going_on() -> UserError:
    """Build the error for a run that is queued or trains."""
    return UserError(
        "This run is still waiting or training: stop it, or wait until it has ended.", field="run"
    )


def _held(path: Path) -> bool:
    try:
        return is_locked(path)
    except OSError as error:
        raise damaged(
            Message("{path} could not be read ({reason})", path=path.name, reason=os_reason(error))
        ) from None
