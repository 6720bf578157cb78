"""Ablate a hidden unit, to see whether what it follows matters to the model's predictions."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import torch

from ..errors import UserError
from ..model import CharRNN
from ..rnn import Recurrence
from ..utils import validation

if TYPE_CHECKING:
    from ..checkpoint import Checkpoint


def without_unit(checkpoint: Checkpoint, layer: int, unit: int) -> Checkpoint:
    """Return a copy of a checkpoint in which one hidden unit is always 0.

    `layer` counts directions too, as in `Inspection.hidden`. The weights and biases of the unit's
    candidate are set to 0, so the candidate is always tanh(0) or ReLU(0). The unit, and its memory
    cell in an LSTM, then stays at 0, where its state begins.

    Raises UserError if there is no such layer or unit.
    """
    validation.check_checkpoint(checkpoint)
    check_unit(checkpoint.model, layer, unit)
    model = copy.deepcopy(checkpoint.model)
    config = model.config
    column = unit + (2 * config.hidden_size if config.cell in ("gru", "lstm") else 0)
    with torch.no_grad():
        if isinstance(model.recurrence, Recurrence):
            for name, weight in model.recurrence.layers[layer].named_parameters():
                weight[..., unit if name == "b_n" else column] = 0.0
        else:
            for weight in model.recurrence.rnn.all_weights[layer]:
                weight[column] = 0.0
    return type(checkpoint)(model, checkpoint.vocabulary, checkpoint.about)


def check_unit(model: CharRNN, layer: int, unit: int) -> None:
    """Raise UserError unless the model has this layer, with directions counted, and this unit."""
    config = model.config
    limits = (("layer", layer, config.layer_count), ("unit", unit, config.hidden_size))
    for name, value, count in limits:
        if not 0 <= validation.as_int(value, name) < count:
            raise UserError(
                "{name} = {value}: this model has {name} 0 to {last}.",
                name=name,
                value=value,
                last=count - 1,
                field=name,
            )
