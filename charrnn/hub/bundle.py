"""What a push uploads: six files at most, each made or proved here.

Nothing else in the directory is looked at, the corpus and links to other places least of all. The
weights go as they are once they are proved; log and samples are read and written anew, so that
they hold nothing but what they should.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .. import modelcard
from ..artifacts import LOG_COLUMNS, draw, log_csv
from ..checkpoint import CONFIG, WEIGHTS, Checkpoint, contents, load
from ..errors import UserError
from ..generation import side_by_side

LOG, PICTURE, SAMPLES, CARD = "training_log.csv", "perplexity.png", "samples.json", modelcard.NAME
MOST: Mapping[str, int] = {
    WEIGHTS: 64 << 20,
    CONFIG: 1 << 20,
    CARD: 1 << 20,
    LOG: 8 << 20,
    PICTURE: 4 << 20,
    SAMPLES: 8 << 20,
}
"""The files of a model, and how many bytes each may have."""

ALPHAS = (0.5, 1.0, 2.0)  # of the samples in the card
_WRITTEN = 300  # characters of each
_PNG = b"\x89PNG\r\n\x1a\n"
_LINKED = re.compile(r"[a-z0-9][a-z0-9.-]{0,40}")


def collect(
    directory: Path, repo: str, *, licence: str | None = None, space: str | None = None
) -> dict[str, bytes]:
    """The files, by name, that a push of the checkpoint in `directory` to `repo` uploads.

    `licence` is the model's, such as `mit`; `space` is the `owner/name` of a Space where the card
    says that it can be opened. Raises UserError for what is not a sound checkpoint, and for an odd
    licence.
    """
    if licence is not None and not _LINKED.fullmatch(licence):
        raise UserError(
            f"{licence[:40]} is no name of a licence: give one such as mit or cc-by-4.0.",
            field="licence",
        )
    checkpoint, weights = _loaded(directory)
    files = {WEIGHTS: weights, CONFIG: contents(checkpoint)[CONFIG]}
    log = _log(directory) if directory.is_dir() else []
    samples = _samples(directory) if directory.is_dir() else []
    if log:
        files[LOG] = log_csv(log).encode()
        files[PICTURE] = _picture(directory) or draw(log, _baselines(checkpoint))
    if samples:
        files[SAMPLES] = json.dumps(samples, ensure_ascii=False, indent=2).encode()
    # Whatever its owner wrote around the marks on this machine goes with it.
    own = _text(directory, CARD) if directory.is_dir() else None
    page = modelcard.Page(
        repo=repo,
        space=space,
        prefix=(prefix := _prefix(checkpoint)),
        texts=_texts(checkpoint, prefix),
        picture=PICTURE in files,
        licence=licence or (modelcard.licence_in(own) if own else None),
    )
    card = modelcard.card(checkpoint, samples, page)
    files[CARD] = ((modelcard.renewed(own, card) if own else None) or card).encode()
    return files


def _loaded(directory: Path) -> tuple[Checkpoint, bytes]:
    """The checkpoint and the bytes of its weights, of one moment: a run may replace them."""
    path = directory if directory.is_file() else directory / WEIGHTS
    while True:
        before = _state(path)
        checkpoint = load(directory)
        weights = path.read_bytes()
        if _state(path) == before:
            return checkpoint, weights


def _state(path: Path) -> tuple[int, int, int] | None:
    """What changes when a file is replaced; None where there is none."""
    try:
        about = path.stat()
    except OSError:
        return None
    return about.st_ino, about.st_mtime_ns, about.st_size


def _texts(checkpoint: Checkpoint, prefix: str) -> dict[float, str]:
    """What the model writes after its first prefix, by α: the same at each push."""
    written = dict.fromkeys(ALPHAS, prefix)
    seeds = [0] * len(ALPHAS)
    for characters in side_by_side(checkpoint, prefix, _WRITTEN, "sample", ALPHAS, seeds):
        for alpha, one in zip(ALPHAS, characters, strict=True):
            written[alpha] += one.character
    return written


def _prefix(checkpoint: Checkpoint) -> str:
    prefixes = checkpoint.about.get("prefixes") or [""]
    return str(prefixes[0])


def _baselines(checkpoint: Checkpoint) -> dict[str, float | None]:
    return (checkpoint.about.get("results") or {}).get("baselines") or {}


def _bytes(directory: Path, name: str) -> bytes | None:
    """A file of the directory; None if it is not there, not a plain file, or too large."""
    path = directory / name
    try:
        about = path.lstat()
        if not stat.S_ISREG(about.st_mode) or about.st_size > MOST[name]:
            return None
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise UserError(f"{path} could not be read: {why}.", field="checkpoint") from error


def _text(directory: Path, name: str) -> str | None:
    data = _bytes(directory, name)
    return None if data is None else data.decode("utf-8", "replace")


def _picture(directory: Path) -> bytes | None:
    data = _bytes(directory, PICTURE)
    return data if data is not None and data.startswith(_PNG) else None


def _log(directory: Path) -> list[dict[str, Any]]:
    """The rows of the training log; those that are none are left out."""
    return parsed_log(_text(directory, LOG) or "")


def parsed_log(text: str) -> list[dict[str, Any]]:
    """The rows of a training log, as numbers; a cell that is none is None.

    Rows without a step and a time are left out.
    """
    rows = csv.DictReader(io.StringIO(text.replace("\0", ""), newline=""))
    try:
        numbers = [{name: _number(row.get(name)) for name in LOG_COLUMNS} for row in rows]
    except csv.Error:  # a cell of more than 128 kB
        return []
    return [row for row in numbers if row["step"] is not None and row["seconds"] is not None]


def curve_in(log: str, most: int) -> list[float] | None:
    """The perplexities of a training log, held-out where there are any, the last of them and as
    many before it as `most` allows; None if there is none."""
    rows = parsed_log(log)
    for key in ("validation_perplexity", "train_perplexity"):
        values = [row[key] for row in rows if row[key] is not None and row[key] > 0]
        if values:
            step = max(1, math.ceil(len(values) / most))
            return values[::-step][::-1]
    return None


def _number(cell: object) -> float | int | None:
    try:
        value = float(str(cell))
    except ValueError:
        return None
    if not math.isfinite(value):
        return None
    return int(value) if str(cell).isdigit() and len(str(cell)) < 16 else value


def _samples(directory: Path) -> list[dict[str, Any]]:
    """What the model wrote while it was trained; an entry that is not such a text is left out."""
    try:
        entries = json.loads(_text(directory, SAMPLES) or "[]")
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
    return isinstance(value, str) and not re.search("[\ud800-\udfff]", value)
