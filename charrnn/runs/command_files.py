"""Commands to the worker of a run: files in the run's directory.

To give a command is to create its file; the worker looks for the files after every minibatch. Their
contents do not matter, except that `wish.stop` says whether the app gave it while closing.
"""

from __future__ import annotations

import os
from pathlib import Path

from ..utils.atomic import atomic_write
from ..utils.regular_files import DamagedRunUserError, read_regular, remove

_CLOSING = b"closing"  # in wish.stop, where it is not a person's
_MAX_BYTES = 64
_NAMES = ("stop", "sample")


class Commands:
    """The commands to one run's worker."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def give(self, name: str, *, closing: bool = False) -> None:
        """Give a command, unless it is given already; `closing` says that the app closes."""
        if not self.is_given(name):
            atomic_write(self._path(name), _CLOSING if closing else b"", durable=False)

    def is_given(self, name: str) -> bool:
        """Return whether a command is given."""
        return os.path.lexists(self._path(name))

    def take(self) -> set[str]:
        """Return the commands that are given. "sample" is removed, "stop" stays."""
        given = {name for name in _NAMES if self.is_given(name)}
        if "sample" in given:
            remove(self._path("sample"))
        return given

    def by_closing_app(self) -> bool:
        """Return whether the app gave the command to stop because it closed, and no user did."""
        try:
            return read_regular(self._path("stop"), _MAX_BYTES) == _CLOSING
        except DamagedRunUserError:  # whatever lies there, a person may have meant it
            return False

    def clear(self) -> None:
        """Take all commands back."""
        for name in _NAMES:
            remove(self._path(name))

    def _path(self, name: str) -> Path:
        return self._directory / f"wish.{name}"
