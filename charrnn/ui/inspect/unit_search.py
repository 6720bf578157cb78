"""The search for units on the Inspect tab: what to look for, and what was found.

Findings are of the first characters of a text, as many as can be searched at a time. A query has a
`checkpoint`, a `reading` and the `concept` (`charrnn.inspection.concepts.parse_concept`).
"""

from __future__ import annotations

from dataclasses import asdict

import gradio as gr
import numpy as np

from ...errors import UserError
from ...inspection import CONCEPTS, find_units
from ...inspection.concepts import Concept, parse_concept
from ...inspection.matching import match_span
from ...inspection.units import UnitFinding, find_units_of_each, max_characters
from ...utils import validation
from .hidden_units import find_layer
from .requests import InspectTab, Json, ReadingQuery, answer_about_reading

# Regular expressions that are offered beside the concepts.
PATTERNS = {
    "capital-letters": r"/\p{Lu}/",
    "vowels": "/[aeiouAEIOU]/",
    "after-punctuation": "/[,.;:!?，。；：！？]./",
}
MAX_OVERVIEW_CHARACTERS = 20_000  # in which the best unit of each concept is searched
_MIN_OVERVIEW_MARKS = 40  # characters of the text that a concept marks, to be among these
_OVERVIEW = "units found first"  # where a reading keeps it


async def find_first_units(tab: InspectTab, query: object, request: gr.Request) -> Json:
    """Return the best unit for each concept and pattern that the text has, the best one first.

    The answer has the `findings` and how many characters were `searched`.
    """

    def work(query: ReadingQuery) -> Json:
        kept = query.reading.extras
        if _OVERVIEW not in kept:
            kept[_OVERVIEW] = _find_first(query)
        found: Json = kept[_OVERVIEW]
        return found

    return await answer_about_reading(tab, query, request, work)


async def find_concept_units(tab: InspectTab, query: object, request: gr.Request) -> Json:
    """Return the `findings` for a concept, how many characters were `searched`, and the `marks`.

    They are a digit for each of these characters, 1 where the concept holds; empty for a number
    such as the position in the line. A problem with the concept has the field "concept".
    """

    def work(query: ReadingQuery) -> Json:
        concept = parse_concept(query.fields.get("concept"))
        text = _searched_part(query, len(query.reading.text))
        findings = find_units(query.checkpoint, text, concept)
        return {
            "findings": [finding.as_dict() for finding in findings],
            "searched": len(text),
            "marks": "" if concept.numeric else _digits(concept, text),
        }

    return await answer_about_reading(tab, query, request, work)


async def match_selection(tab: InspectTab, query: object, request: gr.Request) -> Json:
    """Return where else the units of a `layer` are on that are on from `begin` to `end`.

    The answer has these `units`, each with its sign, the `threshold` from which on they were taken
    to be on, and the `matches`: `begin`, `end` and the `share` of the units.
    """

    def work(query: ReadingQuery) -> Json:
        begin, end = (validation.as_int(query.fields.get(name), name) for name in ("begin", "end"))
        H = find_layer(tab, query).values.astype(np.float32)
        return asdict(match_span(H, begin, end))

    return await answer_about_reading(tab, query, request, work)


def _find_first(query: ReadingQuery) -> Json:
    text = _searched_part(query, MAX_OVERVIEW_CHARACTERS)
    offered = [*CONCEPTS.values(), *map(parse_concept, PATTERNS.values())]
    concepts = [concept for concept in offered if _is_frequent(concept, text)]
    found = find_units_of_each(query.checkpoint, text, concepts, count=1)
    best: list[UnitFinding] = [
        finding for one in found if not isinstance(one, UserError) for finding in one
    ]
    best.sort(key=lambda finding: -finding.score_held_out)
    return {"findings": [finding.as_dict() for finding in best], "searched": len(text)}


def _is_frequent(concept: Concept, text: str) -> bool:
    """Check that a text has enough of a concept, so that no unit follows it by chance."""
    return concept.numeric or int(concept.mark(text).sum()) >= _MIN_OVERVIEW_MARKS


def _searched_part(query: ReadingQuery, most: int) -> str:
    return query.reading.text[: min(most, max_characters(query.checkpoint))]


def _digits(concept: Concept, text: str) -> str:
    return "".join("1" if mark else "0" for mark in concept.mark(text).tolist())
