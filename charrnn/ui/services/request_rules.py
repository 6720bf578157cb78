"""What the JSON of a request has to be like, before Gradio looks into it.

Gradio fetches the URL of anything that looks like a file, compiles the name of a server function
as a pattern, and names tasks after a session. So files are named by the path of their upload alone,
functions are those that there are, and ids are plain.
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

from ...runs.uploads import path_within
from .asgi import RequestUserError

MAX_SMALL_BYTES = 1 << 20
"""Of the body of a request that carries no long text."""
MAX_TEXT_BYTES = 16 << 20
"""Of the body of one that may, at most."""
MAX_DEPTH = 32

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CALLS = ("queue/join", "run/", "call/")
_FILE_TYPE = "gradio.FileData"
_FILE_KEYS = ("path", "orig_name", "size", "mime_type")


def max_text_body_bytes(upload: int) -> int:
    """Bytes that a body with a long text may have, where an upload may have `upload`: in JSON,
    quotes and line ends are two bytes each."""
    return min(2 * upload, MAX_TEXT_BYTES)


def parse_json(body: bytes | bytearray) -> Any:
    """The value of a body of JSON. Raises RequestUserError for one that is none, or whose lists and
    objects are nested too deeply."""
    try:
        value = json.loads(body.decode("utf-8-sig"))
    except RecursionError:
        raise _too_deep() from None
    except ValueError:  # of the encoding, the syntax, or a number of thousands of digits
        raise RequestUserError("The body of this request is not JSON in UTF-8.") from None
    _check_depth(value)
    return value


def is_call(endpoint: str) -> bool:
    """Whether a path after /gradio_api/ calls a function of `Blocks.fns`."""
    return endpoint.startswith(_CALLS)


def check_call(
    body: dict[str, Any], endpoint: str, blocks: gr.Blocks, size: int, long_texts: Collection[str]
) -> None:
    """Raise RequestUserError for a call of a function that there is not, and for a body of `size`
    bytes that is too large for its function. Long texts are for functions whose endpoint, or a
    field among whose inputs, has one of the names `long_texts`."""
    function = _function(body, endpoint, blocks)
    names = {function.api_name, *(getattr(block, "elem_id", None) for block in function.inputs)}
    if size > MAX_SMALL_BYTES and names.isdisjoint(long_texts):
        raise too_large(MAX_SMALL_BYTES)


def check_server_function(body: dict[str, Any], blocks: gr.Blocks) -> None:
    """Raise RequestUserError for a function that the component does not offer."""
    number, name = body.get("component_id"), body.get("fn_name")
    component = blocks.blocks.get(number) if type(number) is int else None
    offered = [function.__name__ for function in getattr(component, "server_fns", ())]
    if name not in offered:
        raise RequestUserError("There is no such function.", status=404)


def check_ids(body: dict[str, Any], endpoint: str) -> None:
    """Raise RequestUserError for a session or an event that is not a plain id. A function that is
    run without a session gets one, since Gradio makes a costly one of its own (`sessions`)."""
    if endpoint.startswith("run/") and body.get("session_hash") is None:
        body["session_hash"] = secrets.token_hex(16)
    for name in ("session_hash", "event_id"):
        given = body.get(name)
        if given is not None and not (isinstance(given, str) and _ID.fullmatch(given)):
            raise RequestUserError("{name} must have 1 to 64 letters, digits, - and _.", name=name)


def check_files(value: object, folder: Path) -> None:
    """Raise RequestUserError for anything that Gradio would take for a file, at whatever depth,
    unless its path is that of an upload in `folder`. Of such a file only what describes it is left,
    and no URL."""
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
    """The error for a body of more than `most` bytes."""
    return RequestUserError(
        "This request is larger than {size} MB, which is the most here. Upload a long text "
        "as a file instead.",
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
    """Level by level: what is deeper than a number of levels is never looked at."""
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
        "The JSON of this request is nested too deeply: {most} levels are the most here.",
        most=MAX_DEPTH,
    )


def _function(body: dict[str, Any], endpoint: str, blocks: gr.Blocks) -> BlockFunction:
    """The function that Gradio will call: by its number, or by the name in the path."""
    number = None if endpoint.startswith("call/") else body.get("fn_index")
    if number is None:
        name = endpoint.rpartition("/")[2] if endpoint != "queue/join" else None
        found = next((f for f in blocks.fns.values() if name and f.api_name == name), None)
    else:
        found = blocks.fns.get(number) if type(number) is int else None
    if found is None:
        raise RequestUserError("There is no such function.", status=404)
    return found
