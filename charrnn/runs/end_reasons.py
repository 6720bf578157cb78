"""Why a run ended: the `code` of its `end` event, and what the user is told.

| code | `reason` | what happened |
| --- | --- | --- |
| `finished` | `finished` | the run reached its length |
| `stopped` | `stopped` | its user stopped it |
| `cancelled` | `stopped` | its user called it off while it waited |
| `aborted` | `stopped` | Ctrl+C, or the program that read its events went away |
| `time_limit` | `stopped` | it reached the server's time limit for a run |
| `log_full` | `stopped` | its events.jsonl is full |
| `diverged` | `diverged` | the loss overflowed, or grew far above that of a uniform guess |
| `crashed` | `failed` | the worker process died |
| `out_of_memory` | `failed` | it used more memory than a run may use |
| `unresponsive` | `failed` | the worker process hung, and was killed |
| `no_gpu` | `failed` | it asked for a GPU, and none was free |
| `gpu_quota` | `failed` | it asked for a GPU, and its user has not enough time left there |
| `error` | `failed` | a `UserError`, such as a full disk |
| `internal_error` | `failed` | a bug |
| `shutdown` | as the worker's | the server shut down, and the run could save everything |
| `interrupted` | as the worker's | the server went away, and the worker was killed with it |

The last two have `"interrupted": true` as well. A message that is made of one template has its
`template` and `values` beside it (`charrnn.errors.Message`).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from ..errors import Message, UserError
from ..training import Event


class EndReason(str, Enum):
    """The code of an `end` event that the training itself did not write."""

    CANCELLED = "cancelled"
    ABORTED = "aborted"
    TIME_LIMIT = "time_limit"
    LOG_FULL = "log_full"
    CRASHED = "crashed"
    OUT_OF_MEMORY = "out_of_memory"
    UNRESPONSIVE = "unresponsive"
    NO_GPU = "no_gpu"
    GPU_QUOTA = "gpu_quota"
    ERROR = "error"
    INTERNAL_ERROR = "internal_error"
    SHUTDOWN = "shutdown"
    INTERRUPTED = "interrupted"

    @property
    def reason(self) -> str:
        """The `reason` of an `end` event with this code."""
        stopped = (self.CANCELLED, self.ABORTED, self.TIME_LIMIT, self.LOG_FULL)
        return "stopped" if self in stopped else "failed"


CRASHES = frozenset({EndReason.CRASHED, EndReason.OUT_OF_MEMORY, EndReason.UNRESPONSIVE})
"""The worker process ended without saving: a run without a saved point has to start again."""

_SAVED: Mapping[EndReason, Message] = {
    EndReason.CRASHED: Message(
        "The training process crashed. What was saved before is safe, and the run can be resumed "
        "from it."
    ),
    EndReason.OUT_OF_MEMORY: Message(
        "Training used more memory than a run may use here and was stopped. What was saved "
        "before is safe. Use a smaller model, batch_size or steps."
    ),
    EndReason.UNRESPONSIVE: Message(
        "The training process did not respond for too long and was stopped. What was saved "
        "before is safe, and the run can be resumed from it."
    ),
    EndReason.INTERNAL_ERROR: Message(
        "Internal error; the server's log says more. What was saved before is safe."
    ),
    EndReason.SHUTDOWN: Message(
        "The server shut down while this run was training. It can be resumed from here."
    ),
    EndReason.INTERRUPTED: Message(
        "The server stopped while this run was training. It can be resumed from what was saved "
        "last."
    ),
}
_NOT_SAVED: Mapping[EndReason, Message] = {
    EndReason.CANCELLED: Message("Cancelled before it began."),
    EndReason.ABORTED: Message("Interrupted."),
    EndReason.TIME_LIMIT: Message("Ended at the time limit for a run here. It can be resumed."),
    EndReason.LOG_FULL: Message("Ended because the log of this run is full. Start a new run."),
    EndReason.CRASHED: Message(
        "The training process crashed before anything was saved. Start the run again."
    ),
    EndReason.OUT_OF_MEMORY: Message(
        "Training used more memory than a run may use here and was stopped before anything was "
        "saved. Use a smaller model, batch_size or steps."
    ),
    EndReason.UNRESPONSIVE: Message(
        "The training process did not respond for too long and was stopped before anything was "
        "saved. Use a smaller model, batch_size or steps."
    ),
    EndReason.NO_GPU: Message(
        "No GPU was free for this run. Try again later, or train on the CPU."
    ),
    EndReason.GPU_QUOTA: Message(
        "Your GPU time on Hugging Face for today is not enough for this run. Choose a shorter run, "
        "sign in on huggingface.co for more time, or train on the CPU."
    ),
    EndReason.INTERNAL_ERROR: Message(
        "Internal error before anything was saved; the server's log says more. Start the run again."
    ),
    EndReason.SHUTDOWN: Message("The server shut down while this run was waiting. Start it again."),
    EndReason.INTERRUPTED: Message(
        "The server stopped before anything of this run was saved. Start it again."
    ),
}


class NoGpuError(UserError):
    """No GPU could be had for a run; `code` says why."""

    def __init__(self, code: EndReason) -> None:
        """Take the message of the code."""
        super().__init__(end_message(code))
        self.code = code


def end_message(code: EndReason, *, saved: bool = False) -> Message:
    """Return what the user is told; `saved` says whether there is anything to resume from."""
    return _SAVED[code] if saved and code in _SAVED else _NOT_SAVED[code]


def end_fields(cause: EndReason | UserError, *, saved: bool) -> dict[str, Any]:
    """Return the `code` of an `end` event, and its message with template and values."""
    if isinstance(cause, EndReason):
        return {"code": cause.value, **end_message(cause, saved=saved).as_json()}
    code = cause.code if isinstance(cause, NoGpuError) else EndReason.ERROR
    return {"code": code.value, **cause.message.as_json()}


def interrupted(end: Event, code: EndReason, *, saved: bool) -> Event:
    """Return the `end` of a run that ended because the server did.

    Its `reason` stays that of the worker: `stopped` where it could save everything, `failed` where
    it was killed.
    """
    return end | end_fields(code, saved=saved) | {"interrupted": True}


def noted(end: Event, code: EndReason) -> Event:
    """Return the `end` of a run that the server stopped, with the reason before its message."""
    return end | {"code": code.value, "message": f"{end_message(code)} {end['message']}"}
