"""What the Inspect tab asks the server for in any mode, and in the mode Surprise.

`inspect.js` and `surprise.js` call these functions; `requests.py` says how they answer.
"""

from __future__ import annotations

from dataclasses import replace

import gradio as gr

from ...corpus import Corpus
from ...ngrams.baselines import baseline_perplexities
from .. import i18n
from ..operations import Caller, find_model
from ..page.browser_state import BrowserState
from ..server.answers import answer_or_problem, as_object
from ..services.catalog import ModelEntry
from ..services.context import DEFAULT_TEXT, DEFAULT_TEXT_ZH
from ..services.model_options import model_options
from ..services.page_jobs import PageJob
from ..services.training_texts import training_corpus
from .requests import (
    InspectTab,
    Json,
    ReadingQuery,
    answer_about_reading,
    compute,
)
from .text_reader import read_with
from .texts import choose_text, corpus_to_count, text_options

PLACES_AT_ONCE = 128  # places whose candidates are sent together


async def list_models(tab: InspectTab, query: object, request: gr.Request) -> Json:
    """Return the `models` to choose from, label and key, and the key of the `chosen` one or None.

    The query has the `BrowserState` as `state`, and `checkpoint`: the model that is chosen on the
    tab, or null.
    """
    fields = as_object(query)
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

    return await answer_or_problem(answer, request)


async def read_text(tab: InspectTab, query: object, request: gr.Request) -> Json:
    """Read a text with a model.

    The query has the `checkpoint`, the key `source` of a text or null for the best one, the `text`
    itself if it is the user's own, and the name of the `job` (`services.page_jobs`). The answer has
    the `texts` to choose from, label and key, the `source` and `text` that was read, its `total`
    length, the key `reading` for the functions about it, `counted`: whether `count_baselines` has
    something to count, and `Reading.as_dict`.
    """
    fields, locale = as_object(query), i18n.locale_of(request)

    async def answer() -> Json:
        caller = Caller.from_request(tab.context, request)
        with tab.jobs.start(caller.client.id, fields.get("job")) as job:
            waiting = replace(caller, client=job.client(caller.client))
            model = await find_model(tab.context, waiting, fields.get("checkpoint"))
            return await compute(
                tab, waiting, lambda: _read(tab, caller.client.id, model, fields, locale, job)
            )

    return await answer_or_problem(answer, request)


async def reading_progress(tab: InspectTab, query: object, request: gr.Request) -> Json:
    """Return the `share` of its text that the `job` has read; null if there is no such job."""
    return {"share": tab.jobs.share(tab.context.client_id(request), as_object(query).get("job"))}


async def stop_reading(tab: InspectTab, query: object, request: gr.Request) -> Json:
    """Stop the `job`, whose result is not wanted any more."""
    tab.jobs.stop(tab.context.client_id(request), as_object(query).get("job"))
    return {}


async def inspect_places(tab: InspectTab, query: object, request: gr.Request) -> Json:
    """Return what was expected in `PLACES_AT_ONCE` places of the `reading`, from `start` on."""
    fields = as_object(query)
    start = fields.get("start")
    found = tab.find_reading(tab.context.client_id(request), fields.get("reading"))
    if found is None or type(start) is not int or start < 0:
        return {"gone": True}
    return {"places": found.places(start, PLACES_AT_ONCE)}


async def count_baselines(tab: InspectTab, query: object, request: gr.Request) -> Json:
    """Return the perplexities `unigram` and `ngram` of a text, by counts of the training text.

    The query names a `checkpoint` and a `reading`. Both figures are null where the training text is
    not at hand.
    """
    return await answer_about_reading(tab, query, request, _count)


def _read(
    tab: InspectTab, user: str, model: ModelEntry, fields: Json, locale: str, job: PageJob
) -> Json:
    checkpoint = model.open()
    corpus = training_corpus(model, checkpoint)
    options = text_options(checkpoint, corpus, locale)
    source, own = fields.get("source"), fields.get("text")
    chosen = choose_text(checkpoint, corpus, source, own, options[0][1])
    key, reading = read_with(tab, user, model, chosen, job)
    return {
        "texts": options,
        "source": chosen.source,
        "text": chosen.text,
        "total": chosen.total,
        "reading": key,
        "counted": _can_count(corpus_to_count(checkpoint, corpus, chosen.source), chosen.text),
        **reading.as_dict(),
    }


def _count(query: ReadingQuery) -> Json:
    reading = query.reading
    corpus = training_corpus(query.model, query.checkpoint)
    training = corpus_to_count(query.checkpoint, corpus, reading.source)
    if not _can_count(training, reading.text):
        return {"unigram": None, "ngram": None}
    assert training is not None
    vocabulary = training.vocabulary
    ids = vocabulary.encode(reading.text)
    found = baseline_perplexities(training.training, ids, len(vocabulary))
    return {"unigram": found.unigram, "ngram": found.ngram}


def _can_count(training: Corpus | None, text: str) -> bool:
    """Return whether the training text is at hand and has all characters of the text."""
    return training is not None and not training.vocabulary.unknown(text)
