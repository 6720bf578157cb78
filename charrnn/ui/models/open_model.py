"""The field of the Models tab that opens a model: by its name on the Hub, or from a file.

Opening is an event that yields its progress and can be cancelled. `open_model.js` draws the field.
The name may also be that of a bundled model or the id of a run, since links (`?model=`) may have
one.
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
from ..services.model_opener import open_file, open_hub
from .strings import CARDS, OPEN_MODEL

log = logging.getLogger(__name__)

Frame = dict[str, Any]
_POLL_SECONDS = 0.15  # between two frames of progress
_HUB_URL = re.compile(r"(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co)/", re.IGNORECASE)


def build_open_model(context: AppContext) -> gr.HTML:
    """Build the field as a component, with its events."""
    field = html_component(
        "models/open_model",
        asset("models/open_model.html"),
        {},
        words=(CARDS, OPEN_MODEL),
        max_bytes={
            kind: min(context.limits.upload_bytes, most) for kind, most in MAX_BYTES.items()
        },
        elem_id=element_id("open-model"),
    )
    opening = field.open(
        bind(_open_model, context),
        None,
        field,
        show_progress="hidden",
        trigger_mode="multiple",  # an event that was cancelled may still be ending
        api_visibility="private",
    )
    opening.then(None, js=call("noteOpenSettled"), api_visibility="private")
    opening.failure(None, js=call("noteOpenSettled"), api_visibility="private")
    field.cancel(None, cancels=opening, api_visibility="private")
    return field


def parse_hub_url(text: str) -> str:
    """Return `owner/name[@revision]` for a model's URL on the Hub; other texts stay as they are."""
    text = text.strip()
    if not (found := _HUB_URL.match(text)):
        return text
    path = re.split(r"[?#]", text[found.end() :])[0].strip("/")
    repo, _, revision = path.partition("/tree/")
    return f"{repo}@{revision}" if revision else repo


async def _open_model(
    context: AppContext, event: gr.EventData, request: gr.Request
) -> AsyncIterator[Frame]:
    """Yield the progress of opening a model, and at the end its `key` or an error `message`.

    Every frame has the number of the request that it answers, `request_id`.
    """
    locale, request_id = i18n.locale_of(request), getattr(event, "request_id", None)
    progress, cancelled = _Progress(), threading.Event()

    source = {"model": getattr(event, "model", None), "file": getattr(event, "file", None)}
    work = partial(_open, context, source, request, progress, cancelled.is_set)
    opening = context.limiters.opening.run(context.client(request), work)
    task = asyncio.create_task(opening)
    try:
        while not (await asyncio.wait({task}, timeout=_POLL_SECONDS))[0]:
            # The time makes each frame another one: Gradio sends no value twice.
            frame = {"done": progress.done, "total": progress.total, "at": round(clock())}
            yield {"request_id": request_id, "state": "opening", **frame}
        model = task.result()
        remember = model.source in ("hub", "upload")
        yield {
            "request_id": request_id,
            "state": "opened",
            "key": model.key,
            "remember": remember,
        }
    except UserError as error:
        message = i18n.translate_error(error, locale)
        yield {"request_id": request_id, "state": "problem", "message": message}
    except Exception as error:  # noqa: BLE001  # logged, and shown on the page
        log.error("a model could not be opened: %s", traceback_without_message(error))
        message = i18n.translate_message(i18n.INTERNAL_ERROR, locale)
        yield {"request_id": request_id, "state": "problem", "message": message}
    finally:  # also where the event was cancelled, or the page closed
        cancelled.set()
        task.cancel()


def _open(
    context: AppContext,
    source: Mapping[str, Any],
    request: gr.Request,
    progress: _Progress,
    cancelled: Callable[[], bool],
) -> ModelEntry:
    if source["file"] is not None:
        return open_file(context, str(source["file"]), request)
    name = parse_hub_url(str(source["model"]))
    if is_id(name):
        return open_hub(context, name, request, progress=progress, cancelled=cancelled)
    return find_model(context, name, request)


class _Progress:
    """The progress of a download in bytes; `hub.pull` calls it from its own thread."""

    def __init__(self) -> None:
        self.done = 0
        self.total: int | None = None

    def __call__(self, done: int, total: int | None) -> None:
        self.done, self.total = done, total
