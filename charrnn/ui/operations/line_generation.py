"""The operation `lines` of the public API and of the page: whole lines by a model.

Arguments are untrusted JSON values, whose types are checked here.
"""

from __future__ import annotations

from typing import Any

from ...checkpoint import Checkpoint
from ...errors import UserError
from ...generation.lines import Line
from ...generation.lines import lines as write_lines
from ...generation.nearest_lines import NearestLines
from ...utils import validation
from ..services.catalog import ModelEntry
from ..services.context import AppContext
from ..services.lru_cache import LRUCache
from ..services.time_slicer import SCORING_SLICER
from ..services.training_texts import training_corpus
from . import Caller, find_model
from .arguments import checked_prefix, checked_seed

MAX_LINES = 200
MAX_PREFIX_CHARACTERS = 200
_MAX_KEPT = 4  # training texts that are searched for near lines
_MAX_SEARCHED_CHARACTERS = 4_000_000  # of a training text


async def lines(
    context: AppContext,
    caller: Caller,
    checkpoint: object,
    n: object = 20,
    prefix: object = "",
    alpha: object = 1.0,
    seed: object = None,
    *,
    new_only: bool = False,
) -> list[dict[str, Any]]:
    """Write whole lines with a model. Raises UserError for invalid arguments."""
    count, begun = validation.as_int(n, "n"), checked_prefix(prefix, MAX_PREFIX_CHARACTERS)
    if not 1 <= count <= MAX_LINES:
        raise UserError(
            "n = {value}: give 1 to {most:,} lines.", value=count, most=MAX_LINES, field="n"
        )
    exponent, seed_number = validation.as_float(alpha, "alpha"), checked_seed(seed)
    model = await find_model(context, caller, checkpoint)

    def compute() -> list[dict[str, Any]]:
        opened = model.open()

        def write() -> list[Line]:
            return write_lines(
                opened,
                count,
                begun,
                exponent,
                seed_number,
                new_only=new_only,
                training_lines=_training_lines(model, opened),
            )

        return [line.as_dict() for line in SCORING_SLICER.compute(caller.client.id, write)]

    return await context.limiters.scoring.run(caller.client, compute)


# The lines of the training texts that were searched last, by model and text.
_searched: LRUCache[tuple[str, str], NearestLines] = LRUCache(_MAX_KEPT)


def _training_lines(model: ModelEntry, checkpoint: Checkpoint) -> NearestLines | None:
    """Return the lines that a model was trained on; None where they are not at hand."""
    corpus = training_corpus(model, checkpoint)
    if corpus is None or len(corpus.ids) > _MAX_SEARCHED_CHARACTERS:
        return None
    key = (model.key, corpus.sha256())
    return _searched.get_or_compute(key, lambda: NearestLines.of(corpus))
