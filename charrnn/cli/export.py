"""Copy a checkpoint to the directory that a command names, all or nothing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from ..checkpoint.format import MAX_FILE_BYTES
from ..checkpoint.known_lines import LINE_HASHES
from ..errors import UserError, os_reason
from ..utils.atomic import temporary_path


def check_destination(place: Path, *, apart_from: Path, called: str = "--out") -> None:
    """Raise UserError unless a checkpoint can be copied to `place` later.

    `place` must be missing or empty. It must neither contain nor be inside `apart_from`, the
    directory that the checkpoint comes from. `called` is the argument's name in messages.
    """
    try:
        taken = os.path.lexists(place) and (not place.is_dir() or any(place.iterdir()))
    except OSError as error:
        raise _destination_error(place, error) from error
    if taken:
        raise UserError(
            "{place} already exists: choose another path for {called}.",
            place=place,
            called=called,
            field="out",
        )
    ours, theirs = place.resolve(), apart_from.resolve()
    if ours.is_relative_to(theirs) or theirs.is_relative_to(ours):
        raise UserError(
            "One of {place} and {apart_from} is inside the other: choose another path for "
            "{called}.",
            place=place,
            apart_from=apart_from,
            called=called,
            field="out",
        )
    if os.path.ismount(place):
        raise UserError(
            "{place} is a mount point: choose a directory inside it.",
            place=place,
            field="out",
        )


def probe_destination(place: Path) -> None:
    """Create the empty directory `place`, to fail early. Raises UserError if that fails."""
    temporary = temporary_path(place.resolve())
    try:
        place.mkdir(parents=True, exist_ok=True)
        temporary.mkdir()
        temporary.rmdir()
    except OSError as error:
        raise _destination_error(place, error) from error


def copy_checkpoint(checkpoint: Path, place: Path) -> None:
    """Copy the files of a checkpoint to `place`, a missing or empty directory, in one step.

    Raises UserError if that fails.
    """
    place = place.resolve()
    temporary = temporary_path(place)
    try:
        _copy_all(checkpoint, temporary)
        if place.is_dir():
            place.rmdir()  # Windows puts no directory in the place of another
        temporary.replace(place)
    except OSError as error:
        raise UserError(
            "The checkpoint could not be copied to {place} ({why}): it is still in {checkpoint}.",
            place=place,
            why=os_reason(error),
            checkpoint=checkpoint,
            field="out",
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _copy_all(source: Path, target: Path) -> None:
    """Copy the files that belong to a checkpoint, and no others."""
    target.mkdir()
    for name in (*MAX_FILE_BYTES, LINE_HASHES):
        if (source / name).is_file():
            shutil.copy2(source / name, target / name)


def _destination_error(place: Path, error: OSError) -> UserError:
    """Return the error for a directory that cannot be created."""
    return UserError(
        "{place} could not be created: {why}.", place=place, why=os_reason(error), field="out"
    )
