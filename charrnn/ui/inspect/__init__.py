"""The Inspect tab: a model reads a text, and the page shows what surprised it.

`server_functions.py` answers the page, `texts.py` knows the texts to choose from, and `readings.py`
keeps what was read. In the browser, `inspect.js` draws the tab, and `character_grid.js` the text,
in which each character can be selected.
"""

from __future__ import annotations

from ..inspection_operations import MAX_INSPECTED_CHARACTERS
from ..page.component import bind, html_component
from ..page.theme import asset
from ..services.context import AppContext
from .server_functions import (
    PLACES_AT_ONCE,
    InspectTab,
    count_baselines,
    inspect_places,
    list_models,
    read_text,
)
from .strings import INSPECT


def inspect_tab(context: AppContext) -> None:
    """Build the tab inside the Tab that is open now."""
    tab = InspectTab(context)
    functions = (list_models, read_text, inspect_places, count_baselines)
    html_component(
        "inspect/inspect",
        asset("inspect/inspect.html"),
        server_functions=[bind(function, tab) for function in functions],
        words=[INSPECT],
        places_at_once=PLACES_AT_ONCE,
        max_characters=MAX_INSPECTED_CHARACTERS,
        elem_id="inspect",
    )
