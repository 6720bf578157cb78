"""Components that JavaScript draws: `gr.HTML` with a script, strings and server functions."""

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

    `html` is its markup, and `words` are the tables of its strings. `options` are arguments of
    `gr.HTML`; it passes those that it does not know to the script as `props`.

    Raises ValueError if the functions are not those that the contract lists.
    """
    listed = CONTRACT["components"][name]
    names = [function.__name__ for function in server_functions]
    if sorted(names) != sorted(listed["server_functions"]):
        raise ValueError(f"contract.json lists other server functions for {name} than {names}.")
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
    """Bind the first argument of an event handler or a server function to `context`.

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
    """Return a function of the same kind: plain, coroutine or async generator."""

    async def coroutine(*arguments: Any) -> Any:
        return await function(context, *arguments)

    async def generator(*arguments: Any) -> AsyncIterator[Any]:
        async with aclosing(function(context, *arguments)) as results:
            async for result in results:
                yield result

    def plain(*arguments: Any) -> Any:
        return function(context, *arguments)

    if inspect.iscoroutinefunction(function):
        return coroutine
    return generator if inspect.isasyncgenfunction(function) else plain
