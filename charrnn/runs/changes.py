"""Changes to a run that has no worker: its name, its length and its threads."""

from __future__ import annotations

import json
from typing import Any

from ..errors import UserError
from ..training import check_threads
from ..utils.atomic import atomic_write
from ..utils.regular_files import remove
from ..utils.validation import clean_text
from .manifest import configs_of, disk_errors_as_user_errors, extended, with_changes
from .run_directory import MAX_NAME_LENGTH, NAME_FILE, RunDirectory, still_going_on


class ChangeableRun(RunDirectory):
    """A run whose manifest and name can be changed."""

    def rename(self, name: str) -> None:
        """Set the name by which the owner finds the run in lists; an empty one removes it.

        Raises UserError if the name is too long, or cannot be written.
        """
        name = " ".join("".join(c if c.isprintable() else " " for c in clean_text(name)).split())
        if len(name) > MAX_NAME_LENGTH:
            raise UserError(
                "A name can have at most {most} characters: choose a shorter one.",
                most=MAX_NAME_LENGTH,
                field="name",
            )
        with disk_errors_as_user_errors():
            if name:
                atomic_write(self._file(NAME_FILE), name.encode(), durable=False)
            else:
                remove(self._file(NAME_FILE))

    def extend(self) -> None:
        """Extend a finished run by its own length; a run that was stopped goes on to its end."""
        end = self.event_log.find_last("end")
        if end is not None and end["reason"] == "finished":
            self._write_manifest(extended(self.manifest, end))

    def set_length(self, *, epochs: int | None, seconds: float | None) -> None:
        """Change the length of the whole run; without arguments it stays as it is.

        Raises UserError if the run is active, and for a length that is not allowed.
        """
        if epochs is None and seconds is None:
            return
        if (lock := self._lock(1)) is None:
            raise still_going_on()
        with lock, disk_errors_as_user_errors():
            length = {"epochs": epochs, "seconds": seconds}
            self._write_manifest(with_changes(self.manifest, length))

    def set_threads(self, threads: int | None) -> None:
        """Change how many CPU threads the run computes on; its bits may differ from then on.

        Raises UserError if the run is active, and for a number that this machine does not have.
        """
        if (lock := self._lock(1)) is None:
            raise still_going_on()
        with lock, disk_errors_as_user_errors():
            manifest = with_changes(self.manifest, {"threads": threads})
            check_threads(configs_of(manifest)[1])
            self._write_manifest(manifest)

    def _write_manifest(self, manifest: dict[str, Any]) -> None:
        atomic_write(
            self._file("run.json"), json.dumps(manifest, ensure_ascii=False, indent=2).encode()
        )
