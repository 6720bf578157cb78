"""Names that Python and JavaScript share, read from `contract.json`.

`tests/unit/test_contract.py` checks that both sides use every name, and no others.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypedDict


class Component(TypedDict):
    """A component: its events, which Python handles, and its server functions."""

    events: list[str]
    server_functions: list[str]


class Contract(TypedDict):
    """The keys of `contract.json`."""

    run_states: dict[str, str]
    live_states: list[str]
    buttons: list[str]
    components: dict[str, Component]
    window_events: dict[str, str]
    storage: dict[str, str]
    automatic_start: str
    max_remembered: int
    surprisal_levels_per_bit: int
    element_ids: list[str]


CONTRACT: Contract = json.loads((Path(__file__).parents[1] / "contract.json").read_text("utf-8"))

LIVE_STATES = frozenset(CONTRACT["live_states"])
MAX_REMEMBERED = CONTRACT["max_remembered"]  # runs, and opened models, in a browser's lists


def run_state(name: str) -> str:
    """Return the name of a run's state.

    Raises ValueError if the contract has no such state.
    """
    return _checked(name, CONTRACT["run_states"], "run state")


def element_id(name: str) -> str:
    """Return the id of an element that JavaScript looks up.

    Raises ValueError if the contract has no such id.
    """
    return _checked(name, CONTRACT["element_ids"], "element id")


def button_id(name: str) -> str:
    """Return the element id of a button that the run card turns on and off.

    Raises ValueError if the contract has no such button.
    """
    return "train-" + _checked(name, CONTRACT["buttons"], "button")


def _checked(name: str, names: list[str] | dict[str, str], kind: str) -> str:
    if name not in names:
        raise ValueError(f"contract.json has no {kind} {name!r}.")
    return name
