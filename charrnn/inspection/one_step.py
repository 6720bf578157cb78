"""One step of a model with its numbers: what the equations of the textbook compute."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from ..errors import UserError
from ..generation import GenerationConfig
from ..model import eval_mode
from ..utils import validation
from .activations import QUANTITIES, iter_activations

if TYPE_CHECKING:
    from ..checkpoint import Checkpoint

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class StepTrace:
    """What a model computes when it reads one character of a text.

    place: of the character, from 0.
    character: that is read.
    layers: for each layer, the quantities of its cell after this step by their names in the
        textbook, (H,) each: H for all cells, and gates, candidate and memory cell.
    before: for each layer its state before this step, "H" and for the LSTM "C", (H,) each.
    logits: (V − 1,), of all symbols but `<unk>`.
    p, q: the probabilities that the model gives each of them, and q ∝ p^α, (V − 1,).
    """

    place: int
    character: str
    layers: list[dict[str, Floats]]
    before: list[dict[str, Floats]]
    logits: Floats
    p: Floats
    q: Floats


def trace_step(checkpoint: Checkpoint, text: str, place: int, *, alpha: float = 1.0) -> StepTrace:
    """Read a text up to the character at `place`, and return the numbers of that last step.

    Raises UserError for a place outside of the text, an alpha that is not above 0, and a
    bidirectional model, which takes no steps.
    """
    validation.check_checkpoint(checkpoint)
    place, text = validation.as_int(place, "place"), validation.as_text(text, "text")
    alpha = GenerationConfig(alpha=alpha).alpha  # checks it
    if not 0 <= place < len(text):
        raise UserError(
            "There is no character {place} in a text of {count:,} characters.",
            place=place,
            count=len(text),
            field="place",
        )
    model = checkpoint.model
    if model.config.bidirectional:
        raise UserError(
            "A bidirectional model reads the whole text at once, not step by step: choose a model "
            "that reads in one direction.",
            field="checkpoint",
        )
    quantities = QUANTITIES[model.config.cell]
    state = [name for name in quantities if name in ("H", "C")]
    zeros = np.zeros(model.config.hidden_size, np.float32)
    before = [dict.fromkeys(state, zeros) for _ in range(model.config.layers)]
    layers: list[dict[str, Floats]] = []
    ids = checkpoint.vocabulary.encode(text[: place + 1])
    for chunk in iter_activations(model, ids, quantities):
        if layers:
            before = [{name: layer[name] for name in state} for layer in layers]
        arrays = [{name: values.cpu().numpy() for name, values in one.items()} for one in chunk]
        if len(arrays[0]["H"]) > 1:
            before = [{name: one[name][-2] for name in state} for one in arrays]
        layers = [{name: values[-1] for name, values in one.items()} for one in arrays]
    with eval_mode(model):
        H = torch.from_numpy(layers[-1]["H"]).to(model.b_q.device)
        logits = (H @ model.output_weights + model.b_q)[1:].float().cpu()
        log_p = torch.log_softmax(logits, dim=0)
        q = torch.softmax(min(alpha, math.sqrt(torch.finfo(log_p.dtype).max)) * log_p, dim=0)
    return StepTrace(
        place, text[place], layers, before, logits.numpy(), log_p.exp().numpy(), q.numpy()
    )
