"""A unit is switched off: a text is read and written by the model with it and without it.

`requests.py` says how the function answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from ...checkpoint import Checkpoint
from ...generation import iter_characters
from ...generation.config import GenerationConfig
from ...inspection import inspect
from ...inspection.ablation import without_unit
from ...utils import validation
from ...utils.yield_points import yield_point
from ..page.tinted_text import signed_levels
from .requests import InspectTab, Json, ReadingQuery, answer_about_reading

MAX_COMPARED_CHARACTERS = 20_000
WRITTEN_CHARACTERS = 240
MAX_PREFIX_CHARACTERS = 200  # of the text before what is written
OTHER_UNITS = 2  # that are switched off too, to compare
STRONGEST_BITS = 3.0  # a change of surprisal that gets the strongest tint
_CHARACTERS_PER_YIELD = 16


@dataclass(frozen=True)
class _Arguments:
    layer: int
    unit: int
    place: int
    seed: int

    @classmethod
    def of(cls, query: ReadingQuery) -> _Arguments:
        """Return the numbers that a query has. Raises UserError for anything else."""
        names = ("layer", "unit", "place", "seed")
        return cls(*(validation.as_int(query.fields.get(name), name) for name in names))


async def switch_off_unit(tab: InspectTab, query: object, request: gr.Request) -> Json:
    """Compare a model with itself without one `unit` of a `layer`.

    The answer has the `perplexity` of the text with the unit and without it, of the first
    `compared` characters, and `levels`: by how much the surprisal of each of them changes, as
    signed levels. The last one is `STRONGEST_BITS` more without the unit. `others` are the
    perplexities without each of a few other units of the layer. `written` are two texts that go on
    after the `place` of the query, with the same `seed`; null for a bidirectional model.
    """

    def work(query: ReadingQuery) -> Json:
        arguments = _Arguments.of(query)
        without = without_unit(query.checkpoint, arguments.layer, arguments.unit)
        text = query.reading.text[:MAX_COMPARED_CHARACTERS]
        before = query.reading.surprisal[: len(text)].astype(np.float64)
        after = inspect(without, text).surprisal
        written = None
        if not query.checkpoint.model.config.bidirectional:
            place = min(max(0, arguments.place), len(text) - 1)
            prefix = query.reading.text[: place + 1][-MAX_PREFIX_CHARACTERS:]
            written = [_write(one, prefix, arguments.seed) for one in (query.checkpoint, without)]
        return {
            "perplexity": [_perplexity(before), _perplexity(after)],
            "levels": signed_levels(after - before, STRONGEST_BITS),
            "others": [
                _perplexity(inspect(one, text).surprisal)
                for one in _without_others(query, arguments)
            ],
            "compared": len(text),
            "written": written,
        }

    return await answer_about_reading(tab, query, request, work)


def _without_others(query: ReadingQuery, arguments: _Arguments) -> Iterator[Checkpoint]:
    """Yield copies of the model without one of a few other units of the layer, always the same."""
    units = np.random.default_rng(arguments.unit).permutation(
        query.checkpoint.model.config.hidden_size
    )
    others = [unit for unit in units.tolist() if unit != arguments.unit][:OTHER_UNITS]
    for unit in others:
        yield without_unit(query.checkpoint, arguments.layer, unit)


def _perplexity(surprisal: NDArray[np.floating[Any]]) -> float | None:
    """Return the perplexity of characters with these surprisals in bits, without NaN; or None."""
    known = surprisal[~np.isnan(surprisal)]
    return float(2 ** known.mean()) if len(known) else None


def _write(checkpoint: Checkpoint, prefix: str, seed: int) -> str:
    config = GenerationConfig(WRITTEN_CHARACTERS, seed=seed)
    characters = (one.character for one in iter_characters(checkpoint, prefix, config))
    written = ""
    while part := "".join(islice(characters, _CHARACTERS_PER_YIELD)):
        yield_point()
        written += part
    return written
