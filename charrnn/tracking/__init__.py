"""Log the figures and samples of a run to trackio or TensorBoard, for `train --track`.

Each tracker is an extra of the package, and imported only when it is used.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import redirect_stdout
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import UserError, short_repr

if TYPE_CHECKING:
    from ..training import Event

PROJECT = "charrnn"  # in trackio

# The requirement of each tracker, as in the extra of that name in pyproject.toml.
TRACKERS = {"trackio": "trackio>=0.43,<1", "tensorboard": "tensorboard>=2.20,<3"}

# The fields of `progress` events that are logged.
_CURVES = (
    "train_perplexity",
    "validation_perplexity",
    "gradient_norm",
    "clipped",
    "learning_rate",
    "characters_per_second",
    "epoch",
)


def check_tracker(tracker: str) -> None:
    """Raise UserError for a tracker that is unknown, or whose package is not installed."""
    if tracker not in TRACKERS:
        raise UserError(
            "There is no tracker {name}. The trackers are {names}.",
            name=short_repr(tracker),
            names=list(TRACKERS),
            field="track",
        )
    if find_spec(tracker) is None:
        raise UserError(
            "Tracking with {name} needs the extra [{name}] of charrnn, which is not installed "
            "here. Install it with: {command}",
            name=tracker,
            command=f'{sys.executable} -m pip install "{TRACKERS[tracker]}"',
            field="track",
        )


def track(
    events: Iterable[Event], tracker: str, *, name: str, directory: str | Path
) -> Iterator[Event]:
    """Log the figures and samples of a run as its events come, and yield these events.

    Args:
        events: The events of `charrnn.train`.
        tracker: "trackio" or "tensorboard".
        name: The run's name in trackio, within the project charrnn.
        directory: The run's directory; TensorBoard's files go to `tensorboard/` in it.

    Raises:
        UserError: For a tracker that is unknown, or whose package is not installed.
    """
    check_tracker(tracker)
    return _track(events, tracker, name, Path(directory))


def _track(events: Iterable[Event], tracker: str, name: str, directory: Path) -> Iterator[Event]:
    log: _Log | None = None
    try:
        for event in events:
            if event["event"] == "start":
                log = _open(tracker, name, directory, event)
            elif log is not None and event["event"] == "progress":
                figures = {key: event[key] for key in _CURVES if event[key] is not None}
                log.figures(event["step"], figures)
            elif log is not None and event["event"] == "sample":
                log.sample(event["step"], event["prefix"], event["text"])
            yield event
    finally:
        if log is not None:
            log.close()
        close = getattr(events, "close", None)
        if close is not None:
            close()


class _Log(Protocol):
    """A log of the figures and samples of one run."""

    def figures(self, step: int, values: dict[str, float]) -> None:
        """Log figures by name at a step."""

    def sample(self, step: int, prefix: str, text: str) -> None:
        """Log a generated text that begins with the prefix."""

    def close(self) -> None:
        """Write what is still in memory, and end the log."""


def _open(tracker: str, name: str, directory: Path, start: Event) -> _Log:
    """Return a new log; `start` is the first event of the run."""
    opened = _Trackio if tracker == "trackio" else _TensorBoard
    return opened(name, directory, start)


def _settings(start: Event) -> dict[str, Any]:
    """Return the facts and the settings of a run, to log once."""
    about = ("recipe", "characters", "vocabulary_size", "parameters", "device")
    return {**{key: start[key] for key in about}, **start["model"], **start["training"]}


class _Trackio:
    """A run in trackio's project charrnn. What trackio prints goes to standard error."""

    def __init__(self, name: str, directory: Path, start: Event) -> None:
        with redirect_stdout(sys.stderr):
            self._trackio = import_module("trackio")
            self._trackio.init(
                project=PROJECT, name=name, config=_settings(start), resume="allow", embed=False
            )

    def figures(self, step: int, values: dict[str, float]) -> None:
        with redirect_stdout(sys.stderr):
            self._trackio.log(values, step=step)

    def sample(self, step: int, prefix: str, text: str) -> None:
        # As a table: trackio shows no plain strings, and no line breaks.
        shown = [[text.replace("\n", "⏎")]]
        with redirect_stdout(sys.stderr):
            table = self._trackio.Table(columns=["text"], data=shown)
            self._trackio.log({_sample_name(prefix): table}, step=step)

    def close(self) -> None:
        with redirect_stdout(sys.stderr):
            self._trackio.finish()


class _TensorBoard:
    """The directory `tensorboard/` of a run. `tensorboard --logdir runs` shows all runs."""

    def __init__(self, name: str, directory: Path, start: Event) -> None:
        writer = import_module("torch.utils.tensorboard").SummaryWriter
        # A resumed run replaces what was logged after the step that it resumes from.
        self._writer = writer(str(directory / "tensorboard"), purge_step=start["resumed_from"])
        self._writer.add_text("settings", _as_code(json.dumps(_settings(start), indent=2)), 0)

    def figures(self, step: int, values: dict[str, float]) -> None:
        for key, value in values.items():
            self._writer.add_scalar(key, value, step)

    def sample(self, step: int, prefix: str, text: str) -> None:
        self._writer.add_text(_sample_name(prefix), _as_code(text), step)

    def close(self) -> None:
        self._writer.close()


def _sample_name(prefix: str) -> str:
    """Return a name for the samples of a prefix, since there may be several at a step."""
    return f"sample {short_repr(prefix)}" if prefix else "sample"


def _as_code(text: str) -> str:
    """Return a text as a code block in Markdown, which TensorBoard renders."""
    return "\n".join(f"    {line}" for line in text.splitlines())
