"""Extract the cells of Jupyter notebooks (.ipynb): all, those of Markdown, or those of code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import Extract, Part

ALL = "all"
# The types of cells in each part.
_PARTS = {
    ALL: ("markdown", "raw", "heading", "code"),
    "markdown": ("markdown", "heading"),
    "code": ("code",),
}


def is_notebook(value: object) -> bool:
    """Return whether the value of a JSON file is a notebook."""
    return (
        isinstance(value, dict)
        and "nbformat" in value
        and any(isinstance(value.get(key), list) for key in ("cells", "worksheets"))
    )


def parse_notebook(
    value: dict[str, Any], wanted: str | None, *, listed_only: bool = False
) -> Extract:
    """Return the cells of a notebook with an empty line between them, without their outputs.

    All cells are returned unless `wanted` is "markdown" or "code". With `listed_only` the parts are
    listed, and no text is returned.
    """
    cells = list(_cells(value))
    texts = {
        name: "\n\n".join(source for kind, source in cells if kind in kinds and source.strip())
        for name, kinds in _PARTS.items()
    }
    chosen = (wanted or ALL).strip().casefold()
    chosen = chosen if chosen in texts else ALL
    parts = tuple(Part(name, len(text)) for name, text in texts.items() if text)
    return Extract("notebook", None if listed_only else texts[chosen], chosen, parts, ALL)


def _cells(notebook: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the type and the source of each cell. In format 3, cells are in worksheets."""
    sheets = notebook.get("worksheets")
    groups = [notebook, *(sheets if isinstance(sheets, list) else [])]
    for group in groups:
        cells = group.get("cells") if isinstance(group, dict) else None
        for cell in cells if isinstance(cells, list) else []:
            if isinstance(cell, dict) and isinstance(cell.get("cell_type"), str):
                yield cell["cell_type"], _source(cell.get("source", cell.get("input")))


def _source(source: object) -> str:
    """Return the text of a cell, which is a string or a list of lines."""
    lines = source if isinstance(source, list) else [source]
    return "".join(line for line in lines if isinstance(line, str))
