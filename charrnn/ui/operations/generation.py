"""Generate text with a model, and score a text."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing
from typing import Any

from ...errors import UserError
from ...evaluation import score as score_text
from ...generation import stream
from ...generation.stopping import finishing_after
from ...utils import validation
from ..services.context import AppContext
from ..services.time_slicer import FRAME_SECONDS, SCORING_SLICER, SLICER
from . import Caller, find_model
from .arguments import checked_prefix, checked_seed, checked_text

MAX_GENERATED_CHARACTERS = 100_000
MAX_PREFIX_CHARACTERS = 100_000
MAX_SCORED_CHARACTERS = 2_000_000


async def generate(
    context: AppContext,
    caller: Caller,
    checkpoint: object,
    prefix: object = "",
    length: object = 200,
    mode: object = "sample",
    alpha: object = 1.0,
    seed: object = None,
    stop: object = None,
    finish_sentence: object = False,
) -> AsyncGenerator[str, None]:
    """Continue `prefix` with a model. Yield the text so far, with the prefix, several times.

    Raises UserError for invalid arguments.
    """
    count, start_text = (
        validation.as_int(length, "length"),
        checked_prefix(prefix, MAX_PREFIX_CHARACTERS),
    )
    if not 0 <= count <= MAX_GENERATED_CHARACTERS:
        raise UserError(
            "length = {value}: give 0 to {most:,} characters.",
            value=count,
            most=MAX_GENERATED_CHARACTERS,
            field="length",
        )
    exponent, checked_mode = validation.as_float(alpha, "alpha"), validation.as_text(mode, "mode")
    seed_number = checked_seed(seed)
    ends = () if stop in (None, "") else validation.as_texts(stop, "stop")
    finishes = validation.as_bool(finish_sentence, "finish_sentence")
    sentence_after = finishing_after(count) if finishes else None
    model = await find_model(context, caller, checkpoint)

    def texts() -> Generator[str, None, None]:
        pieces, last_frame_at = [start_text], time.perf_counter()
        characters = stream(
            model.open(), start_text, count, checked_mode, exponent, seed_number, ends,
            sentence_after,
        )  # fmt: skip
        with SLICER.stream(caller.client.id) as turns:
            for character in turns.sliced(characters):
                pieces.append(character)
                elapsed = time.perf_counter() - last_frame_at
                is_due = elapsed >= FRAME_SECONDS * SLICER.load_factor
                if is_due and not caller.client.has_unread():
                    turns.release()
                    yield "".join(pieces)
                    last_frame_at = time.perf_counter()
        yield "".join(pieces)

    async with aclosing(context.limiters.generating.iterate(caller.client, texts())) as items:
        async for text in items:
            yield text


async def score(
    context: AppContext, caller: Caller, checkpoint: object, text: object
) -> dict[str, Any]:
    """Score a text with a model. Raises UserError for invalid arguments."""
    scored = checked_text(text, "text", MAX_SCORED_CHARACTERS)
    model, user = await find_model(context, caller, checkpoint), caller.client.id

    def compute() -> dict[str, Any]:
        opened = model.open()
        result = SCORING_SLICER.compute(user, lambda: score_text(opened, scored))
        return dict(result.as_dict())

    return await context.limiters.scoring.run(caller.client, compute)
