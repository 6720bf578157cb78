"""Read the training log and the samples of a checkpoint that a stranger may have made."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import stat
from pathlib import Path
from typing import Any

from ..errors import UserError, os_reason
from .format import LOG, LOG_COLUMNS, MAX_FILE_BYTES, SAMPLES

_CURVES = ("validation_perplexity", "train_perplexity")
_MIN_CURVE_POINTS = 4
_BLOB = re.compile("[0-9a-f]{64}")  # the name of a blob that several repositories share


def log_of(directory: Path) -> list[dict[str, Any]]:
    """Return the rows of a checkpoint's training log (`parsed_log`); none without a log.

    Raises UserError if the file cannot be read.
    """
    return parsed_log(text_of(directory, LOG) or "")


def parsed_log(text: str) -> list[dict[str, Any]]:
    """Return the rows of a training log by the names in `LOG_COLUMNS`.

    A cell that is no number becomes None. Rows without a step and a time are left out.
    """
    rows = csv.DictReader(io.StringIO(text.replace("\0", ""), newline=""))
    try:
        numbers = [{name: _number(row.get(name)) for name in LOG_COLUMNS} for row in rows]
    except csv.Error:  # a cell of more than 128 kB
        return []
    return [row for row in numbers if row["step"] is not None and row["seconds"] is not None]


def curve_in(log: str, most: int) -> list[float] | None:
    """Return at most `most` perplexities of a training log, for a curve; None if there are none.

    They are those on held-out text, or on the training text if there are too few of the former. The
    last one is always among them.
    """
    rows = parsed_log(log)
    held, train = ([row[key] for row in rows if row[key] and row[key] > 0] for key in _CURVES)
    # A row without a new measurement repeats the last one.
    held = [p for p, before in zip(held, [None, *held], strict=False) if p != before]
    values = held if len(held) >= min(_MIN_CURVE_POINTS, len(train) or 1) else train
    step = max(1, math.ceil(len(values) / most))
    return values[::-step][::-1] or None


def _number(cell: object) -> float | int | None:
    try:
        value = float(str(cell))
    except ValueError:
        return None
    if not math.isfinite(value):
        return None
    return int(value) if str(cell).isdigit() and len(str(cell)) < 16 else value


def samples_of(directory: Path) -> list[dict[str, Any]]:
    """Return the samples written during training, with `step`, `prefix` and `text`.

    Malformed entries are left out. Raises UserError if the file cannot be read.
    """
    try:
        entries = json.loads(text_of(directory, SAMPLES) or "[]")
    except (ValueError, RecursionError):
        return []
    return [
        {"step": entry["step"], "prefix": entry["prefix"], "text": entry["text"]}
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, dict)
        and type(entry.get("step")) is int
        and all(_sendable(entry.get(key)) for key in ("prefix", "text"))
    ]


def _sendable(value: object) -> bool:
    """Return whether a value is a string without surrogates, which JSON could not carry."""
    return isinstance(value, str) and not re.search("[\ud800-\udfff]", value)


def bytes_of(directory: Path, name: str) -> bytes | None:
    """Return the content of a file in a checkpoint's directory.

    None if there is none, if it is too large, or neither a regular file nor one in the Hub's cache.
    Raises UserError if it cannot be read.
    """
    path = directory / name
    try:
        info = path.stat() if _is_cached(path) else path.lstat()
        if not stat.S_ISREG(info.st_mode) or info.st_size > MAX_FILE_BYTES[name]:
            return None
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UserError(
            "{text} could not be read: {why}.", text=name, why=os_reason(error), field="checkpoint"
        ) from error


def _is_cached(path: Path) -> bool:
    """Return whether a path is a link of the Hub's cache that leads to a blob of that cache."""
    if not path.is_symlink() or path.parent.parent.name != "snapshots":
        return False
    repo, target = path.parents[2].resolve(), path.resolve()
    shared = target.parents[2] == repo.parent and _BLOB.fullmatch(target.name) is not None
    return target.parent == repo / "blobs" or (shared and target.parents[1].name == "blobs")


def text_of(directory: Path, name: str) -> str | None:
    """Return the content of a file as `bytes_of` does, as text; invalid UTF-8 is replaced."""
    data = bytes_of(directory, name)
    return None if data is None else data.decode("utf-8", "replace")
