"""The cells of notebooks (.ipynb): all of them, those with text or those with code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import Extract, Part

ALL = "all"
_PARTS = {ALL: ("markdown", "raw", "heading", "code"), "markdown": ("markdown", "heading"),
          "code": ("code",)}  # fmt: skip


def is_notebook(value: object) -> bool:
    """Check whether a JSON file is a notebook."""
    return (
        isinstance(value, dict)
        and "nbformat" in value
        and any(isinstance(value.get(key), list) for key in ("cells", "worksheets"))
    )


def parse_notebook(value: dict[str, Any], wanted: str | None) -> Extract:
    """Return the cells of a notebook, an empty line between them; without their outputs.

    All of them, unless `wanted` is "markdown" or "code".
    """
    cells = list(_cells(value))
    texts = {
        name: "\n\n".join(source for kind, source in cells if kind in kinds and source.strip())
        for name, kinds in _PARTS.items()
    }
    chosen = (wanted or ALL).strip().casefold()
    chosen = chosen if chosen in texts else ALL
    parts = tuple(Part(name, len(text)) for name, text in texts.items() if text)
    return Extract("notebook", texts[chosen], chosen, parts, ALL)


def _cells(notebook: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the kind and the source of each cell; those of format 3 are in worksheets."""
    sheets = notebook.get("worksheets")
    groups = [notebook, *(sheets if isinstance(sheets, list) else [])]
    for group in groups:
        cells = group.get("cells") if isinstance(group, dict) else None
        for cell in cells if isinstance(cells, list) else []:
            if isinstance(cell, dict) and isinstance(cell.get("cell_type"), str):
                yield cell["cell_type"], _source(cell.get("source", cell.get("input")))


def _source(source: object) -> str:
    lines = source if isinstance(source, list) else [source]
    return "".join(line for line in lines if isinstance(line, str))
