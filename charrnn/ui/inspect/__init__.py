"""The Inspect tab: a model reads a text, and the page shows it in one of several modes.

`server_functions.py` answers the page, `requests.py` has what all answers have in common,
`texts.py` knows the texts to choose from, and `readings.py` keeps what was read. In the browser,
`inspect.js` draws the tab, and `character_grid.js` the text, in which each character can be
selected. Each mode has a script and an HTML file of its name.
"""

from __future__ import annotations

from ...inspection import CONCEPTS
from ..novelty import COMPARISON, NOVELTY, Comparer
from ..operations.inspection import MAX_INSPECTED_CHARACTERS
from ..page.component import bind, html_component
from ..page.theme import asset
from ..services.context import AppContext
from .hidden_units import STRIP_CHARACTERS, unit_strips, unit_values
from .hidden_units_strings import HIDDEN_UNITS
from .reach import STEPS_BACK, context_effects, gradient_norms
from .reach_strings import REACH
from .requests import InspectTab
from .second_model import MAX_DIFFERENCE_BITS, read_second
from .second_model_strings import SECOND_MODEL
from .server_functions import (
    PLACES_AT_ONCE,
    count_baselines,
    inspect_places,
    list_models,
    read_text,
    reading_progress,
    stop_reading,
)
from .step import ALPHAS, STEPS_AT_ONCE, trace_steps
from .step_strings import STEP
from .strings import INSPECT
from .unit_ablation import STRONGEST_BITS, switch_off_unit
from .unit_search import PATTERNS, find_concept_units, find_first_units, match_selection

# The HTML files of what stands beside the text,
_PANELS = (
    "surprise",
    "comparison",
    "hidden_units",
    "step",
    "reach",
    "copied",
)
_BELOW = ("unit_strips", "unit_ablation")  # and of what stands below it


def inspect_tab(context: AppContext) -> None:
    """Build the tab inside the Tab that is open now."""
    tab, comparer = InspectTab(context), Comparer(context)
    functions = (
        list_models,
        read_text,
        inspect_places,
        count_baselines,
        unit_values,
        unit_strips,
        find_first_units,
        find_concept_units,
        match_selection,
        switch_off_unit,
        trace_steps,
        gradient_norms,
        context_effects,
        reading_progress,
        stop_reading,
        read_second,
    )
    html_component(
        "inspect/inspect",
        _html(),
        server_functions=[
            *(bind(function, tab) for function in functions),
            *(bind(function, comparer) for function in COMPARISON),
        ],
        words=[INSPECT, SECOND_MODEL, HIDDEN_UNITS, STEP, REACH, NOVELTY],
        max_difference_bits=MAX_DIFFERENCE_BITS,
        places_at_once=PLACES_AT_ONCE,
        steps_at_once=STEPS_AT_ONCE,
        step_alphas=ALPHAS,
        steps_back=STEPS_BACK,
        strip_characters=STRIP_CHARACTERS,
        strongest_change_bits=STRONGEST_BITS,
        concepts=list(CONCEPTS),
        patterns=PATTERNS,
        max_characters=MAX_INSPECTED_CHARACTERS,
        elem_id="inspect",
    )


def _html() -> str:
    """Return the markup of the tab with that of its modes."""
    html = asset("inspect/inspect.html")
    for place, names in (("panels", _PANELS), ("below", _BELOW)):
        parts = "".join(asset(f"inspect/{name}.html") for name in names)
        html = html.replace(f"<!-- {place} -->", parts)
    return html.replace("<!-- report -->", asset("novelty/report.html"))
