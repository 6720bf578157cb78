"""The list of the user's recent runs, folded below the run card.

The browser keeps the ids of its runs (`browser_state.py`). When the list is opened, the server
reads the state of each run from its directory; runs that were deleted are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any

import gradio as gr

from ...errors import UserError
from ...runs import uploads
from ...runs.run import Run
from ...runs.run_directory import MAX_NAME_LENGTH
from ...runs.uploads import is_upload
from ...utils.regular_files import DamagedRunUserError
from .. import i18n
from ..i18n.run_labels import labels_of
from ..i18n.titles import corpus_title
from ..page.component import bind, html_component
from ..page.contract import LIVE_STATES, MAX_REMEMBERED
from ..page.theme import asset
from ..server.client_id import event_request
from ..services.context import AppContext
from .strings import DELETING, RECENT_RUNS
from .view_model import DAMAGED


def recent_runs(context: AppContext) -> gr.HTML:
    """Build the list as a component."""
    return html_component(
        "run_card/recent_runs",
        asset("run_card/recent_runs.html"),
        server_functions=[bind(list_runs, context), bind(rename, context), bind(remove, context)],
        words=(i18n.SHARED, RECENT_RUNS, DELETING),
        max_name_length=MAX_NAME_LENGTH,
    )


async def list_runs(context: AppContext, ids: object, request: gr.Request) -> list[dict[str, Any]]:
    """Describe the runs with these ids, the newest first; called from `recent_runs.js`."""
    return await context.limiters.listing.run(
        context.client(request), partial(_summaries, context, ids)
    )


def _summaries(context: AppContext, ids: object) -> list[dict[str, Any]]:
    runs, found = [], []
    for run_id in ids[:MAX_REMEMBERED] if isinstance(ids, list) else []:
        with suppress(UserError):  # deleted
            runs.append(context.runs.find(str(run_id)))
    for run, label in zip(runs, labels_of(runs), strict=True):
        with suppress(UserError):
            found.append(summary_or_problem(run) | {"label": label})
    return sorted(found, key=lambda summary: summary["when"], reverse=True)


def rename(context: AppContext, payload: object, request: gr.Request) -> dict[str, Any]:
    """Rename a run (`{run, name}`); return the `name`, or a translated `problem`.

    Called from `recent_runs.js` and `models.js`.
    """
    arguments = payload if isinstance(payload, dict) else {}
    try:
        run = context.runs.find(str(arguments.get("run")))
        run.rename(str(arguments.get("name") or ""))
    except UserError as error:
        return {"problem": i18n.translate_error(error, i18n.locale_of(request))}
    return {"name": run.name}


def remove(context: AppContext, key: object, request: gr.Request) -> dict[str, Any]:
    """Delete the run or uploaded model with this id; return `deleted`, or a translated `problem`.

    Whoever knows the id may delete the run. A view id, which links contain, does not suffice.
    Called from `recent_runs.js` and `models.js`.
    """
    try:
        if is_upload(str(key)):
            uploads.delete(context.runs.root, str(key))
        else:
            context.runs.delete(str(key))
    except UserError as error:
        locale = i18n.locale_of(event_request(request))
        return {"problem": i18n.translate_error(error, locale)}
    return {"deleted": key}


def summary_or_problem(run: Run) -> dict[str, Any]:
    """Return what the list shows of a run (see `run_summary`), or why it can't be read.

    Raises UserError if the run was deleted.
    """
    try:
        return run_summary(run)
    except DamagedRunUserError as error:
        return {
            "run": run.id,
            "title": title_of_damaged(run),
            "name": run.name,
            "state": DAMAGED,
            "perplexity": None,
            "when": last_change(run),
            "problem": i18n.error_in_both(error),
        }


def title_of_damaged(run: Run) -> dict[str, str]:
    """Return the name of a damaged run's text, or else the beginning of its id, by language."""
    try:
        return corpus_title(run.manifest["corpus"])
    except DamagedRunUserError:
        return i18n.in_both(RECENT_RUNS["untitled"], id=run.id[:4])


def run_summary(run: Run) -> dict[str, Any]:
    """Return what the list shows of a run.

    `when` is the time of its last change in seconds since the epoch, and `perplexity` that of its
    model, None without one.

    Raises DamagedRunUserError if the run can't be read, UserError if it was deleted.
    """
    manifest = run.manifest
    return {
        "run": run.id,
        "title": corpus_title(manifest["corpus"]),
        "name": run.name,
        "state": _state(run),
        "perplexity": _perplexity(run.results),
        "when": last_change(run),
    }


def _state(run: Run) -> str:
    state = run.state if run.was_requested else "queued"
    if state in LIVE_STATES:
        return state
    end = run.event_log.last_if("end", since=0) if run.has_ended else None
    if end is None or end.get("interrupted"):  # no end: its server was killed
        return "interrupted"
    return "cancelled" if state == "stopped" and run.checkpoint is None else state


def _perplexity(results: Mapping[str, Any]) -> float | None:
    """Return the held-out perplexity, or else that of the training text; None without either."""
    figure = results.get("validation_perplexity") or results.get("train_perplexity")
    return None if figure is None else float(figure)


def last_change(run: Run) -> float:
    """Return when a run's files last changed, in seconds since the epoch."""
    times = [0.0]
    for path in (run.event_log.path, run.directory / "run.json"):
        with suppress(OSError):
            times.append(path.lstat().st_mtime)
    return max(times)
