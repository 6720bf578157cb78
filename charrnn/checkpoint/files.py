"""Write a whole checkpoint directory: weights, configuration, log, plot, samples and model card.

A checkpoint directory has the same files on disk, in a .zip and on the Hub (`format.py`).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..corpus import Corpus
from ..utils.atomic import atomic_write_many
from . import Checkpoint, serialize
from .card_metadata import CardContext
from .format import CARD, LOG, LOG_COLUMNS, MAX_FILE_BYTES, PICTURE, SAMPLES
from .model_card import card
from .plot import plot_perplexity


def write_checkpoint_dir(
    checkpoint: Checkpoint,
    directory: Path,
    *,
    log: Sequence[Mapping[str, Any]],
    samples: Sequence[Mapping[str, Any]],
    picture: bool,
) -> None:
    """Write a whole checkpoint directory; the new files replace the old ones in one step.

    `log` holds `progress` events, and `samples` holds `sample` events. `picture` asks for the plot,
    which takes about half a second, so a run makes it at its end only.
    """
    kept = [{key: sample[key] for key in ("step", "prefix", "text")} for sample in samples]
    files = serialize(checkpoint)
    files[LOG] = log_csv(log).encode()
    while len(data := _as_json(kept)) > MAX_FILE_BYTES[SAMPLES]:  # then it could not be opened
        kept = kept[len(kept) // 2 + 1 :]
    files[SAMPLES] = data
    if picture and log:
        results = checkpoint.about.get("results") or {}
        files[PICTURE] = plot_perplexity(log, results.get("baselines") or {})
    files[CARD] = card(checkpoint, kept, CardContext(picture=PICTURE in files)).encode()
    atomic_write_many(directory, files)


def _as_json(samples: Sequence[Mapping[str, Any]]) -> bytes:
    return json.dumps(samples, ensure_ascii=False, indent=2).encode()


def make_metadata(
    corpus: Corpus,
    *,
    recipe: str,
    training: Mapping[str, Any],
    prefixes: Sequence[str],
    results: Mapping[str, Any],
    started_from: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the metadata of a checkpoint that was trained on `corpus`, `Checkpoint.about`."""
    start = {} if started_from is None else {"started_from": dict(started_from)}
    return {
        "name": corpus.name,
        "corpus": {**corpus.names(), "characters": len(corpus.ids)},
        "recipe": recipe,
        "training": dict(training),
        "prefixes": list(prefixes),
        "results": dict(results),
        **start,
    }


def log_csv(log: Iterable[Mapping[str, Any]]) -> str:
    """Return `progress` events as CSV with a header, the columns `LOG_COLUMNS`."""
    out = io.StringIO()
    table = csv.DictWriter(out, LOG_COLUMNS, extrasaction="ignore", lineterminator="\n")
    table.writeheader()
    table.writerows(log)
    return out.getvalue()
