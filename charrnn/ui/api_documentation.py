"""Add endpoints with a description of each parameter, from the docstrings of their functions.

Gradio's API documentation (`/gradio_api/info`, `/gradio_api/openapi.json`) has the types of
parameters and results. By itself it takes only the first paragraphs of a docstring.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

from gradio.context import get_blocks_context
from gradio.events import api

_ENTRY = re.compile(r"    (\w+): (.*)")  # of a parameter; the lines that follow are indented more


def add_endpoints(*functions: Callable[..., Any]) -> None:
    """Add each function as an endpoint of its name to the Blocks that are open now."""
    for function in functions:
        _add_endpoint(function)


def _add_endpoint(function: Callable[..., Any]) -> None:
    number = api(function, api_name=function.__name__)["id"]
    parameters, result = describe_function(function)
    added = get_blocks_context().fns[number]  # type: ignore[union-attr]
    names = inspect.signature(function).parameters  # the request, which comes last, has no block
    for block, name in zip(added.inputs, names, strict=False):
        _describe(block, name, parameters[name])
    for block in added.outputs:
        _describe(block, "result", result)


def describe_function(function: Callable[..., Any]) -> tuple[dict[str, str], str]:
    """Return the descriptions of a function's parameters by name, and that of its result."""
    sections: dict[str, list[str]] = {"Parameters:": [], "Returns:": []}
    lines: list[str] = []
    for line in (inspect.getdoc(function) or "").splitlines():
        if line and not line.startswith(" "):
            lines = sections.get(line, [])
        elif line:
            lines.append(line)
    parameters: dict[str, list[str]] = {}
    for line in sections["Parameters:"]:
        if entry := _ENTRY.fullmatch(line):
            parameters[entry[1]] = [entry[2]]
        else:
            parameters[list(parameters)[-1]].append(line.strip())
    described = {name: " ".join(text) for name, text in parameters.items()}
    return described, " ".join(line.strip() for line in sections["Returns:"])


def _describe(block: Any, label: str, text: str) -> None:
    """Describe a value; `additional_description` is what gradio_client shows."""
    block.label = label
    block._api_info = {**block._api_info, "description": text, "additional_description": text}
