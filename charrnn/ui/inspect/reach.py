"""What the mode How far back asks the server for: gradients through time, and lost context."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from ...corpus.document_pieces import Pieces
from ...inspection.reach import (
    CONTEXT_LENGTHS,
    context_effect,
    forgotten_after,
    model_norms,
    untrained_norms,
)
from ...utils import validation
from .requests import InspectTab, Json, ReadingQuery, answer_about_reading

STEPS_BACK = (16, 32, 64, 128, 256)  # the greatest k, to choose from
MAX_COMPARED_PARAMETERS = 20_000_000  # of a model, of whose size new ones are made


async def gradient_norms(tab: InspectTab, query: object, request: gr.Request) -> Json:
    """Return `norms` of the gradient of a prediction in the states k = 0, 1, … steps before it.

    The query names a `checkpoint`, a `reading`, and how many norms it asks for, as `steps`. Its
    `cell` asks for a new model of the same size with that cell, null for the model itself. The
    norms of new models are null if the model is too large. The answer for the model has the norms
    of its memory cell too, or null, as `cell_norms`, how its training cut the gradient, as
    `training`, and the places of the text that are read from a zero state, as `restarts`.
    """
    return await answer_about_reading(tab, query, request, _norms)


async def context_effects(tab: InspectTab, query: object, request: gr.Request) -> Json:
    """Return how predictions change when the text before the last k characters is replaced.

    The answer has `effects`: for each k its `length`, the `divergence` in bits, and the share of
    predictions that `changed`. Beyond `forgotten` characters there is hardly an effect; it is null
    if there is one at any length.
    """
    return await answer_about_reading(tab, query, request, _effects)


def _norms(query: ReadingQuery) -> Json:
    steps = validation.as_int(query.fields.get("steps"), "steps")
    cell, text = query.fields.get("cell"), query.reading.text
    if cell is not None:
        if query.checkpoint.model.parameter_count > MAX_COMPARED_PARAMETERS:
            return {"norms": None}
        return {"norms": untrained_norms(query.checkpoint, text, steps, cell=cell)}
    norms, cell_norms = model_norms(query.checkpoint, text, steps)
    training = _training(query.checkpoint.about.get("training"))
    return {
        "norms": norms,
        "cell_norms": cell_norms,
        "training": training,
        "restarts": _restarts(query),
    }


def _restarts(query: ReadingQuery) -> list[int]:
    """Return the places, in order, at which a model of documents begins from a zero state."""
    checkpoint = query.checkpoint
    ids = checkpoint.vocabulary.encode(query.reading.text)
    pieces = Pieces.of(ids, checkpoint.vocabulary, checkpoint.documents)
    return [] if pieces is None else pieces.restarts.tolist()


def _training(settings: Any) -> Json | None:
    """Return after how many `steps` training cut the gradient, and whether it did; None if unknown.

    The settings come from the checkpoint, which may be anybody's.
    """
    if not isinstance(settings, Mapping) or type(settings.get("steps")) is not int:
        return None
    return {"steps": settings["steps"], "cut": settings.get("truncate") != "epoch"}


def _effects(query: ReadingQuery) -> Json:
    length = len(query.reading.text)
    fitting = tuple(k for k in CONTEXT_LENGTHS if 2 * k + 2 <= length)
    effects = context_effect(
        query.checkpoint, query.reading.text, lengths=fitting or CONTEXT_LENGTHS[:1]
    )
    return {
        "effects": [
            {"length": one.length, "divergence": one.divergence, "changed": one.changed}
            for one in effects
        ],
        "forgotten": forgotten_after(effects),
    }
