"""How the server answers the Inspect tab: who may ask, within which limits, and what went wrong.

The functions of the tab and of its modes take a JSON object and return one, or a `problem` with its
`message` and `field`. The server keeps the readings used last. If one has been dropped, the answer
is `{"gone": true}`, and the page asks to read the text again.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from ...checkpoint import Checkpoint
from ...errors import UserError, traceback_without_message
from .. import i18n
from ..operations import Caller, find_model
from ..server.client import ClientGoneError
from ..services.catalog import ModelEntry
from ..services.context import AppContext
from ..services.time_slicer import SCORING_SLICER
from .readings import Reading, ReadingCache

log = logging.getLogger(__name__)

Json = dict[str, Any]

EVERYONE = ""  # the owner of readings of texts that everyone can choose


@dataclass(frozen=True)
class InspectTab:
    """The server's part of the tab: the app, and the readings that it keeps."""

    context: AppContext
    readings: ReadingCache = field(default_factory=ReadingCache)

    def find_reading(self, client_id: str, key: object) -> Reading | None:
        """Return the reading with this key that the client may see; None if it is not kept."""
        found = (self.readings.get(owner, str(key)) for owner in (client_id, EVERYONE))
        return next(filter(None, found), None)


@dataclass(frozen=True)
class ReadingQuery:
    """A question about a text that has been read: its model, the reading, and the query itself."""

    model: ModelEntry
    checkpoint: Checkpoint
    reading: Reading
    fields: Json


async def answer_about_reading(
    tab: InspectTab, query: object, request: gr.Request, work: Callable[[ReadingQuery], Json]
) -> Json:
    """Return what `work` computes for a query that names a `checkpoint` and a `reading`.

    The client has to be allowed to use the model, and the reading has to be of that model.
    """

    async def answer() -> Json:
        fields, caller = as_object(query), Caller.from_request(tab.context, request)
        model = await find_model(tab.context, caller, fields.get("checkpoint"))
        reading = tab.find_reading(caller.client.id, fields.get("reading"))
        if reading is None or reading.model != model.key:
            return {"gone": True}
        return await compute(
            tab, caller, lambda: work(ReadingQuery(model, model.open(), reading, fields))
        )

    return await answer_or_problem(answer, request)


async def compute(tab: InspectTab, caller: Caller, work: Callable[[], Json]) -> Json:
    """Return what `work` computes, in turn with what others compute, within the client's limits."""

    def sliced() -> Json:
        return SCORING_SLICER.compute(caller.client.id, work)

    return await tab.context.limiters.scoring.run(caller.client, sliced)


async def answer_or_problem(answer: Callable[[], Awaitable[Json]], request: gr.Request) -> Json:
    """Return an answer, or the problem that prevented it, in the language of the request."""
    locale = i18n.locale_of(request)
    try:
        return await answer()
    except ClientGoneError:
        return {}
    except UserError as error:
        problem = {"message": i18n.translate_error(error, locale), "field": error.field}
    except Exception as error:  # noqa: BLE001  # logged, and shown on the page
        log.error("inspecting a text failed: %s", traceback_without_message(error))
        message = i18n.translate_message(i18n.INTERNAL_ERROR, locale)
        problem = {"message": message, "field": None}
    return {"problem": problem}


def as_object(query: object) -> Json:
    """Return a query that is a JSON object; an empty one for anything else."""
    return query if isinstance(query, dict) else {}
