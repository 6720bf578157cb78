"""Following a run: what is new on its card since the browser heard of it last.

The card asks (feed.js), and the answer waits for news, a few seconds at most. Nothing belongs to
a session or to this process: whatever broke in between, the next question is answered with all
that was missed, told again from the run's directory. Viewers of one run share one feed.
"""

from __future__ import annotations

import asyncio
import json
import math
import secrets
import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import gradio as gr
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

MAX_WAIT_SECONDS = 5.0  # seconds that a question waits for news
POLL_SECONDS = 0.15  # seconds between two looks at a run
MAX_FEEDS = 64  # runs whose stories stay told


class RunFeed:
    """A run's view as told so far, and which of its parts changed when."""

    def __init__(self, context: AppContext, access: RunAccess) -> None:
        self.run, self._key = access.run, access.key
        self.token = secrets.token_hex(4)  # nobody can add to what another feed has said
        self.view_model = RunViewModel(
            access.key,
            link=view_id(access.run.id),
            controls=access.may_control,
            max_seconds=context.limits.seconds,
        )
        self._context = context
        self._offset, self._refreshed = 0, 0.0
        self._version = 0
        self._fields: dict[str, str] = {}  # as JSON
        self._changed: dict[str, int] = {}

    async def value(self) -> dict[str, Any]:
        """All that the card shows now, and the `cursor` of the next call (see `changes_since`)."""
        await self.refresh()
        cursor = {
            "token": self.token,
            "version": self._version,
            "base": self.view_model.base,
            "points": len(self.view_model.steps),
        }
        return self.view_model.value() | {"cursor": cursor}

    async def refresh(self, *, throttled: bool = False) -> None:
        """Tell what has happened since the last look; `throttled`: unless that was just now."""
        now = time.monotonic()
        if throttled and now - self._refreshed < POLL_SECONDS / 2:
            return
        self._refreshed = now
        try:
            if not self._read_run() and not self.run.has_ended:
                await self._record_crash()
        except DamagedRunUserError as error:
            self.view_model.state, self.view_model.problem = DAMAGED, i18n.error_in_both(error)
            self._note_changes(events=False)

    def _read_run(self) -> bool:
        """Whether more is to come."""
        run, view = self.run, self.view_model
        view.title = corpus_title(run.manifest["corpus"])
        # Before the events, so that none slips between the two.
        view.state = run.state if run.was_requested else "queued"
        view.ahead, wait = self._context.runs.queue_position(run.id)
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

    async def _record_crash(self) -> None:
        """It was killed, and nobody is there to say so."""
        try:
            await asyncio.to_thread(self.run.record_crash)
        except OSError:
            self.view_model.apply(self.run.make_end_event(EndReason.CRASHED))
        self._read_run()

    def _note_changes(self, *, events: bool) -> None:
        parts = {
            name: json.dumps(part, ensure_ascii=False)
            for name, part in self.view_model.fields().items()
        }
        changed = [name for name, said in parts.items() if self._fields.get(name) != said]
        if events or changed:
            self._version += 1
            self._changed |= dict.fromkeys(changed, self._version)
            self._fields = parts

    def changes_since(self, cursor: Mapping[str, Any]) -> str | None:
        """What has changed since the answer with this `cursor`, as JSON; None if nothing.

        `cursor` is what came with the last answer: `token`, `version`, `base`, and `points`, how
        many points of the curves it has.
        """
        version = _count(cursor, "version") if cursor.get("token") == self.token else -1
        if version == self._version:
            return None
        view = self.view_model
        begun = version >= 0 and cursor.get("base") == view.base
        first = max(0, min(_count(cursor, "points"), len(view.steps))) if begun else 0
        points = {name: column[first:] for name, column in view.columns.items()}
        said = {name: text for name, text in self._fields.items() if self._changed[name] > version}
        said["columns"] = json.dumps(points)
        for name, value in (
            ("token", self.token), ("version", self._version),
            ("base", view.base), ("first", first), ("steps", view.steps[first:]),
        ):  # fmt: skip
            said[name] = json.dumps(value)
        return "{" + ",".join(f'"{name}":{text}' for name, text in said.items()) + "}"


class RunFeeds:
    """The stories that somebody looks at."""

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._feeds: OrderedDict[str, RunFeed] = OrderedDict()

    def feed_of(self, access: RunAccess) -> RunFeed:
        """The run's view, as whoever has this access is told it."""
        feed = self._feeds.pop(access.key, None) or RunFeed(self._context, access)
        self._feeds[access.key] = feed
        while len(self._feeds) > MAX_FEEDS:
            self._feeds.popitem(last=False)
        return feed

    def star(self, asked: dict[str, Any], request: gr.Request) -> dict[str, Any]:
        """Star a run, or not any more (`{run, on}`); return `starred`, or the `problem` in words.

        Called from `run_card.js`.
        """
        asked = asked if isinstance(asked, dict) else {}
        runs, run_id = self._context.runs, str(asked.get("run"))
        try:
            runs.star(run_id, bool(asked.get("on")))
            return {"starred": runs.is_starred(runs.find(run_id))}
        except UserError as error:
            return {"problem": i18n.translate_error(error, i18n.locale_of(request))}

    async def follow(self, asked: dict[str, Any]) -> Response:
        """Return the news of a run (`{run, wait, …cursor}`); called from `feed.js`.

        `{}` says that there are none, after some seconds if `wait` is true; `missing`, that the run
        is gone.
        """
        asked = asked if isinstance(asked, dict) else {}
        until = time.monotonic() + (MAX_WAIT_SECONDS if asked.get("wait") else 0.0)
        try:
            feed = self.feed_of(self._context.find_run(str(asked.get("run"))))
            await feed.refresh(throttled=True)
            while (said := feed.changes_since(asked)) is None:
                if time.monotonic() >= until or feed.view_model.state not in LIVE_STATES:
                    break
                await asyncio.sleep(POLL_SECONDS)
                await feed.refresh(throttled=True)
        except UserError:
            said = '{"missing":true}'
        return Response(said or "{}", media_type="application/json")


def _rounded_wait(seconds: float) -> float:
    """An estimate, in steps that are worth telling: all who wait would be told each second."""
    step = 1 if seconds < 10 else 5 if seconds < 60 else 10
    return float(step * math.ceil(seconds / step))


def _count(cursor: Mapping[str, Any], name: str) -> int:
    value = cursor.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else -1
