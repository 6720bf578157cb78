"""The hidden state of a model after each character of a text, for the panel of next characters."""

from __future__ import annotations

import base64
import logging
from typing import Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from ...checkpoint import Checkpoint
from ...errors import UserError
from ...generation.prefill import line_start
from ...inspection.activations import begin_text, iter_activations
from .. import i18n
from ..operations import Caller, find_model
from ..server.answers import as_object
from ..server.client import ClientGoneError
from ..services.context import AppContext
from ..services.time_slicer import SCORING_SLICER
from .stream import checked_passage_text

log = logging.getLogger(__name__)

MAX_STEPS = 256  # characters whose states are sent together
MAX_UNITS = 128
_LEVELS = 100  # on each side of zero


async def hidden_states(context: AppContext, query: object, request: gr.Request) -> dict[str, Any]:
    """Return the hidden states of `hidden_state_table`, or `{}` where there are none to show.

    `hidden_state.js` calls this with `{checkpoint, text, begins_line, start}`. `next_characters`
    gets the same model and text, and says what is wrong with them.
    """
    fields = as_object(query)
    start = fields.get("start")
    try:
        text = checked_passage_text(fields.get("text"))
        if type(start) is not int or not 0 <= start <= len(text):
            return {}
        caller = Caller.from_request(context, request)
        model = await find_model(context, caller, fields.get("checkpoint"))
        begins_line = fields.get("begins_line") is True

        def table() -> dict[str, Any]:
            checkpoint = model.open()
            return SCORING_SLICER.compute(
                caller.client.id,
                lambda: hidden_state_table(checkpoint, text, start, begins_line=begins_line),
            )

        return await context.limiters.scoring.run(caller.client, table)
    except ClientGoneError:
        return {}
    except UserError as error:
        log.info("no hidden states: %s", i18n.translate_error(error, "en"))
        return {}


def hidden_state_table(
    checkpoint: Checkpoint, text: str, start: int, *, begins_line: bool = False
) -> dict[str, Any]:
    """Return the states H of the last layer while it reads `text` from `start` on, as JSON.

    The first state is the one before the character at `start`, and each character adds one, up to
    `MAX_STEPS`. Of each state there are `shown` units of `units`. `states` are all of them in
    base 64: a signed byte each, which is `scale` / 100 for 1. In a bidirectional model no H goes
    from character to character: the answer is `{"bidirectional": true}`. With `begins_line` the
    text was generated from an empty prefix: the model has read the beginning of a line before it. A
    model of documents reads that before every document, from a zero state.
    """
    config = checkpoint.model.config
    if config.bidirectional:
        return {"bidirectional": True}
    reads_documents = checkpoint.documents != "none"  # each begins as a line does
    before = line_start(checkpoint.vocabulary) if begins_line and not reads_documents else ""
    first = start + len(before)  # characters that were read before the first state
    last = min(first + MAX_STEPS, len(before + text))
    shown = min(config.hidden_size, MAX_UNITS)
    H = np.zeros((last - first + 1, shown), np.float32)  # before anything is read, all are zero
    ids = checkpoint.vocabulary.encode((before + text)[:last])
    state, restarts = begin_text(checkpoint, ids)
    if state is not None and not first:
        H[0] = (state[0] if isinstance(state, tuple) else state)[-1, 0, :shown].cpu().numpy()
    read = 0
    for layers in iter_activations(checkpoint.model, ids, ("H",), state, restarts):
        begin = read + 1 - first
        read += len(layers[-1]["H"])
        values = layers[-1]["H"][max(0, -begin) :, :shown].float().cpu().numpy()
        H[max(0, begin) : max(0, begin) + len(values)] = values
    is_bounded = config.cell != "relu"
    scale = 1.0 if is_bounded else float(max(np.abs(H).max(), np.finfo(np.float32).tiny))
    return {
        "states": _encode(H / scale),
        "shown": shown,
        "units": config.hidden_size,
        "scale": scale,
    }


def _encode(values: NDArray[np.float32]) -> str:
    """Return values of at most 1, positive or negative, as signed bytes in base 64."""
    levels = np.clip(np.rint(np.nan_to_num(values) * _LEVELS), -_LEVELS, _LEVELS)
    return base64.b64encode(levels.astype(np.int8).tobytes()).decode("ascii")
