"""A second model reads the same text, and the page shows which of the two knew it better.

`second_model.js` and `comparison.js` call `read_second`. What the second model expected in a place
comes from `inspect_places`, by the key of its reading.
"""

from __future__ import annotations

import math
from dataclasses import replace

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from ...errors import UserError
from ...evaluation import perplexity
from ..operations import Caller, find_model
from ..page.tinted_text import signed_levels
from ..server.answers import answer_or_problem, as_object
from ..services.catalog import ModelEntry
from ..services.page_jobs import PageJob
from .readings import Reading, peaks
from .requests import EVERYONE, InspectTab, Json, compute
from .text_reader import read_with
from .texts import ChosenText

MAX_DIFFERENCE_BITS = 4  # that get the strongest tint
_MAX_DIFFERENCES = 3  # places that are listed for each model


async def read_second(tab: InspectTab, query: object, request: gr.Request) -> Json:
    """Read the text of a `reading` by `checkpoint` with the model `second` too, and compare them.

    The query also has the name of the `job` (`services.page_jobs`). The answer has the key `second`
    of the second reading, and what `compare` returns.
    """
    fields = as_object(query)

    async def answer() -> Json:
        caller = Caller.from_request(tab.context, request)
        user = caller.client.id
        with tab.jobs.start(user, fields.get("job")) as job:
            waiting = replace(caller, client=job.client(caller.client))
            model = await find_model(tab.context, waiting, fields.get("checkpoint"))
            second = await find_model(tab.context, waiting, fields.get("second"))
            reading = tab.find_reading(user, fields.get("reading"))
            if reading is None or reading.model != model.key:
                return {"gone": True}
            is_shared = tab.readings.get(EVERYONE, str(fields.get("reading"))) is reading
            return await compute(
                tab, waiting, lambda: _read_second(tab, user, reading, is_shared, second, job)
            )

    return await answer_or_problem(answer, request)


def _read_second(
    tab: InspectTab,
    user: str,
    first: Reading,
    is_shared: bool,
    model: ModelEntry,
    job: PageJob,
) -> Json:
    chosen = ChosenText(first.source, first.text, len(first.text), is_shared)
    key, second = read_with(tab, user, model, chosen, job)
    return {"second": key, **compare(first, second)}


def compare(first: Reading, second: Reading) -> Json:
    """Compare two readings of a text, over the characters that both models know, as JSON.

    `levels` are the signed levels of the difference in surprisal: above 0 where the second model
    was less surprised. `figures` has, for each model, `perplexity`, `bits_per_character`, `uniform`
    and `knew_better`: in which share of the places it was the less surprised one. `differences`
    has, for each model, the places where it was so by the most bits. `characters` were compared.

    Raises UserError if there is no character to compare.
    """
    difference = first.surprisal - second.surprisal
    both = ~np.isnan(difference)
    if not both.any():
        raise UserError(
            "No character of this text is known to both models: choose another model.",
            field="second",
        )
    return {
        "levels": signed_levels(difference, MAX_DIFFERENCE_BITS),
        "characters": int(np.count_nonzero(both)),
        "figures": [_figures(first, both, -difference), _figures(second, both, difference)],
        "differences": [_differences(-difference), _differences(difference)],
    }


def _differences(better: NDArray[np.float32]) -> list[Json]:
    """Return the places where a model was less surprised by the most bits, as JSON."""
    return peaks(np.where(better > 0, better, np.nan), _MAX_DIFFERENCES)


def _figures(reading: Reading, both: NDArray[np.bool_], better: NDArray[np.float32]) -> Json:
    bits = float(reading.surprisal[both].mean(dtype=np.float64))
    return {
        "perplexity": perplexity(bits * math.log(2)),
        "bits_per_character": bits,
        "uniform": reading.summary["baselines"]["uniform"],
        "knew_better": float((better[both] > 0).mean()),
    }
