"""Read a text with a model, unless that reading is kept."""

from __future__ import annotations

import hashlib

from ...inspection import inspect
from ...inspection.saved_states import SavedStates
from ..services.catalog import ModelEntry
from ..services.page_jobs import PageJob
from .readings import Reading
from .requests import EVERYONE, InspectTab
from .texts import ChosenText


def read_with(
    tab: InspectTab, user: str, model: ModelEntry, chosen: ChosenText, job: PageJob
) -> tuple[str, Reading]:
    """Return the reading of a text by a model, and its key.

    It belongs to everyone if all users can choose both the text and the model, else to `user`.
    """
    owner = EVERYONE if chosen.is_shared and model.source == "bundled" else user
    key = _key(model, chosen)
    if (reading := tab.readings.get(owner, key)) is None:
        states = SavedStates(len(chosen.text))
        inspection = inspect(model.open(), chosen.text, states=states, on_progress=job.note)
        reading = Reading.of(inspection, model.key, chosen.source, states)
        tab.readings.put(owner, key, reading)
    return key, reading


def _key(model: ModelEntry, chosen: ChosenText) -> str:
    """Return the key of a reading: a digest of the model, as it is now, and of the text."""
    changed = model.read(lambda _, changed: changed)
    digest = hashlib.sha256(f"{model.key} {changed} {chosen.source} ".encode())
    digest.update(chosen.text.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:32]
