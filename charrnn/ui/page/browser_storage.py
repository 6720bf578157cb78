"""What the browser remembers: the model chosen in the Generate tab, the visitor's own runs, and
what they have opened from elsewhere.

All in the browser's own storage and read the moment an event needs it: no event waits for
another that might bring the value later. The choice is kept for each browser tab, since the text
of a tab is too, and for the browser, where a new tab begins. Nothing is lost but the memory where
storage is denied.
"""

from __future__ import annotations

from dataclasses import dataclass

from .contract import MAX_REMEMBERED
from .modules import call

# The `js` of events (browser_state.js): brings what is remembered as the last input, as `Memory`
# reads it; remembers the chosen model; remembers a run; brings the id of a run that is about to
# begin; brings the id of the run that was begun last, if nothing was heard of it since.
READ_STATE_JS = call("readState")
SAVE_MODEL_JS = call("saveModel")
SAVE_RUN_JS = call("saveRun")
NEW_RUN_JS = call("newRun")
PENDING_RUN_JS = call("pendingRun")


@dataclass(frozen=True)
class Memory:
    """What came from a browser: a key chosen earlier, or None, the ids of its runs, and the keys of
    models that it opened; `used` is the key of the model that was to be used last."""

    chosen: str | None = None
    runs: tuple[str, ...] = ()
    used: str | None = None
    opened: tuple[str, ...] = ()

    @classmethod
    def of(cls, brought: object) -> Memory:
        """Whatever an event brought, which may be anything, as a memory."""
        if not isinstance(brought, dict):
            return cls()
        chosen, used = _key(brought.get("chosen")), _key(brought.get("used"))
        return cls(chosen, _keys(brought.get("runs")), used, _keys(brought.get("opened")))

    @property
    def keys(self) -> list[str]:
        """The models that are the visitor's: runs, opened ones, the chosen one, the one in use."""
        return [*self.runs, *self.opened, *filter(None, (self.chosen, self.used))]


def begun(brought: object) -> str | None:
    """The id that `NEW_RUN_JS` or `PENDING_RUN_JS` brought, if it did."""
    return _key(brought.get("run")) if isinstance(brought, dict) else None


def own_runs(brought: object) -> tuple[str, ...]:
    """The ids of the runs that the browser began, as `PENDING_RUN_JS` brought them."""
    return _keys(brought.get("runs")) if isinstance(brought, dict) else ()


def _keys(brought: object) -> tuple[str, ...]:
    listed = brought if isinstance(brought, list) else []
    return tuple([key for key in listed if isinstance(key, str)][:MAX_REMEMBERED])


def _key(brought: object) -> str | None:
    return brought if isinstance(brought, str) and brought else None
