"""The field of the Models tab that opens a model: by its name on the Hub, or from a file.

Opening is an event that tells how far it is and can be called off; what was typed stays in the
browser (open_model.js). A name may also be that of a shipped model or a run's id, since a link
`?model=` may have one.
"""

from __future__ import annotations

import asyncio
import logging
import re
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from time import monotonic as clock
from typing import Any

import gradio as gr

from ...errors import UserError, traceback_without_message
from ...hub import is_id
from ...runs.uploads import MAX_BYTES
from .. import i18n
from ..page.component import bind, html_component
from ..page.contract import element_id
from ..page.modules import call
from ..page.theme import asset
from ..services.catalog import ModelEntry, find_model
from ..services.context import AppContext
from ..services.open_model import open_file, open_hub
from .strings import CARDS, OPENER

log = logging.getLogger(__name__)

Frame = dict[str, Any]
_EVERY = 0.15  # seconds between two looks at how far it is
_ADDRESS = re.compile(r"(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co)/", re.IGNORECASE)


def build_open_model(context: AppContext) -> gr.HTML:
    """The field as a component, wired."""
    field = html_component(
        "models/open_model",
        asset("models/open_model.html"),
        {},
        words=(CARDS, OPENER),
        most={kind: min(context.limits.upload_bytes, most) for kind, most in MAX_BYTES.items()},
        elem_id=element_id("opener"),
    )
    opening = field.open(
        bind(_open_model, context),
        None,
        field,
        show_progress="hidden",
        trigger_mode="multiple",  # one that was called off may linger
        api_visibility="private",
    )
    opening.then(None, js=call("noteOpenSettled"), api_visibility="private")
    opening.failure(None, js=call("noteOpenSettled"), api_visibility="private")
    field.cancel(None, cancels=opening, api_visibility="private")
    return field


def parse_hub_url(text: str) -> str:
    """`owner/name[@revision]` out of a model's address on the Hub; other texts as they are."""
    text = text.strip()
    if not (found := _ADDRESS.match(text)):
        return text
    path = re.split(r"[?#]", text[found.end() :])[0].strip("/")
    repo, _, revision = path.partition("/tree/")
    return f"{repo}@{revision}" if revision else repo


async def _open_model(
    context: AppContext, event: gr.EventData, request: gr.Request
) -> AsyncIterator[Frame]:
    """Yield how far the opening of a model is; at the end its key, or the problem in words."""
    locale, ask = i18n.locale_of(request), getattr(event, "ask", None)
    told, unwanted = _Progress(), threading.Event()

    given = {"model": getattr(event, "model", None), "file": getattr(event, "file", None)}
    work = partial(_open, context, given, request, told, unwanted.is_set)
    opening = context.limiters.opening.run(context.client(request), work)
    working = asyncio.create_task(opening)
    try:
        while not (await asyncio.wait({working}, timeout=_EVERY))[0]:
            # With the time, since Gradio tells the page of nothing that is as it was.
            frame = {"done": told.done, "total": told.total, "at": round(clock())}
            yield {"ask": ask, "state": "opening", **frame}
        model = working.result()
        kept = model.source in ("hub", "upload")
        yield {"ask": ask, "state": "opened", "key": model.key, "kept": kept}
    except UserError as error:
        message = i18n.translate_error(error, locale)
        yield {"ask": ask, "state": "problem", "message": message}
    except Exception as error:  # noqa: BLE001  # said on the page
        log.error("a model could not be opened: %s", traceback_without_message(error))
        message = i18n.translate_message(i18n.INTERNAL_ERROR, locale)
        yield {"ask": ask, "state": "problem", "message": message}
    finally:  # also where the event was cancelled, or its page closed
        unwanted.set()
        working.cancel()


def _open(
    context: AppContext,
    asked: Mapping[str, Any],
    request: gr.Request,
    told: _Progress,
    cancelled: Callable[[], bool],
) -> ModelEntry:
    if asked["file"] is not None:
        return open_file(context, str(asked["file"]), request)
    name = parse_hub_url(str(asked["model"]))
    if is_id(name):
        return open_hub(context, name, request, progress=told, cancelled=cancelled)
    return find_model(context, name, request)


class _Progress:
    """What `hub.pull` tells, in its own thread."""

    def __init__(self) -> None:
        self.done = 0
        self.total: int | None = None

    def __call__(self, done: int, total: int | None) -> None:
        self.done, self.total = done, total
