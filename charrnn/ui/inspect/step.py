"""What the mode Step by step asks the server for: steps of a model with the numbers in them."""

from __future__ import annotations

from typing import Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from ...checkpoint import Checkpoint
from ...generation.config import GenerationConfig
from ...inspection.ablation import check_unit
from ...inspection.step_trace import StepTrace, unit_sums
from ...inspection.step_trace import trace_steps as trace
from ...utils import validation
from ..page.tinted_text import signed_levels
from .requests import InspectTab, Json, ReadingQuery, answer_about_reading

STEPS_AT_ONCE = 8  # that are sent together
ALPHAS = (0.25, 0.5, 0.7, 0.85, 1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0)  # to choose from
MAX_CANDIDATES = 8  # likeliest characters after a step
_FIRST_UNITS = 3  # whose values are sent as numbers
_SMALLEST_SEGMENT = 0.004  # of the bar that a character is drawn from: about a pixel

Floats = NDArray[np.float32]


async def trace_steps(tab: InspectTab, query: object, request: gr.Request) -> Json:
    """Return the `steps` of a model as it reads `STEPS_AT_ONCE` characters from `start` on.

    The query names a `checkpoint` and a `reading`, and says whose numbers to send: those of a
    `layer` and a `unit`, both from 0; how the next character is drawn: with `alpha`, and a `seed`.
    The answer has the `cell` with its `shapes` too.
    """
    return await answer_about_reading(tab, query, request, _trace)


def _trace(query: ReadingQuery) -> Json:
    fields, checkpoint = query.fields, query.checkpoint
    layer, unit, start = (
        validation.as_int(fields.get(name), name) for name in ("layer", "unit", "start")
    )
    alpha = validation.as_float(fields.get("alpha"), "alpha")
    drawing = GenerationConfig(alpha=alpha, seed=fields.get("seed"))  # checks them
    check_unit(checkpoint.model, layer, unit)
    steps = trace(
        checkpoint,
        query.reading.text,
        start,
        STEPS_AT_ONCE,
        alpha=drawing.alpha,
        states=query.reading.states,
    )
    return {
        "model": _model(checkpoint),
        "steps": [_step(checkpoint, step, layer, unit, drawing.seed or 0) for step in steps],
    }


def _model(checkpoint: Checkpoint) -> Json:
    """Return what the equations need to know of a model."""
    config = checkpoint.model.config
    W_xh = checkpoint.model.recurrence.by_layer()[0]["W_xh"]
    return {
        "cell": config.cell,
        "layers": config.layers,
        "units": config.hidden_size,
        "inputs": W_xh.shape[0],
        "input": config.input,
        "symbols": checkpoint.model.vocabulary_size,
    }


def _step(checkpoint: Checkpoint, step: StepTrace, layer: int, unit: int, seed: int) -> Json:
    vectors = {f"{name}_before": values for name, values in step.before[layer].items()}
    vectors |= step.layers[layer]
    X = step.inputs[layer]
    sums = unit_sums(checkpoint, step, layer, unit)
    return {
        "id": step.id,
        "input": None if X is None else _vector("X", X),
        "vectors": {name: _vector(name, values) for name, values in vectors.items()},
        "unit": {name: _number(values[unit]) for name, values in vectors.items()},
        "sums": {
            name: [
                None if part is None else _number(part)
                for part in (one.from_input, one.from_state, one.bias, one.state_bias)
            ]
            for name, one in sums.items()
        },
        **_prediction(checkpoint, step, seed),
    }


def _vector(name: str, values: Floats) -> Json:
    """Return a vector as signed levels, what the strongest of them stand for, and a few numbers."""
    bounded = name.removesuffix("_before") not in ("C", "X")
    largest = max(float(np.abs(values).max()), 1.0 if bounded else 1e-6)
    return {
        "levels": signed_levels(values, largest),
        "low": _number(values.min()),
        "high": _number(values.max()),
        "first": [_number(value) for value in values[:_FIRST_UNITS]],
    }


def _prediction(checkpoint: Checkpoint, step: StepTrace, seed: int) -> Json:
    """Return the likeliest next characters, and which one a random number draws, as when writing.

    A number from 0 to 1 falls on a bar in which each character has a part of the width q, in the
    order of the vocabulary.
    """
    symbols = checkpoint.vocabulary.symbols[1:]
    likeliest = np.argsort(-step.p, kind="stable")[:MAX_CANDIDATES]
    ends = step.q.astype(np.float64).cumsum()
    ends /= ends[-1]
    starts = np.concatenate([[0.0], ends[:-1]])
    u = float(np.random.default_rng((seed, step.place)).random())
    drawn = min(int(ends.searchsorted(u, side="right")), len(ends) - 1)
    wide = np.flatnonzero(ends - starts >= _SMALLEST_SEGMENT)
    return {
        "candidates": [
            [symbols[k], _number(step.logits[k]), _number(step.p[k]), _number(step.q[k])]
            for k in likeliest
        ],
        "draw": {
            "u": round(u, 4),
            "character": symbols[drawn],
            "q": _number(step.q[drawn]),
            "segments": [[symbols[k], round(starts[k], 4), round(ends[k], 4)] for k in wide],
        },
    }


def _number(value: Any) -> float:
    """Return a number with six significant digits."""
    return float(f"{float(value):.6g}")
