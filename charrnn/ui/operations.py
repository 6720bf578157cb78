"""The operations of the public API: train, generate, score, models, recipes.

The endpoints (`api.py`) and the tools of the MCP server call them. What follows and stops a run is
in `run_operations.py`. Arguments are untrusted JSON
values, whose types are checked here. A model is given by its name, never by a path.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from ..checkpoint import Checkpoint
from ..errors import UserError, traceback_without_message
from ..evaluation import score as score_text
from ..generation import stream
from ..generation.stopping import finishing_after
from ..hub import Token
from ..recipes import RECIPES, find_recipe
from ..runs.admission import check_raw_text, check_text
from ..runs.limits import Limits
from ..runs.plan import RunPlan, make_plan
from ..runs.run import Run
from ..text import Text, datasets, read_text
from ..utils import validation
from ..utils.validation import clean_text
from .server.auth import identity
from .server.client import Client
from .services.catalog import ModelEntry, bundled, describe, describe_listed, find_model_as
from .services.context import AppContext
from .services.start_models import NOTHING, find_start_as, open_start
from .services.text_cache import read_uploads
from .services.time_slicer import FRAME_SECONDS, SCORING_SLICER, SLICER

log = logging.getLogger(__name__)

MAX_GENERATED_CHARACTERS = 100_000
MAX_PREFIX_CHARACTERS = 100_000
MAX_SCORED_CHARACTERS = 2_000_000
MAX_SETTINGS_CHARACTERS = 10_000
_INTERNAL_ERROR = "That went wrong on the server; its log says how."


@dataclass(frozen=True)
class Caller:
    """The sender of a request.

    client: the client whose limits apply.
    token: the token for requests to the Hub; False for none, so only public models can be opened.
    """

    client: Client = Client()
    token: Token = False

    @classmethod
    def from_request(cls, context: AppContext, request: gr.Request | None) -> Caller:
        """Return the caller that sent a request to an endpoint."""
        return cls(context.client(request), identity(request).token)


@dataclass(frozen=True)
class TrainArguments:
    """The arguments of `train` as the caller sent them, unchecked.

    `files` are uploaded files to train on, instead of `corpus`. `start` names the model to start
    from.
    """

    corpus: object = None
    text: object = ""
    recipe: object = "sprint"
    settings: object = None
    seed: object = None
    files: Sequence[Path] | None = None
    start: object = None


async def start(context: AppContext, arguments: TrainArguments, caller: Caller) -> Run:
    """Start a run, or queue it, also if the caller disconnects meanwhile.

    Raises UserError for invalid arguments.
    """
    client, limiters = Client(caller.client.id), context.limiters
    _parse_settings(arguments.settings)  # before anything is downloaded or read
    base = await _find_start(context, Caller(client, caller.token), arguments.start)
    if name := _corpus_to_download(arguments):
        await limiters.fetching.run(client, partial(datasets.load, name))

    def plan_and_start() -> Run:
        checkpoint = None if base is None else open_start(base)
        return context.runs.start(plan_run(context.limits, arguments, checkpoint), client.id)

    return await limiters.planning.run(client, plan_and_start)


async def generate(
    context: AppContext,
    caller: Caller,
    checkpoint: object,
    prefix: object = "",
    length: object = 200,
    mode: object = "sample",
    alpha: object = 1.0,
    seed: object = None,
    stop: object = None,
    finish_sentence: object = False,
) -> AsyncGenerator[str, None]:
    """Continue `prefix` with a model. Yield the text so far, with the prefix, several times.

    Raises UserError for invalid arguments.
    """
    count, start_text = validation.as_int(length, "length"), validation.as_text(prefix, "prefix")
    if not 0 <= count <= MAX_GENERATED_CHARACTERS:
        raise UserError(
            "length = {value}: give 0 to {most:,} characters.",
            value=count,
            most=MAX_GENERATED_CHARACTERS,
        )
    if len(start_text) > MAX_PREFIX_CHARACTERS:
        raise UserError(
            "The prefix has {count:,} characters: give at most {most:,}.",
            count=len(start_text),
            most=MAX_PREFIX_CHARACTERS,
            field="prefix",
        )
    checked_seed = None if seed is None else validation.as_int(seed, "seed")
    ends = () if stop in (None, "") else validation.as_texts(stop, "stop")
    finishes = validation.as_bool(finish_sentence, "finish_sentence")
    sentence_after = finishing_after(count) if finishes else None
    exponent, checked_mode = validation.as_float(alpha, "alpha"), validation.as_text(mode, "mode")
    model, start_text = await find_model(context, caller, checkpoint), clean_text(start_text)

    def texts() -> Generator[str, None, None]:
        pieces, last_frame_at = [start_text], time.perf_counter()
        characters = stream(
            model.open(), start_text, count, checked_mode, exponent, checked_seed, ends,
            sentence_after,
        )  # fmt: skip
        with SLICER.stream(caller.client.id) as turns:
            for character in turns.sliced(characters):
                pieces.append(character)
                elapsed = time.perf_counter() - last_frame_at
                is_due = elapsed >= FRAME_SECONDS * SLICER.load_factor
                if is_due and not caller.client.has_unread():
                    turns.release()
                    yield "".join(pieces)
                    last_frame_at = time.perf_counter()
        yield "".join(pieces)

    async with aclosing(context.limiters.generating.iterate(caller.client, texts())) as items:
        async for text in items:
            yield text


async def score(
    context: AppContext, caller: Caller, checkpoint: object, text: object
) -> dict[str, Any]:
    """Score a text with a model. Raises UserError for invalid arguments."""
    checked_text = validation.as_text(text, "text")
    if len(checked_text) > MAX_SCORED_CHARACTERS:
        raise UserError(
            "A text to score can have at most {most:,} characters: choose a part of it.",
            most=MAX_SCORED_CHARACTERS,
        )
    model, user = await find_model(context, caller, checkpoint), caller.client.id

    def compute() -> dict[str, Any]:
        opened = model.open()
        result = SCORING_SLICER.compute(user, lambda: score_text(opened, clean_text(checked_text)))
        return dict(result.as_dict())

    return await context.limiters.scoring.run(caller.client, compute)


async def models(context: AppContext, caller: Caller) -> list[dict[str, Any]]:
    """Describe the models that come with the app, and the public ones on the Hub, if it answers."""
    shipped = await context.limiters.listing.run(caller.client, partial(_describe_bundled, context))
    listed = await context.hub_listing.latest(caller.client.id)
    return shipped + [describe_listed(model) for model in listed]


def recipes() -> list[dict[str, Any]]:
    """Describe the recipes."""
    return [recipe.as_dict() for recipe in RECIPES.values()]


def public_message(error: Exception) -> str:
    """Return the message that a caller gets for an exception.

    A UserError has its own. Any other exception is logged, and the message says nothing about it.
    """
    if isinstance(error, UserError):
        return error.message
    log.error("an API call failed: %s", traceback_without_message(error))
    return _INTERNAL_ERROR


async def dataset_text(context: AppContext, caller: Caller, name: str) -> str:
    """Return the text of a dataset, and download it first if necessary. Raises UserError."""
    load = partial(datasets.load, name)
    return (await context.limiters.fetching.run(caller.client, load)).text


async def find_model(context: AppContext, caller: Caller, checkpoint: object) -> ModelEntry:
    """Return the model that a caller names. Raises UserError if there is none."""
    key = validation.as_text(checkpoint, "checkpoint")
    find = partial(find_model_as, context, key, caller.token, caller.client.id)
    return await context.limiters.fetching.run(caller.client, find)


async def _find_start(context: AppContext, caller: Caller, start: object) -> ModelEntry | None:
    """Return the model to start from that a caller names, None for random weights."""
    key = validation.as_text(start or "", "start")
    if key == NOTHING:
        return None
    find = partial(find_start_as, context, key, caller.token, caller.client.id)
    return await context.limiters.fetching.run(caller.client, find)


def _describe_bundled(context: AppContext) -> list[dict[str, Any]]:
    listed = []
    for model in bundled(context):
        try:
            listed.append(describe(model))
        except UserError as error:
            log.warning("%s is not listed: %s", model.directory, error.message)
    return listed


def _corpus_to_download(arguments: TrainArguments) -> str | None:
    """Return the name of the text to train on if it has to be downloaded first, else None."""
    if arguments.files is not None or arguments.text:
        return None
    name = arguments.corpus or find_recipe(validation.as_text(arguments.recipe, "recipe")).corpus
    known = isinstance(name, str) and any(entry.name == name for entry in datasets.DATASETS)
    return str(name) if known and not datasets.is_local(str(name)) else None


def plan_run(limits: Limits, arguments: TrainArguments, start: Checkpoint | None = None) -> RunPlan:
    """Plan the run that a caller asks for, and that starts from `start`.

    Raises UserError for invalid arguments.
    """
    name = validation.as_text(arguments.recipe, "recipe")
    settings = _parse_settings(arguments.settings)
    source = training_text(limits, arguments, find_recipe(name).corpus)
    check_text(source, limits)
    return make_plan(
        source,
        recipe=name,
        settings=settings,
        seed=None if arguments.seed is None else validation.as_int(arguments.seed, "seed"),
        start=start,
    )


def training_text(limits: Limits, arguments: TrainArguments, default_corpus: str | None) -> Text:
    """Load the training text: the uploaded files, `text`, the text named `corpus`, or the default.

    Raises UserError if there is no text, or more than one.
    """
    text = validation.as_text(arguments.text or "", "text")
    if (arguments.corpus or arguments.files) and text:
        raise UserError("Give a corpus or a text, not both.", field="corpus")
    if arguments.files is not None:
        return read_uploads(arguments.files, limits)
    name = validation.as_text(arguments.corpus or "", "corpus")
    if text:
        check_raw_text(text, limits)
        return read_text(text)
    if name or default_corpus:
        return datasets.load(name or str(default_corpus))
    raise UserError(
        "There is nothing to train on: give a file or the name of a text as corpus, or a text.",
        field="corpus",
    )


def _parse_settings(value: object) -> Mapping[str, object]:
    """Return the settings, which are a JSON object, or one as a string. Raises UserError."""
    if value is None or value == "":
        return {}
    if isinstance(value, str):
        if len(value) > MAX_SETTINGS_CHARACTERS:
            raise UserError(
                "The settings have {count:,} characters: give at most {most:,}.",
                count=len(value),
                most=MAX_SETTINGS_CHARACTERS,
                field="settings",
            )
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            value = None
    if not isinstance(value, Mapping):
        raise UserError(
            'settings must be a JSON object, such as {{"hidden_size": 128}}.', field="settings"
        )
    return value
