"""View ids: ids in links that show a run without giving control of it.

A run's id gives control of the run. Only the browser and the program that started it know it. A
view id is a hash of that id, so it can be shared, and the id cannot be computed from it. The
directory of runs is needed to find the run of a view id.
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
from dataclasses import dataclass
from pathlib import Path

from .run import Run

_PREFIX = "view-"
_PATTERN = re.compile(rf"{_PREFIX}[0-9a-f]{{32}}")


def view_id(run_id: str) -> str:
    """Return the view id of a run. Run ids are random, so a plain hash does not reveal them."""
    digest = hashlib.blake2b(os.fsencode(run_id), person=b"charrnn view id", digest_size=16)
    return _PREFIX + digest.hexdigest()


def is_view_id(key: str) -> bool:
    """Return whether a key has the form of a view id."""
    return _PATTERN.fullmatch(key) is not None


@dataclass(frozen=True)
class RunAccess:
    """A run, and the key by which a client knows it: its id or its view id."""

    run: Run
    key: str

    @property
    def may_control(self) -> bool:
        """Whether the client may stop the run, resume it, or share its model."""
        return self.key == self.run.id


class ViewIds:
    """Finds the runs under `root` by their view ids."""

    def __init__(self, root: Path) -> None:
        self._root = root
        # When a run was last created or deleted, in nanoseconds.
        self._changed: int | None = None
        self._run_ids: dict[str, str] = {}
        self._lock = threading.Lock()

    def find(self, key: str) -> Run:
        """Return the run with this view id. Raises UserError if there is none."""
        with self._lock:
            if key not in self._run_ids and is_view_id(key):
                self._list_runs()
            run_id = self._run_ids.get(key, "")
        return Run.find(self._root, run_id)

    def _list_runs(self) -> None:
        """List the runs, unless the directory has not changed since the last time."""
        try:
            changed = self._root.stat().st_mtime_ns
            if changed != self._changed:
                runs = self._root.glob("[!.]*")
                self._run_ids = {view_id(run.name): run.name for run in runs}
                self._changed = changed
        except FileNotFoundError:  # all runs have been deleted
            self._run_ids, self._changed = {}, None
