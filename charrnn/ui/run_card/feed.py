"""Long-polling feed of a run: what has changed on its card since the browser's last request.

The browser asks (feed.js), and the server answers when something has changed, or after
`MAX_WAIT_SECONDS`. No state of a browser is kept on the server: after a broken connection or a
restart, the next answer has all that was missed, read again from the run's directory. All viewers
of a run share one `RunFeed`.
"""

from __future__ import annotations

import asyncio
import json
import math
import secrets
import time
from collections.abc import Mapping
from typing import Any

import gradio as gr
from gradio.utils import LRUCache
from starlette.responses import Response

from ...errors import UserError
from ...runs.end_reasons import EndReason
from ...runs.view_ids import RunAccess, view_id
from ...utils.regular_files import DamagedRunUserError
from .. import i18n
from ..i18n.titles import corpus_title
from ..page.contract import LIVE_STATES
from ..services.context import AppContext
from .view_model import DAMAGED, RunViewModel

MAX_WAIT_SECONDS = 5.0  # before a request is answered though nothing has changed
POLL_SECONDS = 0.15  # between two reads of a run's directory
MAX_FEEDS = 64


class RunFeed:
    """A run's view model with a version number per field, so browsers fetch only what changed."""

    def __init__(self, context: AppContext, access: RunAccess) -> None:
        self.run, self._key = access.run, access.key
        self.token = secrets.token_hex(4)  # a cursor of another feed is not valid for this one
        self.view_model = RunViewModel(
            access.key,
            link=view_id(access.run.id),
            controls=access.may_control,
            max_seconds=context.limits.seconds,
        )
        self._context = context
        self._offset, self._refreshed = 0, 0.0
        self._version = 0
        self._fields: dict[str, str] = {}  # the values as JSON
        self._changed: dict[str, int] = {}  # the version in which each field changed last

    async def value(self) -> dict[str, Any]:
        """Return all that the card shows, with the `cursor` of the next request.

        `changes_since` describes the cursor.
        """
        await self.refresh()
        cursor = {
            "token": self.token,
            "version": self._version,
            "base": self.view_model.base,
            "points": len(self.view_model.steps),
        }
        return self.view_model.value() | {"cursor": cursor}

    async def refresh(self, *, throttled: bool = False) -> None:
        """Read what has happened in the run since the last call.

        With `throttled`, do nothing if that was just now.
        """
        now = time.monotonic()
        if throttled and now - self._refreshed < POLL_SECONDS / 2:
            return
        self._refreshed = now
        try:
            if not self._read_run() and not self.run.has_ended:
                await self._record_missing_end()
        except DamagedRunUserError as error:
            self.view_model.state, self.view_model.problem = DAMAGED, i18n.error_in_both(error)
            self._note_changes(events=False)

    def _read_run(self) -> bool:
        """Apply new events to the view model; return whether the run is still active."""
        run, view = self.run, self.view_model
        view.title = corpus_title(run.manifest["corpus"])
        # Read before the events, so that no event is missed in between.
        view.state = run.state if run.was_requested else "queued"
        view.queue_position, wait = self._context.runs.queue_position(run.id)
        view.wait = None if wait is None else _rounded_wait(wait)
        if self._context.limits.keep_hours is not None:
            view.starred = self._context.runs.is_starred(run)
        view.saved, view.model = run.has_resume_state, self._key if run.checkpoint else None
        events, self._offset = run.read_events(self._offset)
        for event in events:
            view.apply(event)
        view.problem = None
        self._note_changes(events=bool(events))
        return view.state in LIVE_STATES

    async def _record_missing_end(self) -> None:
        """Record the end of a run whose worker was killed, and read it."""
        try:
            await asyncio.to_thread(self.run.record_missing_end)
        except OSError:
            self.view_model.apply(self.run.make_end_event(EndReason.CRASHED))
        self._read_run()

    def _note_changes(self, *, events: bool) -> None:
        fields = {
            name: json.dumps(value, ensure_ascii=False)
            for name, value in self.view_model.fields().items()
        }
        changed = [name for name, text in fields.items() if self._fields.get(name) != text]
        if events or changed:
            self._version += 1
            self._changed |= dict.fromkeys(changed, self._version)
            self._fields = fields

    def changes_since(self, cursor: Mapping[str, Any]) -> str | None:
        """Return as JSON what has changed since the answer with this cursor; None if nothing.

        A cursor has `token`, `version` and `base` of that answer, and `points`, the number of
        points of the curves that the browser has. It comes from the browser, so its values may be
        anything.
        """
        version = _count(cursor, "version") if cursor.get("token") == self.token else -1
        if version == self._version:
            return None
        view = self.view_model
        has_points = version >= 0 and cursor.get("base") == view.base
        first = max(0, min(_count(cursor, "points"), len(view.steps))) if has_points else 0
        points = {name: column[first:] for name, column in view.columns.items()}
        changes = {
            name: text for name, text in self._fields.items() if self._changed[name] > version
        }
        changes["columns"] = json.dumps(points)
        for name, value in (
            ("token", self.token), ("version", self._version),
            ("base", view.base), ("first", first), ("steps", view.steps[first:]),
        ):  # fmt: skip
            changes[name] = json.dumps(value)
        return "{" + ",".join(f'"{name}":{text}' for name, text in changes.items()) + "}"


class RunFeeds:
    """LRU cache of the feeds of the runs that are being viewed."""

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._feeds: LRUCache[str, RunFeed] = LRUCache(MAX_FEEDS)

    def feed_of(self, access: RunAccess) -> RunFeed:
        """Return the feed of a run for viewers with this access; make it if there is none."""
        known = self._feeds.get(access.key)
        feed = self._feeds[access.key] = known or RunFeed(self._context, access)
        return feed

    def star(self, payload: dict[str, Any], request: gr.Request) -> dict[str, Any]:
        """Star or unstar a run (`{run, on}`); return `starred`, or a translated `problem`.

        Called from `run_card.js`. A starred run is not deleted when it expires.
        """
        payload = payload if isinstance(payload, dict) else {}
        runs, run_id = self._context.runs, str(payload.get("run"))
        try:
            runs.star(run_id, bool(payload.get("on")))
            return {"starred": runs.is_starred(runs.find(run_id))}
        except UserError as error:
            return {"problem": i18n.translate_error(error, i18n.locale_of(request))}

    async def poll(self, payload: dict[str, Any]) -> Response:
        """Return what has changed in a run (`{run, wait}` and the fields of a cursor).

        Called from `feed.js`. The answer is `{}` if nothing has changed, after `MAX_WAIT_SECONDS`
        if `wait` is true, and `{"missing": true}` if there is no such run.
        """
        payload = payload if isinstance(payload, dict) else {}
        until = time.monotonic() + (MAX_WAIT_SECONDS if payload.get("wait") else 0.0)
        try:
            feed = self.feed_of(self._context.find_run(str(payload.get("run"))))
            await feed.refresh(throttled=True)
            while (changes := feed.changes_since(payload)) is None:
                if time.monotonic() >= until or feed.view_model.state not in LIVE_STATES:
                    break
                await asyncio.sleep(POLL_SECONDS)
                await feed.refresh(throttled=True)
        except UserError:
            changes = '{"missing":true}'
        return Response(changes or "{}", media_type="application/json")


def _rounded_wait(seconds: float) -> float:
    """Round up an estimated wait, in seconds.

    The steps are coarse, so that the cards of all queued runs do not change every second.
    """
    step = 1 if seconds < 10 else 5 if seconds < 60 else 10
    return float(step * math.ceil(seconds / step))


def _count(cursor: Mapping[str, Any], name: str) -> int:
    value = cursor.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else -1
