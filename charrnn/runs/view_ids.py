"""View ids: what a link to a run carries, so that the link shows the run and gives no control.

Whoever knows a run's id controls the run: the browser that began it, and the program that was told
the id. A view id is derived from that id by a hash, so it can be shared, and nobody can go back
from it. Only the directory of runs says which run it belongs to.
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
    """Return the view id of a run. Run ids are random, so a plain hash does not give them away."""
    digest = hashlib.blake2b(os.fsencode(run_id), person=b"charrnn view id", digest_size=16)
    return _PREFIX + digest.hexdigest()


def is_view_id(key: str) -> bool:
    """Return whether a key has the form of a view id."""
    return _PATTERN.fullmatch(key) is not None


@dataclass(frozen=True)
class RunAccess:
    """A run as one client knows it: by its id, or by the view id in `key`."""

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
        self._changed: int | None = None  # when a run was last added or removed, in nanoseconds
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
        """List the runs, unless none was added or removed since the last time."""
        try:
            changed = self._root.stat().st_mtime_ns
            if changed != self._changed:
                runs = self._root.glob("[!.]*")
                self._run_ids = {view_id(run.name): run.name for run in runs}
                self._changed = changed
        except FileNotFoundError:  # all runs have been removed
            self._run_ids, self._changed = {}, None
