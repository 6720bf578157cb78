"""What the Inspect tab asks the server for. `inspect.js` calls these functions.

Each takes a JSON object and returns one, or a `problem` with its `message` and `field`. The server
keeps the readings used last. If one has been dropped, the answer is `{"gone": true}`, and the page
asks to read the text again.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from ...errors import UserError, traceback_without_message
from ...inspection import inspect
from ...ngrams.baselines import baseline_perplexities
from .. import i18n
from ..operations import Caller, find_model
from ..page.browser_storage import BrowserState
from ..server.client import ClientGoneError
from ..services.catalog import ModelEntry
from ..services.context import DEFAULT_TEXT, DEFAULT_TEXT_ZH, AppContext
from ..services.model_options import model_options
from ..services.time_slicer import SCORING_SLICER
from .readings import Reading, ReadingCache
from .texts import ChosenText, choose_text, text_options, training_corpus

log = logging.getLogger(__name__)

Json = dict[str, Any]

PLACES_AT_ONCE = 128  # places whose candidates are sent together
_EVERYONE = ""  # the owner of readings of texts that everyone can choose


@dataclass(frozen=True)
class InspectTab:
    """The server's part of the tab: the app, and the readings that it keeps."""

    context: AppContext
    readings: ReadingCache = field(default_factory=ReadingCache)


async def list_models(tab: InspectTab, query: object, request: gr.Request) -> Json:
    """Return the `models` to choose from, label and key, and the key of the `chosen` one or None.

    The query has the `BrowserState` as `state`, and `checkpoint`: the model that is chosen on the
    tab, or null.
    """
    fields = _as_object(query)
    state, locale = BrowserState.from_json(fields.get("state")), i18n.locale_of(request)

    async def answer() -> Json:
        client = tab.context.client(request)
        options = await tab.context.limiters.listing.run(
            client, lambda: model_options(tab.context, state.keys, locale, request)
        )
        keys = [key for _, key in options]
        default = DEFAULT_TEXT_ZH if locale == "zh" else DEFAULT_TEXT
        wanted = (fields.get("checkpoint"), state.chosen, default)
        chosen = next((key for key in wanted if key in keys), keys[0] if keys else None)
        return {"models": [list(option) for option in options], "chosen": chosen}

    return await _answer(answer, locale)


async def read_text(tab: InspectTab, query: object, request: gr.Request) -> Json:
    """Read a text with a model.

    The query has the `checkpoint`, the key `source` of a text or null for the best one, and the
    `text` itself if it is the user's own. The answer has the `texts` to choose from, label and key,
    the `source` and `text` that was read, its `total` length, the key `reading` for the other two
    functions, `counted`: whether `count_baselines` has something to count, and `Reading.as_dict`.
    """
    fields, locale = _as_object(query), i18n.locale_of(request)

    async def answer() -> Json:
        caller = Caller.from_request(tab.context, request)
        model = await find_model(tab.context, caller, fields.get("checkpoint"))
        user = caller.client.id

        def compute() -> Json:
            return SCORING_SLICER.compute(user, lambda: _read(tab, user, model, fields, locale))

        return await tab.context.limiters.scoring.run(caller.client, compute)

    return await _answer(answer, locale)


async def inspect_places(tab: InspectTab, query: object, request: gr.Request) -> Json:
    """Return what was expected in `PLACES_AT_ONCE` places of the `reading`, from `start` on."""
    fields = _as_object(query)
    start, key = fields.get("start"), str(fields.get("reading"))
    owners = (tab.context.client_id(request), _EVERYONE)
    found = next(filter(None, (tab.readings.get(owner, key) for owner in owners)), None)
    if found is None or type(start) is not int or start < 0:
        return {"gone": True}
    return {"places": found.places(start, PLACES_AT_ONCE)}


async def count_baselines(tab: InspectTab, query: object, request: gr.Request) -> Json:
    """Return the perplexities `unigram` and `ngram` of a text, by counts of the training text.

    The query is that of `read_text`. Both are null where the training text is not at hand.
    """
    fields, locale = _as_object(query), i18n.locale_of(request)

    async def answer() -> Json:
        caller = Caller.from_request(tab.context, request)
        model = await find_model(tab.context, caller, fields.get("checkpoint"))

        def compute() -> Json:
            return SCORING_SLICER.compute(caller.client.id, lambda: _count(model, fields))

        return await tab.context.limiters.scoring.run(caller.client, compute)

    return await _answer(answer, locale)


def _read(tab: InspectTab, user: str, model: ModelEntry, fields: Json, locale: str) -> Json:
    checkpoint = model.open()
    corpus = training_corpus(model, checkpoint)
    options = text_options(checkpoint, corpus, locale)
    source, own = fields.get("source"), fields.get("text")
    chosen = choose_text(checkpoint, corpus, source, own, options[0][1])
    owner = _EVERYONE if chosen.is_shared and model.source == "bundled" else user
    key = _key(model, chosen)
    if (reading := tab.readings.get(owner, key)) is None:
        reading = Reading.of(inspect(checkpoint, chosen.text))
        tab.readings.put(owner, key, reading)
    return {
        "texts": options,
        "source": chosen.source,
        "text": chosen.text,
        "total": chosen.total,
        "reading": key,
        "counted": _can_count(chosen),
        **reading.as_dict(),
    }


def _count(model: ModelEntry, fields: Json) -> Json:
    checkpoint = model.open()
    corpus = training_corpus(model, checkpoint)
    chosen = choose_text(checkpoint, corpus, fields.get("source"), fields.get("text"), "")
    if not _can_count(chosen):
        return {"unigram": None, "ngram": None}
    assert chosen.training is not None
    vocabulary = chosen.training.vocabulary
    ids = vocabulary.encode(chosen.text)
    found = baseline_perplexities(chosen.training.training, ids, len(vocabulary))
    return {"unigram": found.unigram, "ngram": found.ngram}


def _can_count(chosen: ChosenText) -> bool:
    """Return whether the training text is at hand and has all characters of the text."""
    corpus = chosen.training
    return corpus is not None and not corpus.vocabulary.unknown(chosen.text)


def _key(model: ModelEntry, chosen: ChosenText) -> str:
    """Return the key of a reading: a digest of the model, as it is now, and of the text."""
    changed = model.read(lambda _, changed: changed)
    digest = hashlib.sha256(f"{model.key} {changed} {chosen.source} ".encode())
    digest.update(chosen.text.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:32]


async def _answer(answer: Callable[[], Awaitable[Json]], locale: str) -> Json:
    """Return an answer, or the problem that prevented it."""
    try:
        return await answer()
    except ClientGoneError:
        return {}
    except UserError as error:
        problem = {"message": i18n.translate_error(error, locale), "field": error.field}
    except Exception as error:  # noqa: BLE001  # logged, and shown on the page
        log.error("inspecting a text failed: %s", traceback_without_message(error))
        message = i18n.translate_message(i18n.INTERNAL_ERROR, locale)
        problem = {"message": message, "field": None}
    return {"problem": problem}


def _as_object(query: object) -> Json:
    return query if isinstance(query, dict) else {}
