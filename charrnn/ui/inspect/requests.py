"""How the server answers the Inspect tab: who may ask, within which limits, and what went wrong.

The functions of the tab and of its modes take a JSON object and return one, or a `problem` with its
`message` and `field`. The server keeps the readings used last. If one has been dropped, the answer
is `{"gone": true}`, and the page asks to read the text again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import gradio as gr

from ...checkpoint import Checkpoint
from ..operations import Caller, find_model
from ..server.answers import answer_or_problem, as_object
from ..services.catalog import ModelEntry
from ..services.context import AppContext
from ..services.page_jobs import PageJobs
from ..services.time_slicer import SCORING_SLICER
from .layer_cache import LayerCache
from .readings import Reading, ReadingCache

Json = dict[str, Any]

EVERYONE = ""  # the owner of readings of texts that everyone can choose


@dataclass(frozen=True)
class InspectTab:
    """The server's part of the tab: the app, and the readings and layers that it keeps.

    `jobs` are what its pages wait for.
    """

    context: AppContext
    readings: ReadingCache = field(default_factory=ReadingCache)
    layers: LayerCache = field(default_factory=LayerCache)
    jobs: PageJobs = field(default_factory=PageJobs)

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

    The client has to be allowed to use the model, and the reading has to be of that model. If the
    query names a `job` (`services.page_jobs`), it can be stopped by this name.
    """

    async def answer() -> Json:
        fields, caller = as_object(query), Caller.from_request(tab.context, request)
        with tab.jobs.start(caller.client.id, fields.get("job")) as job:
            waiting = replace(caller, client=job.client(caller.client))
            model = await find_model(tab.context, waiting, fields.get("checkpoint"))
            reading = tab.find_reading(caller.client.id, fields.get("reading"))
            if reading is None or reading.model != model.key:
                return {"gone": True}
            return await compute(
                tab, waiting, lambda: work(ReadingQuery(model, model.open(), reading, fields))
            )

    return await answer_or_problem(answer, request)


async def compute(tab: InspectTab, caller: Caller, work: Callable[[], Json]) -> Json:
    """Return what `work` computes, in turn with what others compute, within the client's limits."""

    def sliced() -> Json:
        return SCORING_SLICER.compute(caller.client.id, work)

    return await tab.context.limiters.scoring.run(caller.client, sliced)
