"""The run that the card shows before a user has trained one: that of a bundled model.

Its events are a file beside the model, `events.jsonl`, as in a run's directory.
`checkpoints/README.md` says how it gets there.
"""

from __future__ import annotations

import logging

from ...errors import UserError
from ...runs.event_log import EventLog
from ..i18n.titles import corpus_title
from ..services import catalog
from ..services.context import DEFAULT_TEXT_ZH, AppContext
from .view_model import RunViewModel

log = logging.getLogger(__name__)

EVENTS = "events.jsonl"


def example_run(context: AppContext, locale: str) -> tuple[RunViewModel, str | None]:
    """Return the view of a bundled model's run, and the model's name.

    A Chinese user gets the run of the Chinese model. Without any model that has the events of its
    run, the view is idle and the name None.
    """
    models = catalog.bundled(context)
    if locale == "zh":
        models.sort(key=lambda model: model.key != DEFAULT_TEXT_ZH)
    for model in models:
        try:
            view = read_example(model)
        except UserError as error:  # damaged or just deleted
            log.warning("%s is not shown: %s", model.key, error)
            continue
        if view:
            return view, model.key
    view = RunViewModel()
    view.state = "idle"
    return view, None


def read_example(model: catalog.ModelEntry) -> RunViewModel | None:
    """Return the view of the run that made a model; None without the run's events.

    Raises UserError if the model or the events are damaged, or were deleted meanwhile.
    """
    events, _ = EventLog(model.directory / EVENTS).read()
    if not events:
        return None
    corpus = catalog.summarize(model).corpus or {}
    view = RunViewModel()
    view.title = corpus_title(corpus if corpus.get("name") else {"name": model.key})
    for event in events:
        view.apply(event)
    view.model = model.key
    view.is_example = True
    view.state = "finished"
    return view
