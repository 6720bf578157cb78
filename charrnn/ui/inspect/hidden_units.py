"""What the mode Hidden units asks the server for; `requests.py` says how the functions answer.

A query names a `checkpoint` and a `reading`, and a `unit` of a `layer`, both counted from 0. Layers
count both directions of a bidirectional model. `quantity` is a number of the cell by its name in
the textbook, such as "H" (`charrnn.inspection.activations.QUANTITIES`).
"""

from __future__ import annotations

import base64

import gradio as gr
import numpy as np

from ...errors import UserError, short_repr
from ...inspection.ablation import check_unit
from ...inspection.activations import QUANTITIES
from ...utils import validation
from ..page.tinted_text import signed_levels
from .layer_cache import QUANTIZED_LARGEST, Layer, Levels
from .requests import InspectTab, Json, ReadingQuery, answer_about_reading

STRIP_CHARACTERS = 120  # that the strips of all units show


async def unit_values(tab: InspectTab, query: object, request: gr.Request) -> Json:
    """Return what a unit has been after each character of the text, as far as it was read.

    The answer has the `values` as `_base64` of integers from −127 to 127, and `largest`, the
    |value| that 127 stands for. `model` says which units there are: its `cell`, the number of
    `layers` with the `directions` counted, of `units`, and the `quantities`.
    """

    def work(query: ReadingQuery) -> Json:
        layer, unit = find_layer(tab, query), _unit_of(query)
        config = query.checkpoint.model.config
        return {
            "values": _base64(layer.quantized(unit=unit)),
            "largest": float(layer.largest[unit]),
            "model": {
                "cell": config.cell,
                "layers": config.layer_count,
                "directions": 2 if config.bidirectional else 1,
                "units": config.hidden_size,
                "quantities": QUANTITIES[config.cell],
            },
        }

    return await answer_about_reading(tab, query, request, work)


async def unit_strips(tab: InspectTab, query: object, request: gr.Request) -> Json:
    """Return all units of a layer for `STRIP_CHARACTERS` characters from `start` on.

    `rows` has the signed levels of each unit (`page.tinted_text`), by its number; the largest
    |value| of the unit in the whole text is the last level.
    """

    def work(query: ReadingQuery) -> Json:
        layer = find_layer(tab, query)
        start = max(0, validation.as_int(query.fields.get("start"), "start"))
        columns = layer.quantized(start, start + STRIP_CHARACTERS)
        return {"rows": [signed_levels(row, QUANTIZED_LARGEST) for row in columns]}

    return await answer_about_reading(tab, query, request, work)


def _unit_of(query: ReadingQuery) -> int:
    """Return the unit that a query names. Raises UserError if the model has no such unit."""
    layer, unit = (validation.as_int(query.fields.get(name), name) for name in ("layer", "unit"))
    check_unit(query.checkpoint.model, layer, unit)
    return unit


def find_layer(tab: InspectTab, query: ReadingQuery) -> Layer:
    """Return the layer that a query names. Raises UserError if the model has no such layer."""
    quantity = query.fields.get("quantity", "H")
    names = QUANTITIES[query.checkpoint.model.config.cell]
    if quantity not in names:
        raise UserError(
            "quantity = {value}: this model has {names}.",
            value=short_repr(quantity),
            names=list(names),
            field="quantity",
        )
    number = validation.as_int(query.fields.get("layer"), "layer")
    check_unit(query.checkpoint.model, number, 0)
    key = str(query.fields.get("reading"))
    return tab.layers.read(key, query.checkpoint, query.reading.text, number, quantity)


def _base64(levels: Levels) -> str:
    """Return integers of 8 bits as text; the page decodes them as an `Int8Array`."""
    return base64.b64encode(np.ascontiguousarray(levels).tobytes()).decode()
