"""The status of a run at a moment, for programs: read from its directory."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from ...runs.end_reasons import EndReason
from ...runs.manager import RunManager
from ...runs.run import Run
from ...training import Event

ACTIVE_STATES = ("queued", "running", "stopping")
_NEWS = ("start", "sample", "end")  # events that a waiting program wants to hear of


@dataclass(frozen=True)
class RunStatus:
    """The status of a run.

    `place` is its place in the queue, from 1, and `queue_seconds` the estimated wait there; both
    are None for a run that is not queued. Perplexities are the latest ones, and those of the kept
    model once the run has ended. `checkpoint` is the run's id once a model is saved. `suggestion`
    is the setting to change after a run that went badly. `events` is the number of events so far.
    """

    run: str
    state: str = "queued"
    place: int | None = None
    queue_seconds: float | None = None
    message: str | None = None
    seconds: float = 0.0
    remaining_seconds: float | None = None
    step: int = 0
    epoch: float = 0
    train_perplexity: float | None = None
    validation_perplexity: float | None = None
    baselines: dict[str, float | None] = field(default_factory=dict)
    sample: str | None = None
    sample_step: int | None = None
    checkpoint: str | None = None
    suggestion: dict[str, Any] | None = None
    events: int = 0

    @property
    def is_active(self) -> bool:
        """Whether the run is queued, running or stopping."""
        return self.state in ACTIVE_STATES


class RunStatusReader:
    """Reads the status of a run again and again; each time, only new events are read."""

    def __init__(self, runs: RunManager, run: Run) -> None:
        self._runs, self._run = runs, run
        self._status = RunStatus(run.id)
        self._offset = 0
        self.last_news = -1  # the number of the last event that is news

    def read(self) -> RunStatus:
        """Return the status now. Raises UserError if the run cannot be read."""
        run = self._run
        # Read before the events, so that no event is missed in between.
        state = run.state if run.was_requested else "queued"
        self._read_events()
        if state not in ACTIVE_STATES and not run.has_ended:  # it was killed together with its app
            self._record_missing_end()
        place, wait = self._runs.queue_position(run.id)
        self._status = replace(
            self._status,
            state=state,
            place=place or None,
            queue_seconds=wait,
            checkpoint=run.id if run.checkpoint else None,
            message=None if state in ACTIVE_STATES else self._status.message,
        )
        return self._status

    def _record_missing_end(self) -> None:
        try:
            self._run.record_missing_end()
            self._read_events()
        except OSError:
            self._apply(self._run.make_end_event(EndReason.CRASHED))

    def _read_events(self) -> None:
        events, self._offset = self._run.read_events(self._offset)
        for event in events:
            self._apply(event)

    def _apply(self, event: Event) -> None:
        known = self._status
        if event["event"] in _NEWS:
            self.last_news = known.events
        self._status = replace(
            known, events=known.events + 1, seconds=event["seconds"], **_changes(event)
        )


def _changes(event: Event) -> dict[str, Any]:
    """Return the fields of the status that an event changes."""
    perplexities = {name: event.get(name) for name in ("train_perplexity", "validation_perplexity")}
    match event["event"]:
        case "start":
            return {"baselines": dict(event["baselines"]), "suggestion": None}
        case "progress":
            place = {name: event.get(name) for name in ("step", "epoch", "remaining_seconds")}
            return place | perplexities
        case "sample":
            return {"sample": event["text"], "sample_step": event["step"]}
        case "end":
            return {
                "message": event["message"],
                "remaining_seconds": None,
                "suggestion": _suggestion(event),
                **{name: event.get(name, 0) for name in ("step", "epoch")},
                **perplexities,
            }
    return {}


def _suggestion(end: Event) -> dict[str, Any] | None:
    """Return the first setting that the findings of a run advise to change, and its value."""
    for finding in end.get("findings") or []:
        advice = finding.get("suggestion")
        if advice and advice.get("field"):
            return {"setting": advice["field"], "value": advice["value"]}
    return None
