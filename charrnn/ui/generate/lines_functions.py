"""Server functions of the list of lines: what a model was trained on, and lines by it."""

from __future__ import annotations

from functools import partial
from typing import Any

import gradio as gr

from ..operations import Caller, find_model
from ..operations.line_generation import lines
from ..server.answers import Json, answer_or_problem, as_object
from ..services.catalog import ModelEntry
from ..services.context import AppContext
from ..services.training_texts import training_corpus
from .seed import parse_seed


async def describe_lines(context: AppContext, query: object, request: gr.Request) -> Json:
    """Return what a model was trained on as `documents`: "lines", for example, or "none".

    `knows_lines` says whether the server can tell which of its lines are new. The query has the
    `checkpoint`.
    """

    def describe(model: ModelEntry) -> Json:
        opened = model.open()
        if opened.documents == "none":
            return {"documents": "none", "knows_lines": False}
        known = opened.known_lines is not None or training_corpus(model, opened) is not None
        return {"documents": opened.documents, "knows_lines": known}

    async def answer() -> Json:
        caller = Caller.from_request(context, request)
        model = await find_model(context, caller, as_object(query).get("checkpoint"))
        return await context.limiters.inspecting.run(caller.client, partial(describe, model))

    return await answer_or_problem(answer, request)


async def write_lines(context: AppContext, query: object, request: gr.Request) -> Json:
    """Return `lines` by a model, as the endpoint `/lines` does.

    The query has its parameters, with the seed as text, and `new_only`.
    """

    async def answer() -> Json:
        fields: dict[str, Any] = as_object(query)
        seed = fields.get("seed")
        found = await lines(
            context,
            Caller.from_request(context, request),
            fields.get("checkpoint"),
            fields.get("n", 20),
            fields.get("prefix", ""),
            fields.get("alpha", 1.0),
            parse_seed(seed if isinstance(seed, str) else ""),
            new_only=fields.get("new_only") is True,
        )
        return {"lines": found}

    return await answer_or_problem(answer, request)
