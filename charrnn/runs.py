"""Runs: a directory and a worker process each.

    runs/<id>/
      run.json          what was asked
      corpus/           ids and vocabulary
      events.jsonl      what happened, one JSON object a line
      checkpoint/       the best or latest model
      resume/           what it takes to go on bit for bit
      worker.lock       held as long as a worker is alive
      wish.stop, wish.sample    what is asked of the worker
      wish.run, begun           the run waits for a worker; its worker is being started

Training never happens in the process that serves a page. `Run` is one such directory, from
whichever process; `charrnn.workers` starts the processes.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout

from .corpus import Corpus
from .errors import UserError
from .files import write
from .model import ModelConfig
from .recipes import Plan
from .training import Event, TrainingConfig, train
from .training.pace import Leg

_ID = re.compile(r"[a-z0-9]{16}")
_LIVE = ("queued", "running", "stopping")
_POLL = 0.05  # seconds between looks at a live run's events
_FELL_OVER = "Something went wrong inside charrnn. What was saved before is safe."
_DIED = "The training process died. What was saved before is safe, and the run can go on from it."


class Run:
    """One run's directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.id = directory.name

    @classmethod
    def create(cls, root: Path, plan: Plan) -> Run:
        """A new run under `root`, under an id that nobody can guess."""
        return cls.create_at(root / secrets.token_hex(8), plan)

    @classmethod
    def create_at(cls, directory: Path, plan: Plan) -> Run:
        """A new run in a directory of the caller's choosing.

        Raises UserError if there is a run in it already.
        """
        run = cls(directory)
        if run._file("run.json").exists() or run._file("events.jsonl").exists():
            raise UserError(
                f"{directory} already holds a run. Go on with it (--resume), or choose another "
                "directory.",
                field="run_dir",
            )
        try:
            plan.corpus.save(directory / "corpus")
        except OSError as error:
            raise UserError(
                f"The run cannot be kept in {directory}: {error.strerror}.", field="run_dir"
            ) from error
        request = {
            "run": run.id,
            "recipe": plan.recipe,
            "model": asdict(plan.model),
            "training": asdict(plan.training),
            "prefixes": plan.prefixes,
            "corpus": {
                "name": plan.corpus.name,
                "characters": len(plan.corpus.ids),
                "sha256": plan.corpus.sha256(),
            },
            "leg": asdict(Leg()),
            "versions": {"torch": torch.__version__},
        }
        run._write_request(request)
        return run

    @classmethod
    def find(cls, root: Path, run_id: str) -> Run:
        """The run of that id under `root`; UserError if there is none."""
        run = cls(root / run_id) if _ID.fullmatch(run_id) else None
        if run is None or not run._file("run.json").is_file():
            raise UserError("There is no such run.", field="run")
        return run

    # What it is

    @property
    def request(self) -> dict[str, Any]:
        """What was asked: the contents of run.json."""
        request: dict[str, Any] = json.loads(self._file("run.json").read_bytes())
        return request

    @property
    def checkpoint(self) -> Path | None:
        """Where the model saved so far lies, None while there is none."""
        directory = self.directory / "checkpoint"
        return directory if (directory / "model.safetensors").is_file() else None

    @property
    def state(self) -> str:
        """queued, running, stopping, finished, stopped, diverged or failed."""
        if self._wished("run"):
            return "queued"
        if self._file("begun").exists() or self._alive():
            return "stopping" if self._wished("stop") else "running"
        end = self.last_event("start", "end")
        # A worker that is gone without a word was killed, or fell over.
        return str(end["reason"]) if end is not None and end["event"] == "end" else "failed"

    @property
    def live(self) -> bool:
        """Whether more events are to come."""
        return self.state in _LIVE

    def read_events(self, offset: int = 0) -> tuple[list[Event], int]:
        """The events from a byte offset on, and the offset to go on from."""
        path = self._file("events.jsonl")
        if not path.is_file():
            return [], offset
        with path.open("rb") as file:
            file.seek(offset)
            data = file.read()
        whole = data[: data.rfind(b"\n") + 1]
        return [json.loads(line) for line in whole.splitlines()], offset + len(whole)

    def last_event(self, *names: str) -> Event | None:
        """The latest event of one of these names."""
        events, _ = self.read_events()
        return next((event for event in reversed(events) if event["event"] in names), None)

    # What can be asked of it

    def stop(self) -> None:
        """Ask the worker to stop after the minibatch in hand, and to keep the model; a run that
        still waits for a worker is called off at once."""
        if self._take("wish.run"):
            self._append(self._end("stopped", "Stopped before it began."))
        elif self.live:
            self._file("wish.stop").touch()

    def sample(self) -> None:
        """Ask the worker for a sample now."""
        if self.live:
            self._file("wish.sample").touch()

    def lengthen(self) -> None:
        """Let a finished run go on for as long again; one that was stopped goes on to its end."""
        request, end = self.request, self.last_event("end")
        if end is None or end["reason"] != "finished":
            return
        training = request["training"]
        for name, done in (("seconds", end["seconds"]), ("epochs", end["epoch"])):
            if training[name] is not None:
                again = training[name] - request["leg"][name]
                training[name] = type(training[name])(done + again)
                break
        request["leg"] = asdict(Leg(end["seconds"], end["epoch"]))
        self._write_request(request)

    def set_length(self, *, epochs: int | None, seconds: float | None) -> None:
        """Say anew how long the whole run is; with neither it stays as it was asked for."""
        if epochs is None and seconds is None:
            return
        request = self.request
        request["training"] |= {"epochs": epochs, "seconds": seconds}
        TrainingConfig(**request["training"])  # UserError before anything is written
        self._write_request(request)

    # From the outside of a worker: what becomes of it

    def enqueue(self) -> None:
        """Mark the run as waiting for a worker."""
        self._forget_wishes()
        self._file("wish.run").touch()

    def begin(self) -> bool:
        """Take the run out of the queue to start its worker; False if it was called off."""
        try:
            self._file("wish.run").rename(self._file("begun"))
        except FileNotFoundError:
            return False
        return True

    def note_death(self) -> bool:
        """Write the `end` that a worker which died could not write; whether it was missing."""
        never_began = self._take("wish.run") or self._take("begun")
        self._take("wish.stop")
        self._mend()
        last = self.last_event("start", "end")
        if not never_began and last is not None and last["event"] == "end":
            return False
        self._append(self._end("failed", _DIED))
        return True

    # The work itself

    def work(self, *, resume: bool = False) -> Iterator[Event]:
        """Train, in this process: yields the events as they are written to events.jsonl.

        Whatever goes wrong ends in an `end` event with the reason `failed`, and is raised again.
        """
        lock = FileLock(self._file("worker.lock"))
        try:
            lock.acquire(timeout=5)
        except Timeout:
            raise UserError("This run is still going on.", field="run_dir") from None
        try:
            if not self._take("begun"):  # not from a queue: what was asked of others is past
                self._forget_wishes()
            self._mend()
            for event in self._train(resume=resume):
                self._append(event)
                yield event
        except Exception as error:
            message = error.message if isinstance(error, UserError) else _FELL_OVER
            self._append(self._end("failed", message))
            raise
        finally:
            self._forget_wishes()
            lock.release()

    def _train(self, *, resume: bool) -> Iterator[Event]:
        request = self.request
        return train(
            Corpus.open(self.directory / "corpus"),
            ModelConfig(**request["model"]),
            TrainingConfig(**request["training"]),
            recipe=request["recipe"],
            prefixes=request["prefixes"],
            directory=self.directory,
            resume=resume,
            leg=Leg(**request["leg"]),
            commands=self._wishes,
        )

    def _wishes(self) -> set[str]:
        wishes = {wish for wish in ("stop", "sample") if self._wished(wish)}
        if "sample" in wishes:
            self._file("wish.sample").unlink(missing_ok=True)
        return wishes

    def _wished(self, wish: str) -> bool:
        return self._file(f"wish.{wish}").exists()

    def _take(self, name: str) -> bool:
        """Remove a file of the run; whether it was there, and nobody else was faster."""
        try:
            self._file(name).unlink()
        except FileNotFoundError:
            return False
        return True

    def _forget_wishes(self) -> None:
        for wish in ("wish.stop", "wish.sample"):
            self._take(wish)

    def _mend(self) -> None:
        """Cut off a last line of events that was never finished."""
        path = self._file("events.jsonl")
        if path.is_file():
            data = path.read_bytes()
            if not data.endswith(b"\n"):
                write(path, data[: data.rfind(b"\n") + 1])

    def _end(self, reason: str, message: str) -> Event:
        last = self.last_event("progress", "end") or {}
        checkpoint = self.checkpoint
        return {
            "event": "end",
            "seconds": last.get("seconds", 0.0),
            "reason": reason,
            "message": message,
            "step": last.get("step", 0),
            "epoch": last.get("epoch", 0),
            "train_perplexity": last.get("train_perplexity"),
            "validation_perplexity": last.get("validation_perplexity"),
            "checkpoint": None if checkpoint is None else str(checkpoint),
        }

    def _append(self, event: Event) -> None:
        with self._file("events.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(event, ensure_ascii=False, allow_nan=False) + "\n")

    def _alive(self) -> bool:
        try:
            with FileLock(self._file("worker.lock")).acquire(blocking=False):
                return False
        except Timeout:
            return True

    def _write_request(self, request: dict[str, Any]) -> None:
        text = json.dumps(request, ensure_ascii=False, indent=2)
        write(self._file("run.json"), text.encode())

    def _file(self, name: str) -> Path:
        return self.directory / name


async def follow(run: Run) -> AsyncIterator[Event]:
    """All events of a run so far, then the others as they come, until it has ended."""
    offset = 0
    while True:
        live = run.live  # looked at first, so that no event can slip between the two
        events, offset = run.read_events(offset)
        for event in events:
            yield event
        if not live and not events:
            return
        await asyncio.sleep(_POLL if live else 0)
