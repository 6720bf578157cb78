"""What can be changed about a run while no worker has it: its name and its length."""

from __future__ import annotations

import json
from typing import Any

from ..errors import UserError
from ..utils.atomic import write
from ..utils.regular_files import discard
from ..utils.validation import clean
from .request import kept, lengthened, settings
from .status import MAX_NAME_LENGTH, NAME, Record, still_going_on


class ChangeableRun(Record):
    """A run whose directory can be changed."""

    def rename(self, name: str) -> None:
        """Give the run a name by which its owner finds it in lists; an empty one takes it away.

        Raises UserError for a name that is too long, or if it can't be written.
        """
        name = " ".join("".join(c if c.isprintable() else " " for c in clean(name)).split())
        if len(name) > MAX_NAME_LENGTH:
            raise UserError(
                "A name has {most} characters at most: choose a shorter one.",
                most=MAX_NAME_LENGTH,
                field="name",
            )
        with kept():
            if name:
                write(self._file(NAME), name.encode(), durable=False)
            else:
                discard(self._file(NAME))

    def lengthen(self) -> None:
        """Let a finished run go on for as long again; one that was stopped goes on to its end."""
        end = self.journal.latest("end")
        if end is not None and end["reason"] == "finished":
            self._write_request(lengthened(self.request, end))

    def set_length(self, *, epochs: int | None, seconds: float | None) -> None:
        """Say anew how long the whole run is; with neither it stays as it was asked for.

        Raises UserError if the run is still going on, and for a length that it cannot have.
        """
        if epochs is None and seconds is None:
            return
        if (lock := self._lock(1)) is None:
            raise still_going_on()
        with lock, kept():
            request = self.request
            request["training"] |= {"epochs": epochs, "seconds": seconds}
            settings(request)  # UserError before anything is written
            self._write_request(request)

    def _write_request(self, request: dict[str, Any]) -> None:
        write(self._file("run.json"), json.dumps(request, ensure_ascii=False, indent=2).encode())
