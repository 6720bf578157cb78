"""Following a run: what is new on its card since the browser heard of it last.

The card asks (feed.js), and the answer waits for news, a few seconds at most. Nothing belongs to
a session or to this process: whatever broke in between, the next question is answered with all
that was missed, told again from the run's directory. Viewers of one run share one telling of it.
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
from ..services.context import AppContext
from .view_model import DAMAGED, LIVE, Story

HOLD = 5.0  # seconds that a question waits for news
EVERY = 0.15  # seconds between two looks at a run
KEPT = 64  # runs whose stories stay told


class Telling:
    """A run's story as told so far, and which of its parts changed when."""

    def __init__(self, context: AppContext, access: RunAccess) -> None:
        self.run, self._key = access.run, access.key
        self.token = secrets.token_hex(4)  # nobody can add to what another telling has said
        self.story = Story(
            access.key,
            link=view_id(access.run.id),
            controls=access.may_control,
            most_seconds=context.limits.seconds,
        )
        self._context = context
        self._offset, self._looked = 0, 0.0
        self._version = 0
        self._parts: dict[str, str] = {}  # as JSON
        self._changed: dict[str, int] = {}

    async def value(self) -> dict[str, Any]:
        """All that the card shows now, and what to say that was `heard` (see `news`)."""
        await self.look()
        heard = {
            "token": self.token,
            "version": self._version,
            "base": self.story.base,
            "points": len(self.story.steps),
        }
        return self.story.value() | {"heard": heard}

    async def look(self, *, sparing: bool = False) -> None:
        """Tell what has happened since the last look; `sparing`: unless that was just now."""
        now = time.monotonic()
        if sparing and now - self._looked < EVERY / 2:
            return
        self._looked = now
        try:
            if not self._tell() and not self.run.has_ended:
                await self._see_off()
        except DamagedRunUserError as error:
            self.story.state, self.story.problem = DAMAGED, i18n.error_in_both(error)
            self._note(events=False)

    def _tell(self) -> bool:
        """Whether more is to come."""
        run, story = self.run, self.story
        story.title = corpus_title(run.manifest["corpus"])
        # Before the events, so that none slips between the two.
        story.state = run.state if run.was_requested else "queued"
        story.ahead, wait = self._context.runs.queue_position(run.id)
        story.wait = None if wait is None else _roughly(wait)
        if self._context.limits.keep_hours is not None:
            story.starred = self._context.runs.is_starred(run)
        story.saved, story.model = run.has_resume_state, self._key if run.checkpoint else None
        events, self._offset = run.read_events(self._offset)
        for event in events:
            story.tell(event)
        story.problem = None
        self._note(events=bool(events))
        return story.state in LIVE

    async def _see_off(self) -> None:
        """It was killed, and nobody is there to say so."""
        try:
            await asyncio.to_thread(self.run.record_crash)
        except OSError:
            self.story.tell(self.run.make_end_event(EndReason.CRASHED))
        self._tell()

    def _note(self, *, events: bool) -> None:
        parts = {
            name: json.dumps(part, ensure_ascii=False) for name, part in self.story.parts().items()
        }
        changed = [name for name, said in parts.items() if self._parts.get(name) != said]
        if events or changed:
            self._version += 1
            self._changed |= dict.fromkeys(changed, self._version)
            self._parts = parts

    def news(self, heard: Mapping[str, Any]) -> str | None:
        """What has changed since the browser `heard` of it, as JSON; None if nothing.

        `heard` is what came with the last answer: `token`, `version`, `base`, and `points`, how
        many points of the curves it has.
        """
        version = _whole(heard, "version") if heard.get("token") == self.token else -1
        if version == self._version:
            return None
        story = self.story
        begun = version >= 0 and heard.get("base") == story.base
        first = max(0, min(_whole(heard, "points"), len(story.steps))) if begun else 0
        points = {name: column[first:] for name, column in story.columns.items()}
        said = {name: text for name, text in self._parts.items() if self._changed[name] > version}
        said["columns"] = json.dumps(points)
        for name, value in (
            ("token", self.token), ("version", self._version),
            ("base", story.base), ("first", first), ("steps", story.steps[first:]),
        ):  # fmt: skip
            said[name] = json.dumps(value)
        return "{" + ",".join(f'"{name}":{text}' for name, text in said.items()) + "}"


class Tellings:
    """The stories that somebody looks at."""

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._told: OrderedDict[str, Telling] = OrderedDict()

    def of(self, access: RunAccess) -> Telling:
        """The run's story, as whoever has this access is told it."""
        telling = self._told.pop(access.key, None) or Telling(self._context, access)
        self._told[access.key] = telling
        while len(self._told) > KEPT:
            self._told.popitem(last=False)
        return telling

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
        """Return the news of a run (`{run, wait, …heard}`); called from `feed.js`.

        `{}` says that there are none, after some seconds if `wait` is true; `missing`, that the run
        is gone.
        """
        asked = asked if isinstance(asked, dict) else {}
        until = time.monotonic() + (HOLD if asked.get("wait") else 0.0)
        try:
            telling = self.of(self._context.find_run(str(asked.get("run"))))
            await telling.look(sparing=True)
            while (said := telling.news(asked)) is None:
                if time.monotonic() >= until or telling.story.state not in LIVE:
                    break
                await asyncio.sleep(EVERY)
                await telling.look(sparing=True)
        except UserError:
            said = '{"missing":true}'
        return Response(said or "{}", media_type="application/json")


def _roughly(seconds: float) -> float:
    """An estimate, in steps that are worth telling: all who wait would be told each second."""
    step = 1 if seconds < 10 else 5 if seconds < 60 else 10
    return float(step * math.ceil(seconds / step))


def _whole(heard: Mapping[str, Any], name: str) -> int:
    value = heard.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else -1
