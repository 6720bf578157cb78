"""Components that JavaScript draws: `gr.HTML` with a script, words and functions on the server."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from typing import Any

import gradio as gr

from .. import i18n
from .contract import CONTRACT
from .modules import mount

Function = Callable[..., Any]


def html_component(
    name: str,
    html: str,
    value: object = None,
    *,
    words: Sequence[i18n.Words],
    server_functions: Sequence[Function] = (),
    **options: Any,
) -> gr.HTML:
    """Build the component `name`, which `contract.json` describes.

    `html` is its markup, `words` are the tables of its texts. `options` are arguments of `gr.HTML`;
    those that it does not know are `props` for the script.

    Raises ValueError if the functions are not those that the contract lists.
    """
    listed = CONTRACT["components"][name]
    given = [function.__name__ for function in server_functions]
    if sorted(given) != sorted(listed["server_functions"]):
        raise ValueError(f"contract.json lists other server functions for {name} than {given}.")
    return gr.HTML(
        value,
        html_template=html,
        js_on_load=mount(name, listed["events"]),
        server_functions=list(server_functions),
        words=i18n.as_json(*words),
        apply_default_css=False,
        **options,
    )


def bind(function: Function, context: object) -> Function:
    """Bind the first argument of an event's handler or of a server function to `context`.

    JavaScript calls a server function by its `__name__`, and Gradio passes the request to the
    parameter that is annotated so. A `functools.partial` has neither, and a bound method cannot be
    marked as a server function; the function that `bind` returns has both.
    """
    bound = _with_first(function, context)
    _, *others = inspect.signature(function, eval_str=True).parameters.values()
    bound.__name__ = function.__name__
    bound.__annotations__ = {other.name: other.annotation for other in others}
    vars(bound)["__signature__"] = inspect.Signature(others)
    return bound


def _with_first(function: Function, context: object) -> Function:
    """Return a function of the same kind, which Gradio tells by `inspect`."""

    async def awaited(*given: Any) -> Any:
        return await function(context, *given)

    async def iterated(*given: Any) -> AsyncIterator[Any]:
        async with aclosing(function(context, *given)) as results:
            async for result in results:
                yield result

    def called(*given: Any) -> Any:
        return function(context, *given)

    if inspect.iscoroutinefunction(function):
        return awaited
    return iterated if inspect.isasyncgenfunction(function) else called
