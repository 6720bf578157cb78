"""The visitor's own runs: one folded line below the card, and each run a line in it.

The browser remembers the ids (`memory.py`); what is said of a run comes from its directory, when
the list is opened. A run that is not here any more is left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from ..errors import UserError
from ..runs import Run
from . import words
from .card import LIVE, chinese
from .house import House
from .look import asset, script
from .memory import KEPT
from .words_card import YOURS
from .words_train import RECIPES


def your_runs(house: House) -> gr.HTML:
    """The list as a component."""
    return gr.HTML(
        html_template=asset("yours.html"),
        js_on_load=script("kept.js", "yours.js"),
        server_functions=[_lister(house)],
        words=words.both(words.SHARED, RECIPES, YOURS),
        apply_default_css=False,
    )


def _lister(house: House) -> Callable[[object], list[dict[str, Any]]]:
    def describe(ids: object) -> list[dict[str, Any]]:
        """What is known of the runs with these ids; called from `yours.js`."""
        found = []
        for run_id in ids[:KEPT] if isinstance(ids, list) else []:
            try:
                found.append(line(house.runs.find(str(run_id))))
            except (UserError, FileNotFoundError):  # it has been removed
                continue
        return found

    return describe


def line(run: Run) -> dict[str, Any]:
    """What the list says of a run: `when` it did something last, in seconds of the epoch, and the
    `perplexity` of its model, None where it has none."""
    request = run.request
    name = str(request["corpus"]["name"])
    return {
        "run": run.id,
        "title": {"en": name, "zh": chinese(name)},
        "recipe": request["recipe"],
        "state": _state(run),
        "perplexity": _perplexity(run.checkpoint),
        "when": _changed(run),
    }


def _state(run: Run) -> str:
    state = run.state if run.asked else "queued"
    if state in LIVE:
        return state
    end = run.journal.last(0, "end") if run.ended else None
    if end is None or end.get("interrupted"):  # without an end, it died with its server
        return "interrupted"
    return "cancelled" if state == "stopped" and run.checkpoint is None else state


def _perplexity(checkpoint: Path | None) -> float | None:
    """On the held-out part, or else on the training text."""
    if checkpoint is None:
        return None
    results = json.loads((checkpoint / "config.json").read_bytes())["results"]
    figure = results["validation_perplexity"] or results["train_perplexity"]
    return None if figure is None else float(figure)


def _changed(run: Run) -> float:
    files = (run.journal.path, run.directory / "run.json")
    return max(path.stat().st_mtime for path in files if path.exists())
