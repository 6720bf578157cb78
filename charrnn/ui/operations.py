"""The operations of the public API: train, stop, generate, score, models, recipes.

The endpoints (`api.py`) call them. Arguments are JSON values from anyone, so their types are
checked here. A model is given by its name, never by a path.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Generator,
    Mapping,
    Sequence,
)
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from ..corpus import Text, read_text
from ..errors import UserError, traceback_without_message
from ..evaluation import score as score_text
from ..generation import stream
from ..hub import Token
from ..recipes import RECIPES, RunPlan, find_recipe, make_plan
from ..runs.admission import check_raw_text, check_text
from ..runs.follow import follow
from ..runs.limits import Limits
from ..runs.run import Run
from ..runs.view_ids import is_view_id
from ..text import datasets
from ..training import Event
from ..utils import validation
from ..utils.validation import clean_text
from .services.auth import identity
from .services.catalog import ModelEntry, bundled, describe, find_model_as
from .services.client import Client
from .services.context import AppContext
from .services.scheduler import FRAME_SECONDS, SCORING_SLICER, SLICER
from .services.text_cache import read_uploads

log = logging.getLogger(__name__)

MAX_GENERATED_CHARACTERS = 100_000
MAX_PREFIX_CHARACTERS = 100_000
MAX_SCORED_CHARACTERS = 2_000_000
MAX_SETTINGS_CHARACTERS = 10_000
_QUEUE_POLL_SECONDS = 0.2
_INTERNAL_ERROR = "That went wrong on the server; its log says how."


@dataclass(frozen=True)
class Caller:
    """The sender of a request: the client whose shares it counts against, and the token for
    requests to the Hub (False: none, so that only public models can be opened)."""

    client: Client = Client()
    token: Token = False

    @classmethod
    def of(cls, context: AppContext, request: gr.Request | None) -> Caller:
        """The caller that sent a request to an endpoint."""
        return cls(context.client(request), identity(request).token)


@dataclass(frozen=True)
class TrainArguments:
    """The arguments of a training run as the caller sent them, unchecked.

    `files` are files that the caller has uploaded to this app, in place of `corpus`.
    """

    corpus: object = None
    text: object = ""
    recipe: object = "sprint"
    settings: object = None
    seed: object = None
    files: Sequence[Path] | None = None


async def start(context: AppContext, given: TrainArguments, caller: Caller) -> Run:
    """Start a run, or put it in the queue. Raises UserError for arguments that do not fit.

    It is started even if the caller goes away meanwhile.
    """
    client, limiters = Client(caller.client.id), context.limiters
    _settings(given.settings)  # before anything is downloaded or read
    if name := _corpus_to_download(given):
        await limiters.finding.run(client, partial(datasets.load, name))
    return await limiters.planning.run(
        client, lambda: context.runs.start(plan_run(context.limits, given), client.id)
    )


async def watch(
    context: AppContext, run: Run, notify: Callable[[str], Awaitable[None]]
) -> AsyncIterator[Event]:
    """Yield a run's events, from its first to its last, without this machine's paths.

    While the run is queued, `notify` gets a sentence about its place in the queue: the
    events of a run are the same for everybody who follows it.
    """
    notified: object = None
    while (standing := await asyncio.to_thread(context.runs.queue_position, run.id))[0]:
        place, wait = standing
        if (place, wait is None) != notified:
            notified = (place, wait is None)
            when = "wait unknown" if wait is None else f"about {wait:.0f} s to wait"
            await notify(f"Place {place} in the queue: {when}.")
        await asyncio.sleep(_QUEUE_POLL_SECONDS)
    async for event in follow(run):
        yield _public(event, run.id)


def stop(context: AppContext, run: object) -> str:
    """Ask a run to stop, and return its state. Raises UserError if there is no such run."""
    key = validation.as_text(run, "run")
    if is_view_id(key):
        raise UserError(
            "Only the browser or program that started this run can stop it: its link only shows "
            "it.",
            field="run",
        )
    found = context.runs.find(key)
    found.stop()
    return found.state


async def generate(
    context: AppContext,
    caller: Caller,
    checkpoint: object,
    prefix: object = "",
    length: object = 200,
    mode: object = "sample",
    alpha: object = 1.0,
    seed: object = None,
) -> AsyncGenerator[str, None]:
    """Continue `prefix` with a model, and yield the text so far, the prefix included, now and then.

    Raises UserError for arguments that do not fit.
    """
    count, given = validation.as_int(length, "length"), validation.as_text(prefix, "prefix")
    if not 0 <= count <= MAX_GENERATED_CHARACTERS:
        raise UserError(
            "length = {value}: give 0 to {most:,} characters.",
            value=count,
            most=MAX_GENERATED_CHARACTERS,
        )
    if len(given) > MAX_PREFIX_CHARACTERS:
        raise UserError(
            "The prefix has {count:,} characters: give at most {most:,}.",
            count=len(given),
            most=MAX_PREFIX_CHARACTERS,
            field="prefix",
        )
    fixed = None if seed is None else validation.as_int(seed, "seed")
    exponent, manner = validation.as_float(alpha, "alpha"), validation.as_text(mode, "mode")
    model, beginning = await _find(context, caller, checkpoint), clean_text(given)

    def texts() -> Generator[str, None, None]:
        written, shown = [beginning], time.perf_counter()
        characters = stream(model.open(), beginning, count, manner, exponent, fixed)
        with SLICER.stream(caller.client.id) as writer:
            for character in writer.sliced(characters):
                written.append(character)
                is_due = time.perf_counter() - shown >= FRAME_SECONDS * SLICER.load_factor
                if is_due and not caller.client.has_unread():
                    writer.release()
                    yield "".join(written)
                    shown = time.perf_counter()
        yield "".join(written)

    async with aclosing(context.limiters.writing.iterate(caller.client, texts())) as items:
        async for text in items:
            yield text


async def score(
    context: AppContext, caller: Caller, checkpoint: object, text: object
) -> dict[str, Any]:
    """Score a text with a model. Raises UserError for arguments that do not fit."""
    given = validation.as_text(text, "text")
    if len(given) > MAX_SCORED_CHARACTERS:
        raise UserError(
            "A text to score can have at most {most:,} characters: choose a part of it.",
            most=MAX_SCORED_CHARACTERS,
        )
    model, user = await _find(context, caller, checkpoint), caller.client.id

    def figures() -> dict[str, Any]:
        opened = model.open()
        scored = SCORING_SLICER.compute(user, lambda: score_text(opened, clean_text(given)))
        return dict(scored.as_dict())

    return await context.limiters.scoring.run(caller.client, figures)


async def models(context: AppContext, caller: Caller) -> list[dict[str, Any]]:
    """Describe the models that come with the app."""
    return await context.limiters.listing.run(caller.client, partial(_models, context))


def recipes() -> list[dict[str, Any]]:
    """Describe the recipes."""
    return [recipe.as_dict() for recipe in RECIPES.values()]


def public_message(error: Exception) -> str:
    """The message that a caller gets for an error: a UserError's own. Any other error is logged,
    and the caller learns nothing about it."""
    if isinstance(error, UserError):
        return error.message
    log.error("an API call failed: %s", traceback_without_message(error))
    return _INTERNAL_ERROR


def _public(event: Event, run: str) -> Event:
    """The event without this machine's paths: as a checkpoint, callers name the run.

    gradio_client would also take any object with a `path` for a file, and try to download it.
    """
    if event["event"] == "checkpoint":
        return event | {"path": None}
    if event["event"] == "end" and event["checkpoint"] is not None:
        return event | {"checkpoint": run}
    return event


async def _find(context: AppContext, caller: Caller, checkpoint: object) -> ModelEntry:
    key = validation.as_text(checkpoint, "checkpoint")
    find = partial(find_model_as, context, key, caller.token, caller.client.id)
    return await context.limiters.finding.run(caller.client, find)


def _models(context: AppContext) -> list[dict[str, Any]]:
    listed = []
    for model in bundled(context):
        try:
            listed.append(describe(model))
        except UserError as error:
            log.warning("%s is not listed: %s", model.directory, error.message)
    return listed


def _corpus_to_download(given: TrainArguments) -> str | None:
    """The name of the text to train on, if it has to be downloaded first."""
    if given.files is not None or given.text:
        return None
    name = given.corpus or find_recipe(validation.as_text(given.recipe, "recipe")).corpus
    known = isinstance(name, str) and any(entry.name == name for entry in datasets.DATASETS)
    return str(name) if known and not datasets.is_local(str(name)) else None


def plan_run(limits: Limits, given: TrainArguments) -> RunPlan:
    """Plan the run that a caller asks for. Raises UserError for arguments that do not fit."""
    name, settings = validation.as_text(given.recipe, "recipe"), _settings(given.settings)
    source = training_text(limits, given, find_recipe(name).corpus)
    check_text(source, limits)
    return make_plan(
        source,
        recipe=name,
        settings=settings,
        seed=None if given.seed is None else validation.as_int(given.seed, "seed"),
    )


def training_text(limits: Limits, given: TrainArguments, default_corpus: str | None) -> Text:
    """Load what to train on: the uploaded files, the text that `corpus` names, the text itself, or
    the recipe's. Raises UserError where none or several are given."""
    text = validation.as_text(given.text or "", "text")
    if (given.corpus or given.files) and text:
        raise UserError("Give a corpus or a text, not both.", field="corpus")
    if given.files is not None:
        return read_uploads(given.files, limits)
    name = validation.as_text(given.corpus or "", "corpus")
    if text:
        check_raw_text(text, limits)
        return read_text(text)
    if name or default_corpus:
        return datasets.load(name or str(default_corpus))
    raise UserError(
        "There is nothing to train on: give a file or the name of a text as corpus, or a text.",
        field="corpus",
    )


def _settings(given: object) -> Mapping[str, object]:
    if given is None or given == "":
        return {}
    if isinstance(given, str):
        if len(given) > MAX_SETTINGS_CHARACTERS:
            raise UserError(
                "The settings have {count:,} characters: give at most {most:,}.",
                count=len(given),
                most=MAX_SETTINGS_CHARACTERS,
                field="settings",
            )
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            given = None
    if not isinstance(given, Mapping):
        raise UserError(
            'settings must be a JSON object, such as {{"hidden_size": 128}}.', field="settings"
        )
    return given
