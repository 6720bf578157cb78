"""The JavaScript of the page as ES modules: where they are served, and how Gradio starts them.

`main.js` imports all others. Every address holds a digest of all files, so that a browser may keep
them for good, and a new version of the app never runs beside old files. Imports are relative and
`window.gradio_config.root` has the path that a proxy serves the app at, so the modules load
wherever Gradio's own do: these are modules of the same origin as well, also in a Space's frame, and
under the Content-Security-Policy (`services.security_headers`).

Gradio runs the script of a component, and the `js` of an event, as a function made of a string,
which cannot import statically. Each of these strings is one line that calls `window.charrnn`, whose
properties `main.js` exports; whatever comes first waits for the import.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

_UI = Path(__file__).parents[1]
_MAIN = "page/main.js"
_CONTRACT = "contract.js"
_YEAR_SECONDS = 365 * 24 * 3600


@cache
def _files() -> dict[str, str]:
    """Read the text of every module, by its path in the package `ui`."""
    files = {
        path.relative_to(_UI).as_posix(): path.read_text("utf-8")
        for path in sorted(_UI.rglob("*.js"))
    }
    contract = (_UI / "contract.json").read_text("utf-8")
    return files | {_CONTRACT: f"export default {contract.strip()};\n"}


@cache
def _version() -> str:
    return hashlib.sha256(json.dumps(_files()).encode()).hexdigest()[:16]


def module_routes() -> list[Route]:
    """Return the route of the modules, for `launch`."""
    return [Route("/modules/{version}/{path:path}", module)]


def module(request: Request) -> Response:
    """Answer with a module, which a browser may keep; 404 for one of another version."""
    text = _files().get(request.path_params["path"])
    if text is None or request.path_params["version"] != _version():
        return PlainTextResponse("Not Found", 404)
    keep = {"Cache-Control": f"public, max-age={_YEAR_SECONDS}, immutable"}
    return Response(text, media_type="text/javascript", headers=keep)


def main_path() -> str:
    """Return the path of `main.js` within the app, without a slash in front."""
    return _address(_MAIN)


def _address(path: str) -> str:
    return f"modules/{_version()}/{path}"


def head() -> str:
    """Return what goes into the page's head: it loads the modules before the first component, all
    of them at once, where imports alone would be found one after the other."""
    preload = (
        f"for (const path of {json.dumps([*_files()])}) {{"
        ' const link = document.createElement("link");'
        ' link.rel = "modulepreload";'
        f" link.href = `${{window.gradio_config.root}}/{_address('')}${{path}}`;"
        " document.head.append(link); }"
    )
    return f"<script>{preload} {_loading()}</script>"


def mount(component: str, events: Sequence[str]) -> str:
    """Return the `js_on_load` of a component: a call of the function `mount` of its module.

    Gradio lets Python handle only those events that this string has in quotes.
    """
    host = "{ element, trigger, props, server, upload, watch }"
    return _with_charrnn(f"mount({json.dumps(component)}, {json.dumps(events)}, {host})")


def call(function: str, *given: Any) -> str:
    """Return the `js` of an event: a call of a function that `main.js` exports.

    The function gets what is `given` here, as JSON, and then the values of the event's inputs.
    """
    arguments = ", ".join([*(json.dumps(one, ensure_ascii=False) for one in given), "...values"])
    return f"(...values) => {_with_charrnn(f'{function}({arguments})')}"


def _with_charrnn(use: str) -> str:
    """Return an expression that uses `window.charrnn`: at once, if the modules are there."""
    return f"window.charrnn ? window.charrnn.{use} : {_loading()}.then(() => window.charrnn.{use})"


def _loading() -> str:
    return f"import(`${{window.gradio_config.root}}/{main_path()}`)"
