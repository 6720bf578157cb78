"""Plot the perplexities of a run, as a checkpoint directory holds them."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .card_figures import TERMS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INK, _ACCENT, _MUTED, _LINE, _GRID = "#1d1c1a", "#0b6e64", "#b5ad9d", "#a09b8f", "#e4e0d6"
# Field of a `progress` event, label, color and line width.
_CURVES = (
    ("train_perplexity", "training", _MUTED, 1.5),
    ("validation_perplexity", "held out", _ACCENT, 2.5),
)


def plot_perplexity(
    log: Sequence[Mapping[str, Any]], baselines: Mapping[str, float | None]
) -> bytes:
    """Plot the perplexities of `progress` events over time, on a logarithmic scale, as a PNG.

    The perplexities of the baselines are dotted lines.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # half a second to import
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3.6), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for key, label, color, width in _CURVES:
        points = [(event["seconds"], event[key]) for event in log if event[key] is not None]
        if points:
            x, y = zip(*points, strict=True)
            axes.plot(x, y, color=color, linewidth=width, label=f"{label} {y[-1]:.3g}")
    for name, value in baselines.items():
        if value is not None:
            _draw_baseline(axes, f"{TERMS.get(name, name)} {value:.4g}", value)
    _style(axes)
    if axes.lines:
        figure.legend(frameon=False, loc="outside upper left", ncols=2)  # no curve runs there
    out = io.BytesIO()
    figure.savefig(out, format="png")
    return out.getvalue()


def _draw_baseline(axes: Axes, label: str, perplexity: float) -> None:
    """Draw a horizontal line with its label at the right."""
    axes.axhline(perplexity, color=_LINE, linewidth=0.8, linestyle=":")
    axes.annotate(
        label,
        (1, perplexity),
        xycoords=("axes fraction", "data"),
        xytext=(-4, 2),
        textcoords="offset points",
        ha="right",
        fontsize=8,
        color=_INK,
        parse_math=False,  # a name may contain anything
    )


def _style(axes: Axes) -> None:
    """Set scale, ticks, labels and grid."""
    from matplotlib.ticker import LogLocator, NullFormatter

    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set(xlabel="seconds", ylabel="perplexity")
    axes.grid(axis="y", color=_GRID, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
