"""How objects show themselves in a notebook: small tables, with every text escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

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


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)
