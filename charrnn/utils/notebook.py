"""How objects show themselves in a notebook: tables, tints, bars and curves, all texts escaped."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape

Points = Sequence[tuple[float, float]]

_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 560, 180, 48, 22, 18  # of a picture, in pixels
_MAX_POINTS = 200  # of a curve
# Each is seen on a light and on a dark background, and has dashes of its own.
_STROKES = (("#d9773f", ""), ("#5b8bd0", "5 3"))

_CELL = 'style="text-align:left;padding:2px 12px 2px 0"'


def html_table(title: str, rows: Mapping[str, object]) -> str:
    """Return a table of names and values with a title; None is left out."""
    lines = [
        f"<tr><td {_CELL}>{escape(name)}</td><td {_CELL}>{escape(_shown(value))}</td></tr>"
        for name, value in rows.items()
        if value is not None
    ]
    return f"<div><b>{escape(title)}</b><table>{''.join(lines)}</table></div>"


def html_tints(pieces: Iterable[tuple[str, float, str]]) -> str:
    """Return a text whose pieces (text, strength from 0 to 1, hint) are tinted.

    The color works on a light and on a dark background.
    """
    spans = []
    for text, strength, hint in pieces:
        style = f"background:rgba(226,140,86,{min(max(strength, 0.0), 1.0):.2f})"
        shown = escape(text).replace("\n", "⏎\n")
        spans.append(f'<span style="{style}" title="{escape(hint, quote=True)}">{shown}</span>')
    return f'<pre style="white-space:pre-wrap;line-height:1.6">{"".join(spans)}</pre>'


def html_bar(fraction: float | None, label: str) -> str:
    """Return a progress bar with a label below; without a fraction from 0 to 1, only the label."""
    bar = ""
    if fraction is not None:
        percent = f"{100 * min(max(fraction, 0.0), 1.0):.0f}"
        bar = (
            f'<div role="progressbar" aria-valuemin="0" aria-valuemax="100" '
            f'aria-valuenow="{percent}" style="width:{_WIDTH}px;max-width:100%;height:8px;'
            f'border-radius:4px;background:rgba(128,128,128,0.3)"><div style="width:{percent}%;'
            f'height:8px;border-radius:4px;background:{_STROKES[0][0]}"></div></div>'
        )
    return f"{bar}<div>{escape(label)}</div>"


def html_curves(title: str, curves: Mapping[str, Points]) -> str:
    """Return curves of positive values, by name, on a logarithmic axis; "" before two points.

    A value that is not finite or not positive is left out, and a long curve is thinned.
    """
    drawn = {name: _thinned(points) for name, points in curves.items()}
    drawn = {name: points for name, points in drawn.items() if len(points) > 1}
    if not drawn:
        return ""
    x_values = [x for points in drawn.values() for x, _ in points]
    y_values = [math.log(y) for points in drawn.values() for _, y in points]
    left, right, low, high = min(x_values), max(x_values), min(y_values), max(y_values)

    def x_of(x: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - 8) * (x - left) / (right - left or 1)

    def y_of(log_y: float) -> float:
        return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (high - log_y) / (high - low or 1)

    parts = [_label(_LEFT, 12, title)]
    for place in dict.fromkeys((low, (low + high) / 2, high)):
        parts.append(_label(2, y_of(place) + 4, f"{math.exp(place):.3g}"))
        parts.append(
            f'<path d="M{_LEFT} {y_of(place):.1f}H{_WIDTH - 8}" stroke="currentColor" '
            f'stroke-opacity="0.2"/>'
        )
    parts.append(_label(_LEFT, _HEIGHT - 4, f"{left:.3g}"))
    parts.append(_label(_WIDTH - 8, _HEIGHT - 4, f"{right:.3g}", anchor="end"))
    for number, (name, points) in enumerate(drawn.items()):
        color, dashes = _STROKES[list(curves).index(name) % len(_STROKES)]
        line = " ".join(f"{x_of(x):.1f},{y_of(math.log(y)):.1f}" for x, y in points)
        parts.append(
            f'<polyline points="{line}" fill="none" stroke="{color}" stroke-width="2" '
            f'stroke-dasharray="{dashes}"/>'
        )
        right_of_name = _WIDTH - 8 - 100 * number
        parts.append(_label(right_of_name - 24, 12, name, anchor="end"))
        parts.append(
            f'<path d="M{right_of_name - 18} 8h18" stroke="{color}" stroke-width="2" '
            f'stroke-dasharray="{dashes}"/>'
        )
    return (
        f'<svg role="img" aria-label="{escape(title, quote=True)}" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
        f' style="width:{_WIDTH}px;max-width:100%;display:block">{"".join(parts)}</svg>'
    )


def html_lines(texts: Iterable[str]) -> str:
    """Return each text that is not empty as a line of its own."""
    return "".join(
        f'<div style="white-space:pre-wrap;overflow-wrap:anywhere">{escape(text)}</div>'
        for text in texts
        if text
    )


def _thinned(points: Points) -> list[tuple[float, float]]:
    """Return the points that can be drawn, at most so many, the last one among them."""
    good = [(x, y) for x, y in points if math.isfinite(x) and math.isfinite(y) and y > 0]
    return good[::-1][:: max(1, math.ceil(len(good) / _MAX_POINTS))][::-1]


def _label(x: float, y: float, text: str, *, anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="11" text-anchor="{anchor}" fill="currentColor">'
        f"{escape(text)}</text>"
    )


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)
