"""The page's JavaScript as ES modules: the route that serves them, and the code that loads them.

`main.js` imports all others. The URLs contain a digest of all files: a browser may cache them
forever, and a page never mixes files of two versions. Imports are relative, and
`window.gradio_config.root` has the path at which a proxy serves the app. So the modules load
wherever Gradio's own modules do: in the frame of a Space, and under the Content-Security-Policy
(`server.security_headers`).

Gradio turns the script of a component, and the `js` of an event, into a function. Such a function
cannot import statically. So each of these scripts is one line that calls a function of
`window.charrnn`, which `main.js` sets; the first such call waits for the import.
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
    """Serve a module, to be cached forever; 404 for one of another version."""
    text = _files().get(request.path_params["path"])
    if text is None or request.path_params["version"] != _version():
        return PlainTextResponse("Not Found", 404)
    cache_forever = {"Cache-Control": f"public, max-age={_YEAR_SECONDS}, immutable"}
    return Response(text, media_type="text/javascript", headers=cache_forever)


def main_path() -> str:
    """Return the path of `main.js` within the app, without a leading slash."""
    return _path(_MAIN)


def _path(path: str) -> str:
    return f"modules/{_version()}/{path}"


def head() -> str:
    """Return the script for the page's head that loads all modules.

    It preloads them in parallel; by imports alone, the browser would find them one by one.
    """
    preload = (
        f"for (const path of {json.dumps([*_files()])}) {{"
        ' const link = document.createElement("link");'
        ' link.rel = "modulepreload";'
        f" link.href = `${{window.gradio_config.root}}/{_path('')}${{path}}`;"
        " document.head.append(link); }"
    )
    return f"<script>{preload} {_import_main()}</script>"


def mount(component: str, events: Sequence[str]) -> str:
    """Return the `js_on_load` of a component: a call of the function `mount` of its module.

    The names of the events must be in this string in quotes: Gradio lets Python handle no others.
    """
    host = "{ element, trigger, props, server, upload, watch }"
    return _with_charrnn(f"mount({json.dumps(component)}, {json.dumps(events)}, {host})")


def call(function: str, *arguments: Any) -> str:
    """Return the `js` of an event: a call of a function that `main.js` exports.

    The function gets the `arguments` as JSON, and then the values of the event's inputs.
    """
    passed = ", ".join(
        [*(json.dumps(value, ensure_ascii=False) for value in arguments), "...values"]
    )
    return f"(...values) => {_with_charrnn(f'{function}({passed})')}"


def _with_charrnn(expression: str) -> str:
    """Return an expression on `window.charrnn`, which waits until the modules are loaded."""
    return (
        f"window.charrnn ? window.charrnn.{expression}"
        f" : {_import_main()}.then(() => window.charrnn.{expression})"
    )


def _import_main() -> str:
    return f"import(`${{window.gradio_config.root}}/{main_path()}`)"
