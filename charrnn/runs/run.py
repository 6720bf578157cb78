"""A run: a directory, and a worker process while it trains.

    runs/<id>/
      run.json          the manifest: what to train, with which settings
      corpus/           ids and vocabulary
      start/            the model that it starts from, if any
      events.jsonl      what happened, one JSON object per line
      checkpoint/       the best or latest model
      resume/           the state to resume from, bit for bit
      worker.lock       held while a worker is alive; only its holder writes events
      name              the name that its owner gave it, if any
      owner             its owner, and its reserved bytes (`charrnn.runs.owners`)
      share             how many CPU cores the worker may use, if limited (`charrnn.runs.worker`)
      starred           exists if the run must not expire (`charrnn.runs.retention`)
      stop.request, sample.request
                        commands to the worker (`charrnn.runs.command_files`)
      attempt.queued, attempt.started, attempt.unreported
                        the latest attempt to train it: queued, started, or ended without a
                        written `end` event (`charrnn.runs.attempts`)

Training never happens in the process that serves the page. `Run` is one such directory, in
whichever process; `charrnn.runs.manager` starts the worker processes.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from ..checkpoint import save
from ..errors import Message, UserError
from ..training import Event, train
from ..training.resume_state import resume_refused
from ..training.schedule import Segment
from ..utils.atomic import recover, remove_temporary_files, replace
from ..utils.regular_files import DamagedRunUserError, is_directory, remove
from .attempts import QUEUED, STARTED, UNREPORTED, Attempt, rename_old_files
from .changes import ChangeableRun
from .end_reasons import EndReason, interrupted, noted
from .manifest import configs_of, disk_errors_as_user_errors, new_manifest
from .owners import OwnerRecord
from .plan import RunPlan
from .run_directory import no_such_run, still_going_on

_NEW_ID = re.compile(r"[0-9a-f]{32}")
_ID = re.compile(rf"{_NEW_ID.pattern}|[a-z0-9]{{16}}")  # earlier versions made the short ids


class Run(ChangeableRun):
    """One run's directory, and all operations on it.

    `should_abort` is called in the worker after every minibatch: if it returns True, the run ends
    as interrupted, without a command to stop.
    """

    should_abort: Callable[[], bool] = staticmethod(lambda: False)
    _was_interrupted = False  # whether `should_abort` ended it

    @classmethod
    def create(
        cls, root: Path, plan: RunPlan, run_id: str | None = None, record: OwnerRecord | None = None
    ) -> Run:
        """Create a run under `root`, whose path appears in no message.

        The id cannot be guessed. It is `run_id` if that is well-formed and free, else a new one.
        `record` names the owner.
        """
        if run_id is None or not _NEW_ID.fullmatch(run_id) or (root / run_id).exists():
            run_id = new_id()
        run = cls(root / run_id)
        with disk_errors_as_user_errors():
            run._write_files(plan, record)
        return run

    @classmethod
    def create_at(cls, directory: Path, plan: RunPlan) -> Run:
        """Create a run in a directory that the caller chose.

        Raises UserError if the directory holds a run already.
        """
        run = cls(directory)
        if run._file("run.json").exists() or run._file("events.jsonl").exists():
            raise UserError(
                "{directory} already holds a run. Resume it (--resume), or choose another "
                "directory.",
                directory=directory,
                field="run_dir",
            )
        with disk_errors_as_user_errors(directory):
            run._write_files(plan)
        return run

    def _write_files(self, plan: RunPlan, record: OwnerRecord | None = None) -> None:
        fresh = not self.directory.exists()
        try:
            plan.corpus.save(self.directory / "corpus")
            if plan.start is not None:
                save(plan.start, self.directory / "start")
            if record is not None:
                record.write(self.directory)
            self._write_manifest(new_manifest(self.id, plan))
        except OSError:
            if fresh:  # do not leave half a run on a full disk
                shutil.rmtree(self.directory, ignore_errors=True)
            raise

    @classmethod
    def find(cls, root: Path, run_id: str) -> Run:
        """Return the run with this id under `root`. Raises UserError if there is none."""
        run = cls(root / run_id) if _ID.fullmatch(run_id) else None
        there = run is not None and is_directory(run.directory)
        if run is None or not there or not os.path.lexists(run._file("run.json")):
            raise no_such_run()
        return run

    # Commands

    def stop(self, *, closing: bool = False) -> None:
        """Tell the worker to stop after the current minibatch and save the model.

        A queued run is stopped at once. `closing` says that the server shuts down: the `end` event
        of the run says that it was interrupted.
        """
        try:
            state = self.state
        except DamagedRunUserError:
            if not self._has_worker():
                raise
            state = "running"
        if state == "queued" and (lock := self._lock(1)):
            with lock:
                if self._active_state(worker=False) == "queued":
                    end = self.make_end_event(EndReason.CANCELLED)
                    if closing:
                        end = interrupted(end, EndReason.SHUTDOWN, saved=False)
                    self.event_log.append(end)
                    rename_old_files(self.directory)
                    self.mark_started()  # it leaves the queue; a worker finds that it has ended
                    return
        if state == "running" or self.is_active:
            self.commands.give("stop", closing=closing)

    def sample(self) -> None:
        """Tell the worker to generate a sample now."""
        if self.is_active:
            self.commands.give("sample")

    # Called by the app, outside of the worker

    def enqueue(self, app: str | None = None, *, resume: bool = False) -> None:
        """Queue the run for a worker that `app` will start; `resume` extends a finished run.

        Raises UserError if the run has not ended, or if nothing can be written.
        """
        if (lock := self._lock(5)) is None:
            raise still_going_on()
        with lock, disk_errors_as_user_errors():
            if self._active_state(worker=False):
                raise still_going_on()
            if resume:
                if self.event_log.is_full:
                    raise UserError(
                        "This run has been continued so often that its log is full. Start a new "
                        "run.",
                        field="run",
                    )
                self.extend()
            rename_old_files(self.directory)
            self.commands.clear()
            Attempt(self.event_log.truncate_partial_line(), app).write(self._file(QUEUED))

    def mark_started(self, app: str | None = None) -> bool:
        """Take the run out of the queue before its worker starts; return False if stopped."""
        attempt = Attempt.read(self._file(QUEUED))
        if attempt is None or (app is not None and attempt.app != app):
            return False
        try:
            replace(self._file(QUEUED), self._file(STARTED))
        except FileNotFoundError:
            return False
        return not self.has_ended

    def record_missing_end(
        self,
        app: str | None = None,
        *,
        closing: bool = False,
        cause: EndReason | UserError = EndReason.CRASHED,
    ) -> bool:
        """Write the `end` event that a dead worker could not write; return whether it was missing.

        `app` is the app that calls. Attempts of other apps that are alive are left to those apps;
        if the attempt's app is gone, or is `closing`, the run was interrupted. `cause` says why
        the worker died, if that is known.
        """
        if (lock := self._lock(1)) is None:  # a process trains it
            return False
        with lock:
            name, attempt = Attempt.latest(self.directory) or ("", Attempt())
            if self.has_ended or (
                attempt.app != app and name != UNREPORTED and self._app_alive(attempt)
            ):
                return False
            rename_old_files(self.directory)
            self.commands.clear()
            try:
                try:
                    self._recover()
                except DamagedRunUserError as error:
                    cause = error
                end = self.make_end_event(cause)
                if closing or (attempt.app not in (None, app) and not self._app_alive(attempt)):
                    end = interrupted(end, EndReason.INTERRUPTED, saved=self.has_resume_state)
                self.event_log.append(end)
            except OSError:  # followers must not wait for an event that cannot be written
                if name:
                    replace(self._file(name), self._file(UNREPORTED))
                raise
            if name == QUEUED:
                replace(self._file(QUEUED), self._file(STARTED))
            return True

    # Called in the worker

    def train(self, *, resume: bool = False, app: str | None = None) -> Iterator[Event]:
        """Train in this process, and yield the events as they are written to events.jsonl.

        Any error is recorded as an `end` event with the reason `failed`, and raised again. A worker
        that `app` started trains only if the latest attempt is still that app's.
        """
        if (lock := self._lock(5)) is None:
            raise still_going_on()
        try:
            if app is None:  # in the foreground: earlier attempts and commands are void
                self._claim()
            elif (
                self.has_ended
                or (attempt := Attempt.read(self._file(STARTED))) is None
                or attempt.app != app
            ):
                return
            yield from self._record_events(resume=resume)
        finally:
            self.commands.clear()
            lock.close()

    def _recover(self) -> None:
        """Complete or remove what a killed process left half written.

        Raises DamagedRunUserError if a path could lead out of the run's directory.
        """
        self.check_directories()
        recover(self.directory / "checkpoint")
        for place in (".", "corpus", "start", "checkpoint", "resume"):
            remove_temporary_files(self.directory / place)

    def _claim(self) -> None:
        rename_old_files(self.directory)
        self.commands.clear()
        Attempt(self.event_log.truncate_partial_line()).write(self._file(STARTED))
        for name in (QUEUED, UNREPORTED):
            remove(self._file(name))

    def _record_events(self, *, resume: bool) -> Iterator[Event]:
        over = False
        try:
            self._recover()
            for event in self._train(resume=resume):
                if event["event"] == "end" and event["reason"] == "stopped":
                    event = self._explain_stop(event)
                self.event_log.append(event)
                over = event["event"] == "end"
                yield event
        except BaseException as error:
            if not over:
                with suppress(OSError):  # on a full disk; that error is raised below
                    self.event_log.append(self._end_of_error(error))
            raise

    def _end_of_error(self, error: BaseException) -> Event:
        if not isinstance(error, Exception):  # Ctrl+C, or the iterator was closed
            return self.make_end_event(EndReason.ABORTED)
        if isinstance(error, UserError):
            return self.make_end_event(UserError(self._without_path(error.message)))
        return self.make_end_event(EndReason.INTERNAL_ERROR)

    def _without_path(self, message: Message) -> Message:
        """Return a message with the paths of files in it relative to the run's directory."""
        inside = f"{self.directory}{os.sep}"
        shown = {
            name: str(value).replace(inside, "") if isinstance(value, Path) else value
            for name, value in message.values.items()
        }
        return Message(message.template, **shown)

    def _train(self, *, resume: bool) -> Iterator[Event]:
        manifest, corpus = self.manifest, self.corpus
        if resume and corpus.sha256() != manifest["corpus"]["sha256"]:
            raise resume_refused(
                Message("its text, in corpus/, is not the one that it started with")
            )
        model, training = configs_of(manifest)
        return train(
            corpus,
            model,
            training,
            recipe=manifest["recipe"],
            prefixes=manifest["prefixes"],
            directory=self.directory,
            start=self.start,
            resume=resume,
            segment=Segment(**manifest["leg"]),
            commands=self._take_commands,
            max_threads=self._cpu_share,
        )

    def _cpu_share(self) -> int | None:
        """Return how many CPU cores are this run's share; None for as many as are useful."""
        return None

    def _take_commands(self) -> set[str]:
        commands = self.commands.take()
        if "stop" not in commands and self.should_abort():
            self._was_interrupted = True
            commands.add("stop")
        if self.event_log.is_full:
            commands.add("stop")
        return commands

    def _explain_stop(self, end: Event) -> Event:
        """Say in the `end` event why the run was stopped, if no user stopped it."""
        if self._was_interrupted or self.commands.by_closing_app():
            return interrupted(end, EndReason.SHUTDOWN, saved=True)
        return noted(end, EndReason.LOG_FULL) if self.event_log.is_full else end


def new_id() -> str:
    """Return a run id that cannot be guessed."""
    return secrets.token_hex(16)
