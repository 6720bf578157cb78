"""Build the files that a push uploads: six, each validated or generated here, and maybe hashes.

Nothing else in the directory is read, least of all the corpus and links to other places. The
weights are uploaded as they are once they are validated. Log and samples are parsed and written
again, so that they hold nothing but what they should.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..checkpoint import Checkpoint, load, model_card, owner_card, serialize
from ..checkpoint.card_metadata import CardContext
from ..checkpoint.dataset_of_model import dataset_corpus
from ..checkpoint.files import log_csv
from ..checkpoint.format import CARD, CONFIG, LOG, PICTURE, SAMPLES, WEIGHTS
from ..checkpoint.known_lines import LINE_HASHES
from ..checkpoint.logs import bytes_of, log_of, samples_of, text_of
from ..checkpoint.plot import plot_perplexity
from ..errors import UserError, short_repr
from ..generation import iter_side_by_side
from ..generation.config import GenerationConfig
from ..inspection.recitation import measure_recitation
from .repo_id import is_id

ALPHAS = (1.0, 0.5, 2.0)  # of the samples in the card, the model's own distribution first
_PLOTTED = ("train_perplexity", "validation_perplexity")
_SAMPLE_CHARACTERS = 300  # characters of each
_PNG = b"\x89PNG\r\n\x1a\n"
_LINKED = re.compile(r"[a-z0-9][a-z0-9.-]{0,40}")


def build(
    directory: Path,
    repo: str,
    *,
    license: str | None = None,
    space: str | None = None,
    line_hashes: bool = False,
) -> dict[str, bytes]:
    """Return the files, by name, that a push of the checkpoint in `directory` to `repo` uploads.

    `license` is the model's, such as `mit`. `space` is the `owner/name` of a Space for the card to
    link to. `line_hashes` asks for the hashes of the lines that the model was trained on. Raises
    UserError for an invalid checkpoint, for one without such hashes, and for a malformed license or
    Space.
    """
    if license is not None and not _LINKED.fullmatch(license):
        raise UserError(
            "{license} is not the name of a license: give one such as mit or cc-by-4.0.",
            license=license[:40],
            field="license",
        )
    if space and ("@" in space or not is_id(space)):
        raise UserError(
            "{space} is not the name of a Space: write it as owner/name.",
            space=short_repr(space),
            field="space",
        )
    checkpoint, weights = _loaded(directory)
    add_recitation(checkpoint)
    files = {WEIGHTS: weights, CONFIG: serialize(checkpoint)[CONFIG]}
    if line_hashes:
        if checkpoint.known_lines is None:
            raise UserError(
                "There are no hashes of lines beside this model: it was not trained on lines.",
                field="line_hashes",
            )
        files[LINE_HASHES] = checkpoint.known_lines.serialize()
    log = log_of(directory) if directory.is_dir() else []
    samples = samples_of(directory) if directory.is_dir() else []
    if log:
        files[LOG] = log_csv(log).encode()
        files[PICTURE] = _picture(directory) or plot_perplexity(
            *_plottable(log, _baselines(checkpoint))
        )
    if samples:
        files[SAMPLES] = json.dumps(samples, ensure_ascii=False, indent=2).encode()
    # Whatever its owner has written into the card on this machine goes with it.
    own = text_of(directory, CARD) if directory.is_dir() else None
    page = CardContext(
        repo=repo,
        space=space,
        prefix=(prefix := _prefix(checkpoint)),
        texts=_texts(checkpoint, prefix),
        picture=PICTURE in files,
        license=license or (owner_card.license_in(own) if own else None),
    )
    card = model_card.card(checkpoint, samples, page)
    files[CARD] = ((owner_card.update_card(own, card) if own else None) or card).encode()
    return files


def _loaded(directory: Path) -> tuple[Checkpoint, bytes]:
    """Load the checkpoint with the bytes of its weights, which a run may replace meanwhile."""
    path = directory if directory.is_file() else directory / WEIGHTS
    while True:
        before = _state(path)
        checkpoint = load(directory)
        weights = path.read_bytes()
        if _state(path) == before:
            return checkpoint, weights


def _state(path: Path) -> tuple[int, int, int] | None:
    """Return what changes when a file is replaced; None where there is no file."""
    try:
        info = path.stat()
    except OSError:
        return None
    return info.st_ino, info.st_mtime_ns, info.st_size


def _texts(checkpoint: Checkpoint, prefix: str) -> dict[float, str]:
    """Generate a sample for each α after the model's first prefix: the same at each push."""
    written = dict.fromkeys(ALPHAS, prefix)
    configs = [GenerationConfig(_SAMPLE_CHARACTERS, alpha=alpha, seed=0) for alpha in ALPHAS]
    for characters in iter_side_by_side(checkpoint, prefix, configs):
        for alpha, one in zip(ALPHAS, characters, strict=True):
            written[alpha] += one.character if one else ""
    return written


def add_recitation(checkpoint: Checkpoint) -> None:
    """Measure how much a model recites, if a run has not done so and its text is a dataset."""
    with suppress(UserError):  # of a model that says wrong things about its training
        corpus = None if "recitation" in checkpoint.about else dataset_corpus(checkpoint)
        if corpus and (found := measure_recitation(checkpoint, corpus, _prefix(checkpoint))):
            checkpoint.about["recitation"] = found


def _prefix(checkpoint: Checkpoint) -> str:
    prefixes = checkpoint.about.get("prefixes") or [""]
    return str(prefixes[0])


def _baselines(checkpoint: Checkpoint) -> dict[str, float | None]:
    return (checkpoint.about.get("results") or {}).get("baselines") or {}


def _plottable(
    log: list[dict[str, Any]], baselines: Mapping[str, float | None]
) -> tuple[list[dict[str, Any]], dict[str, float]]:
    """Keep the numbers that a chart has room for: a stranger's may be of any size."""

    def within(number: float | None, least: float, most: float) -> bool:
        return number is not None and least <= number <= most

    rows = [
        {"seconds": row["seconds"]}
        | {key: row[key] if within(row[key], 0.1, 1e12) else None for key in _PLOTTED}
        for row in log
        if within(row["seconds"], 0, 1e9)
    ]
    return rows, {n: p for n, p in baselines.items() if p is not None and within(p, 0.1, 1e12)}


def _picture(directory: Path) -> bytes | None:
    data = bytes_of(directory, PICTURE)
    return data if data is not None and data.startswith(_PNG) else None
