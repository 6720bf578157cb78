"""Rules for the JSON of the page's and the endpoints' requests, checked before Gradio reads it.

Requests of MCP clients have rules of their own (`mcp_server.tool`).

Gradio fetches the URL of any value that looks like a file, compiles the name of a server function
as a pattern, and names tasks after a session. So files must be named by the path of their upload,
functions must exist, and ids must be plain.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Collection
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.block_function import BlockFunction
from gradio.components.api_component import Api

from ...runs.uploads import path_within
from .asgi import RequestUserError

MAX_SMALL_BYTES = 1 << 20
"""Size of a body without a long text."""
MAX_TEXT_BYTES = 16 << 20
"""Size of a body with a long text, whatever the limit on uploads."""
MAX_DEPTH = 32

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CALLS = ("queue/join", "run/", "call/")
_CALL_BY_NAMES = "call/v2/"  # whose body has the arguments by their names
_FILE_TYPE = "gradio.FileData"
_FILE_KEYS = ("path", "orig_name", "size", "mime_type")


def max_text_body_bytes(upload: int) -> int:
    """Return the size limit of a body with a long text, given that of an upload.

    In JSON, quotes and line ends take two bytes each.
    """
    return min(2 * upload, MAX_TEXT_BYTES)


def parse_json(body: bytes | bytearray) -> Any:
    """Parse a JSON body. Raises RequestUserError for one that is invalid or nested too deeply."""
    try:
        value = json.loads(body.decode("utf-8-sig"))
    except RecursionError:
        raise _too_deep() from None
    except ValueError:  # wrong encoding or syntax, or a number of thousands of digits
        raise RequestUserError("The body of this request is not JSON in UTF-8.") from None
    _check_depth(value)
    return value


def is_call(endpoint: str) -> bool:
    """Return whether a path after /gradio_api/ calls a function of `Blocks.fns`."""
    return endpoint.startswith(_CALLS)


def check_call(
    body: dict[str, Any], endpoint: str, blocks: gr.Blocks, size: int, long_texts: Collection[str]
) -> None:
    """Raise RequestUserError for an unknown function, no list of values, or too large a body.

    Values that a caller of an endpoint left out at the end get their defaults: so an endpoint may
    have another parameter, and programs that were written before it go on working. `size` is the
    size of the body in bytes. Only functions whose endpoint, or one of whose input fields, is among
    the names `long_texts` take a long text.
    """
    function = _function(body, endpoint, blocks)
    names = {function.api_name, *(getattr(block, "elem_id", None) for block in function.inputs)}
    if size > MAX_SMALL_BYTES and names.isdisjoint(long_texts):
        raise too_large(MAX_SMALL_BYTES)
    if endpoint.startswith(_CALL_BY_NAMES):
        return
    data = body.get("data")
    if not isinstance(data, list):
        raise RequestUserError("The body of this request needs a list named {name}.", name="data")
    data.extend(_defaults(function)[len(data) :])


def _defaults(function: BlockFunction) -> list[Any]:
    """Return the default of each parameter of an endpoint; nothing for an event of the page."""
    if all(isinstance(block, Api) for block in function.inputs):
        return [getattr(block, "value", None) for block in function.inputs]
    return []


def check_server_function(body: dict[str, Any], blocks: gr.Blocks) -> None:
    """Raise RequestUserError for a function that the component does not have."""
    number, name = body.get("component_id"), body.get("fn_name")
    component = blocks.blocks.get(number) if type(number) is int else None
    offered = [function.__name__ for function in getattr(component, "server_fns", ())]
    if name not in offered:
        raise RequestUserError("There is no such function.", status=404)


def check_ids(body: dict[str, Any], endpoint: str) -> None:
    """Raise RequestUserError for a session or an event that is not a plain id.

    A function that is run without a session gets one: the one that Gradio would make is costly
    (`sessions`).
    """
    if endpoint.startswith("run/") and body.get("session_hash") is None:
        body["session_hash"] = secrets.token_hex(16)
    for name in ("session_hash", "event_id"):
        given = body.get(name)
        if given is not None and not (isinstance(given, str) and _ID.fullmatch(given)):
            raise RequestUserError("{name} must have 1 to 64 letters, digits, - and _.", name=name)


def check_files(value: object, folder: Path) -> None:
    """Raise RequestUserError for a file whose path is not that of an upload in `folder`.

    Every value at any depth that Gradio would treat as a file is checked. Only the descriptive
    fields of a file are kept, and no URL.
    """
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, dict):
            waiting.extend(one.values())
            if isinstance(one.get("path"), str) and "meta" in one:
                _check_file(one, folder)


def too_large(most: int) -> RequestUserError:
    """Build the error for a body of more than `most` bytes."""
    return RequestUserError(
        "This request is larger than {size} MB, the limit here. Upload a long text as a file "
        "instead.",
        size=most >> 20,
        status=413,
    )


def _check_file(file: dict[str, Any], folder: Path) -> None:
    if path_within(folder, file["path"]) is None:
        raise RequestUserError("That file has not been uploaded to this app: upload it first.")
    described = {key: file[key] for key in _FILE_KEYS if key in file}
    file.clear()
    file.update(described, meta={"_type": _FILE_TYPE})


def _check_depth(value: object) -> None:
    """Raise RequestUserError for nested lists and objects that are too deep, level by level."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return
    if any(isinstance(inner, dict | list) for inner in level):
        raise _too_deep()


def _too_deep() -> RequestUserError:
    return RequestUserError(
        "The JSON of this request is nested too deeply: at most {most} levels are allowed.",
        most=MAX_DEPTH,
    )


def _function(body: dict[str, Any], endpoint: str, blocks: gr.Blocks) -> BlockFunction:
    """Return the function that Gradio will call: by its number, or by the name in the path."""
    number = None if endpoint.startswith("call/") else body.get("fn_index")
    if number is None:
        name = endpoint.rpartition("/")[2] if endpoint != "queue/join" else None
        found = next((f for f in blocks.fns.values() if name and f.api_name == name), None)
    else:
        found = blocks.fns.get(number) if type(number) is int else None
    if found is None:
        raise RequestUserError("There is no such function.", status=404)
    return found
