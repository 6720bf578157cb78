"""Write a whole checkpoint directory: weights, configuration, log, plot, samples and model card.

A checkpoint directory has the same files on disk, in a .zip and on the Hub. The model card is its
`README.md` (`charrnn.checkpoint.model_card`).
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
from .card_figures import TERMS
from .card_metadata import CardContext
from .format import CONFIG, MAX_WEIGHTS_BYTES, WEIGHTS
from .model_card import NAME, card
from .strict_json import MAX_CONFIG_BYTES

LOG, PICTURE, SAMPLES, CARD = "training_log.csv", "perplexity.png", "samples.json", NAME
MAX_FILE_BYTES: Mapping[str, int] = {
    WEIGHTS: MAX_WEIGHTS_BYTES,
    CONFIG: MAX_CONFIG_BYTES,
    CARD: 1 << 20,
    LOG: 8 << 20,
    PICTURE: 4 << 20,
    SAMPLES: 8 << 20,
}
"""The files of a checkpoint, and the most bytes that each may have."""

LOG_COLUMNS = (
    "step",
    "epoch",
    "seconds",
    "characters_seen",
    "train_perplexity",
    "validation_perplexity",
    "gradient_norm",
    "clipped",
    "learning_rate",
    "characters_per_second",
)
_INK, _ACCENT, _MUTED, _LINE = "#1d1c1a", "#0b6e64", "#b5ad9d", "#a09b8f"


def write_checkpoint_dir(
    checkpoint: Checkpoint,
    directory: Path,
    *,
    log: Sequence[Mapping[str, Any]],
    samples: Sequence[Mapping[str, Any]],
    picture: bool,
) -> None:
    """Write a whole checkpoint directory; the new files replace the old ones in one step.

    `log` holds `progress` events, `samples` holds `sample` events. Plotting takes about half a
    second: without `picture` it is left for the end of a run.
    """
    kept = [{key: sample[key] for key in ("step", "prefix", "text")} for sample in samples]
    files = serialize(checkpoint)
    files[LOG] = log_csv(log).encode()
    while (
        len(data := json.dumps(kept, ensure_ascii=False, indent=2).encode())
        > MAX_FILE_BYTES[SAMPLES]
    ):
        kept = kept[len(kept) // 2 + 1 :]  # of very long prefixes: what could not be opened again
    files[SAMPLES] = data
    if picture and log:
        results = checkpoint.about.get("results") or {}
        files[PICTURE] = plot_perplexity(log, results.get("baselines") or {})
    page = CardContext(picture=PICTURE in files)
    files[CARD] = card(checkpoint, kept, page).encode()
    atomic_write_many(directory, files)


def make_metadata(
    corpus: Corpus,
    *,
    recipe: str,
    training: Mapping[str, Any],
    prefixes: Sequence[str],
    results: Mapping[str, Any],
    started_from: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the metadata of a checkpoint: see `Checkpoint.about`."""
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
    """Write `progress` events as CSV with a header."""
    out = io.StringIO()
    table = csv.DictWriter(out, LOG_COLUMNS, extrasaction="ignore", lineterminator="\n")
    table.writeheader()
    table.writerows(log)
    return out.getvalue()


def plot_perplexity(
    log: Sequence[Mapping[str, Any]], baselines: Mapping[str, float | None]
) -> bytes:
    """Plot a run's perplexities over its time, on a logarithmic scale, as a PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # half a second to import
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullFormatter

    figure = Figure(figsize=(7, 3.6), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    curves = (
        ("train_perplexity", "training", _MUTED, 1.5),
        ("validation_perplexity", "held out", _ACCENT, 2.5),
    )
    for key, label, color, width in curves:
        points = [(event["seconds"], event[key]) for event in log if event[key] is not None]
        if points:
            x, y = zip(*points, strict=True)
            axes.plot(x, y, color=color, linewidth=width, label=f"{label} {y[-1]:.3g}")
    for name, value in baselines.items():
        if value is not None:
            axes.axhline(value, color=_LINE, linewidth=0.8, linestyle=":")
            axes.annotate(
                f"{TERMS.get(name, name)} {value:.4g}",
                (1, value),
                xycoords=("axes fraction", "data"),
                xytext=(-4, 2),
                textcoords="offset points",
                ha="right",
                fontsize=8,
                color=_INK,
                parse_math=False,  # a name may hold anything
            )
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set(xlabel="seconds", ylabel="perplexity")
    axes.grid(axis="y", color="#e4e0d6", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    if axes.lines:
        figure.legend(frameon=False, loc="outside upper left", ncols=2)  # no curve runs there
    out = io.BytesIO()
    figure.savefig(out, format="png")
    return out.getvalue()
