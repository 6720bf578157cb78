"""Commands to the worker of a run: files in the run's directory.

To give a command is to create its file; the worker looks for the files after every minibatch. Their
contents do not matter, except that `stop.request` says whether the app gave it while closing.
Commands under the file names of version 0.1 are obeyed, too.
"""

from __future__ import annotations

import os
from pathlib import Path

from ..utils.atomic import atomic_write
from ..utils.regular_files import DamagedRunUserError, read_regular, remove

_CLOSING = b"closing"  # in stop.request, if the app and not a user gave it
_MAX_BYTES = 64
_NAMES = ("stop", "sample")


class CommandFiles:
    """The command files of one run."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def give(self, name: str, *, closing: bool = False) -> None:
        """Give a command, unless it is given already; `closing` says that the app closes."""
        if not self.is_given(name):
            atomic_write(self._paths(name)[0], _CLOSING if closing else b"", durable=False)

    def is_given(self, name: str) -> bool:
        """Return whether a command is given."""
        return any(map(os.path.lexists, self._paths(name)))

    def take(self) -> set[str]:
        """Return the commands that are given. "sample" is removed, "stop" stays."""
        given = {name for name in _NAMES if self.is_given(name)}
        if "sample" in given:
            self._remove("sample")
        return given

    def by_closing_app(self) -> bool:
        """Return whether the app gave the command to stop because it closed, and no user did."""
        try:
            given = [read_regular(path, _MAX_BYTES) for path in self._paths("stop")]
        except DamagedRunUserError:  # a user may have created it
            return False
        return _CLOSING in given and set(given) <= {_CLOSING, None}

    def clear(self) -> None:
        """Take all commands back."""
        for name in _NAMES:
            self._remove(name)

    def _remove(self, name: str) -> None:
        for path in self._paths(name):
            remove(path)

    def _paths(self, name: str) -> tuple[Path, Path]:
        """Return the path of a command's file, and its path in version 0.1."""
        return self._directory / f"{name}.request", self._directory / f"wish.{name}"
