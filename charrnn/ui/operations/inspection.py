"""The operations of the public API that look into a model: inspect, find_units, novelty.

Arguments are untrusted JSON values, whose types are checked here.
"""

from __future__ import annotations

from typing import Any

from ...inspection import find_units as find_units_in
from ...inspection import inspect as inspect_text
from ...inspection import novelty as novelty_of
from ...inspection.concepts import parse_concept
from ..services.context import AppContext
from ..services.time_slicer import SCORING_SLICER
from . import Caller, find_model
from .arguments import checked_text

MAX_INSPECTED_CHARACTERS = 100_000
MAX_GENERATED_CHARACTERS = 100_000
MAX_TRAINING_CHARACTERS = 2_000_000


async def inspect(
    context: AppContext, caller: Caller, checkpoint: object, text: object
) -> dict[str, Any]:
    """Read a text with a model. Raises UserError for invalid arguments."""
    inspected = checked_text(text, "text", MAX_INSPECTED_CHARACTERS)
    model, user = await find_model(context, caller, checkpoint), caller.client.id

    def compute() -> dict[str, Any]:
        opened = model.open()
        return SCORING_SLICER.compute(user, lambda: inspect_text(opened, inspected)).as_dict()

    return await context.limiters.scoring.run(caller.client, compute)


async def find_units(
    context: AppContext, caller: Caller, checkpoint: object, text: object, concept: object
) -> list[dict[str, Any]]:
    """Search a model for units that follow a concept. Raises UserError for invalid arguments."""
    inspected = checked_text(text, "text", MAX_INSPECTED_CHARACTERS)
    parsed = parse_concept(concept)
    model, user = await find_model(context, caller, checkpoint), caller.client.id

    def compute() -> list[dict[str, Any]]:
        opened = model.open()
        found = SCORING_SLICER.compute(user, lambda: find_units_in(opened, inspected, parsed))
        return [finding.as_dict() for finding in found]

    return await context.limiters.scoring.run(caller.client, compute)


async def novelty(
    context: AppContext, caller: Caller, generated: object, training_text: object
) -> dict[str, Any]:
    """Compare a text with its training text. Raises UserError for invalid arguments."""
    ours = checked_text(generated, "generated", MAX_GENERATED_CHARACTERS)
    theirs = checked_text(training_text, "training_text", MAX_TRAINING_CHARACTERS)
    user = caller.client.id

    def compute() -> dict[str, Any]:
        return SCORING_SLICER.compute(user, lambda: novelty_of(ours, theirs)).as_dict()

    return await context.limiters.scoring.run(caller.client, compute)
