"""Plan and start runs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ...checkpoint import Checkpoint
from ...errors import UserError
from ...recipes import find_recipe
from ...runs.admission import check_raw_text, check_text
from ...runs.limits import Limits
from ...runs.plan import RunPlan, make_plan
from ...runs.run import Run
from ...text import Text, datasets, read_text
from ...utils import validation
from ..server.client import Client
from ..services.catalog import ModelEntry
from ..services.context import AppContext
from ..services.start_models import NOTHING, find_start_as, open_start
from ..services.text_cache import read_uploads
from . import Caller

MAX_SETTINGS_CHARACTERS = 10_000


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
    _parse_settings(arguments.settings)  # both before anything is downloaded or read
    download = _corpus_to_download(arguments)
    base = await _find_start(context, Caller(client, caller.token), arguments.start)
    if download:
        await limiters.fetching.run(client, partial(datasets.load, download))

    def plan_and_start() -> Run:
        checkpoint = None if base is None else open_start(base)
        return context.runs.start(plan_run(context.limits, arguments, checkpoint), client.id)

    return await limiters.planning.run(client, plan_and_start)


async def dataset_text(context: AppContext, caller: Caller, name: str) -> str:
    """Return the text of a dataset, and download it first if necessary. Raises UserError."""
    load = partial(datasets.load, name)
    return (await context.limiters.fetching.run(caller.client, load)).text


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
    text, name = _optional(arguments.text, "text"), _optional(arguments.corpus, "corpus")
    if (name or arguments.files) and text:
        raise UserError("Give a corpus or a text, not both.", field="corpus")
    if arguments.files is not None:
        return read_uploads(arguments.files, limits)
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


async def _find_start(context: AppContext, caller: Caller, start: object) -> ModelEntry | None:
    """Return the model to start from that a caller names, None for random weights."""
    key = _optional(start, "start")
    if key == NOTHING:
        return None
    find = partial(find_start_as, context, key, caller.token, caller.client.id)
    return await context.limiters.fetching.run(caller.client, find)


def _optional(value: object, name: str) -> str:
    """Return a string, empty for None. Raises UserError for the field `name` for anything else."""
    return "" if value is None else validation.as_text(value, name)


def _corpus_to_download(arguments: TrainArguments) -> str | None:
    """Return the name of the text to train on if it has to be downloaded first, else None."""
    if arguments.files is not None or arguments.text:
        return None
    name = arguments.corpus or find_recipe(validation.as_text(arguments.recipe, "recipe")).corpus
    known = isinstance(name, str) and any(entry.name == name for entry in datasets.DATASETS)
    return str(name) if known and not datasets.is_local(str(name)) else None
