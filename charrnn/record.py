"""What a run's directory says: what was asked, what happened, how it stands. Changes nothing."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from .journal import Journal
from .locks import held, hold
from .training import Event
from .training.resume import FILE as POINT
from .training.resume import cannot_go_on
from .turns import BEGUN, WAITING, Turn

PERPLEXITIES = ("train_perplexity", "validation_perplexity")
_LIVE = ("queued", "running", "stopping")


class Record:
    """A run as it stands, read from its directory by whichever process."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.id = directory.name
        self.journal = Journal(directory / "events.jsonl")

    @property
    def request(self) -> dict[str, Any]:
        """What was asked: the contents of run.json. Raises UserError if they are damaged."""
        try:
            request = json.loads(self._file("run.json").read_bytes())
        except ValueError as error:
            raise cannot_go_on("run.json is damaged") from error
        if not isinstance(request, dict):
            raise cannot_go_on("run.json is damaged")
        return request

    @property
    def checkpoint(self) -> Path | None:
        """Where the model saved so far lies, None while there is none."""
        directory = self.directory / "checkpoint"
        return directory if (directory / "model.safetensors").is_file() else None

    @property
    def saved(self) -> bool:
        """Whether there is a point from which the run can go on bit for bit."""
        return self._file(str(POINT)).is_file()

    @property
    def state(self) -> str:
        """queued, running, stopping, finished, stopped, diverged or failed."""
        for _ in range(2):  # a worker may end between the look at it and that at the events
            if alive := self._standing(worker=held(self._file("worker.lock"))):
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
        return Turn.latest(self.directory) is not None or self.journal.path.exists()

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
            return "stopping" if self._wished("stop") else "running"
        return None

    def _seen_to(self, turn: Turn) -> bool:
        """Whether the app is there that starts the turn's worker, and notes its death."""
        return turn.app is not None and held(self.directory.parent / turn.app)

    def _end_of_turn(self) -> Event | None:
        named = Turn.latest(self.directory)
        return self.journal.last(named[1].since if named else 0, "end")

    def read_events(self, offset: int = 0) -> tuple[list[Event], int]:
        """The events from a byte offset on, and the offset to go on from."""
        return self.journal.read(offset)

    def ending(self, reason: str, message: str) -> Event:
        """An `end` for a run that wrote none: the figures of the model saved last, by the
        `checkpoint` event, and those of the last report."""
        last = self.journal.latest("progress", "end") or {}
        checkpoint = self.checkpoint
        kept = (checkpoint and self.journal.latest("checkpoint")) or {}
        return {
            "event": "end",
            "seconds": last.get("seconds", 0.0),
            "reason": reason,
            "message": message,
            "step": last.get("step", 0),
            "epoch": last.get("epoch", 0),
            "kept_step": kept.get("step"),
            **{name: kept.get(name) for name in PERPLEXITIES},
            **{f"last_{name}": last.get(f"last_{name}", last.get(name)) for name in PERPLEXITIES},
            "checkpoint": None if checkpoint is None else str(checkpoint),
        }

    # How the answers are found

    def _wished(self, wish: str) -> bool:
        return self._file(f"wish.{wish}").exists()

    def _lock(self, timeout: float) -> ExitStack | None:
        """The right to write, or None if somebody has it for so many seconds."""
        return hold(self._file("worker.lock"), timeout=timeout)

    def _file(self, name: str) -> Path:
        return self.directory / name
