"""What the browser remembers for the server: the chosen model, the user's runs, opened models.

It is all in the browser's own storage (`browser_state.js`). Each event that needs it sends it, so
no event has to wait for another one. The chosen model is stored for each browser tab, as the text
of the Generate tab is, and once for the whole browser, for new tabs. Where the browser denies
storage, nothing else is lost.
"""

from __future__ import annotations

from dataclasses import dataclass

from .contract import MAX_REMEMBERED
from .modules import call

# The `js` of events: functions of browser_state.js.
READ_STATE_JS = call("readState")  # replaces the last input by what is stored: a `BrowserState`
SAVE_MODEL_JS = call("saveModel")  # stores the chosen model
SAVE_RUN_JS = call("saveRun")  # stores a run
NEW_RUN_JS = call("newRun")  # makes the id of a new run, stores it, and sends it as the last input
PENDING_RUN_JS = call("pendingRun")  # sends that id if the page has not shown the run since


@dataclass(frozen=True)
class BrowserState:
    """What a browser has stored.

    chosen: the key of the model that was chosen last, or None.
    runs: the ids of the browser's runs.
    used: the key of the model that the user asked to generate with, elsewhere on the page, or None.
    opened: the keys of the models that were opened from the Hub or from a file.
    """

    chosen: str | None = None
    runs: tuple[str, ...] = ()
    used: str | None = None
    opened: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, value: object) -> BrowserState:
        """Read the state from an event's input, which may be any JSON value."""
        if not isinstance(value, dict):
            return cls()
        chosen, used = _as_key(value.get("chosen")), _as_key(value.get("used"))
        return cls(chosen, _as_keys(value.get("runs")), used, _as_keys(value.get("opened")))

    @property
    def keys(self) -> list[str]:
        """The keys of all models in the state."""
        return [*self.runs, *self.opened, *filter(None, (self.chosen, self.used))]


def pending_run_id(value: object) -> str | None:
    """Return the run id in an input that `NEW_RUN_JS` or `PENDING_RUN_JS` made, if there is one."""
    return _as_key(value.get("run")) if isinstance(value, dict) else None


def own_run_ids(value: object) -> tuple[str, ...]:
    """Return the ids of the browser's runs in an input that `PENDING_RUN_JS` made."""
    return _as_keys(value.get("runs")) if isinstance(value, dict) else ()


def _as_keys(value: object) -> tuple[str, ...]:
    keys = value if isinstance(value, list) else []
    return tuple([key for key in keys if isinstance(key, str)][:MAX_REMEMBERED])


def _as_key(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
