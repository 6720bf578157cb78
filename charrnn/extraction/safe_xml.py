"""Parse untrusted XML with expat, without entities and down to a limited depth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from xml.parsers import expat

from . import DamagedFileError

_MAX_DEPTH = 1_000

Start = Callable[[str, Mapping[str, str]], None]
End = Callable[[str], None]
Data = Callable[[str], None]


def parse(data: bytes, *, start: Start, end: End | None = None, text: Data | None = None) -> None:
    """Parse a document, and call `start`, `end` and `text` as expat does.

    The names of tags and attributes have no namespace. Raises DamagedFileError for XML that is not
    well-formed, is nested too deeply, or declares entities.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    depth = 0

    def open_tag(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _MAX_DEPTH:
            raise DamagedFileError
        start(_local(tag), {_local(name): value for name, value in attributes.items()})

    def close_tag(tag: str) -> None:
        nonlocal depth
        depth -= 1
        if end is not None:
            end(_local(tag))

    def refuse(*_: Any) -> None:
        raise DamagedFileError

    parser.StartElementHandler, parser.EndElementHandler = open_tag, close_tag
    parser.EntityDeclHandler = refuse
    if text is not None:
        parser.CharacterDataHandler = text
    parser.buffer_text = True
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise DamagedFileError from error


def _local(name: str) -> str:
    """Return a name without its namespace."""
    return name.rpartition(" ")[2]
