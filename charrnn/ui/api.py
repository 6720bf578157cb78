"""The app's public endpoints, for `gradio_client`, plain HTTP and MCP.

There are six: `/train`, `/stop`, `/generate`, `/score`, `/models`, `/recipes`. Their docstrings are
what MCP shows. Arguments come as JSON from anyone, so nothing about them is taken for granted: a
model is named, never pointed at, and of files only uploaded ones are read.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.context import LocalContext
from gradio.events import api as endpoint
from gradio.utils import get_upload_folder

from .. import arguments, corpora
from ..admission import check_files, check_text
from ..arguments import clean
from ..corpus import Text, read_files, read_text
from ..errors import UserError, whereabouts
from ..evaluation import score as score_text
from ..following import follow
from ..generation import stream
from ..limits import Limits
from ..recipes import RECIPES, Plan, plan
from ..recipes import find as find_recipe
from ..runs import Run
from ..training import Event
from ..uploads import inside
from .desk import DESK
from .house import House
from .shelf import describe, find, shipped
from .writing import EVERY

log = logging.getLogger(__name__)

LONGEST = 100_000  # characters that one call writes at most
LONGEST_SCORED = 2_000_000  # characters that one call scores at most
_LOOK = 0.2  # seconds between two looks at the line
WRITING = 64  # texts that are written at the same time, by turns (see desk.py)
SCORING = 2  # texts that are scored at the same time; more wait in the queue


def endpoints(house: House) -> None:
    """Add the endpoints to the Blocks that are open now."""

    async def train(
        corpus: str | dict[str, Any] | list[Any] | None = None,
        text: str = "",
        recipe: str = "sprint",
        settings: dict[str, Any] | str | None = None,
        seed: int | None = None,
        request: gr.Request | None = None,
    ) -> AsyncIterator[dict[str, Any]]:
        """Train a character-level RNN on a text and stream the run's events as JSON objects.

        The first event, `start`, carries the run's id; `progress` events carry perplexities;
        `sample` events show what the model writes so far; `end` is the last. The run goes on if
        the caller goes away; /stop ends it, and /generate and /score take its id as a checkpoint.
        A run that waits for others says so in log messages: its place in the line, and how long.

        Parameters:
            corpus: an uploaded text file or .zip of them, or the name of a text: songs, tide-clock, python-manual, time-machine, tiny-shakespeare. Empty: `text`, or the recipe's own text.
            text: the training text itself, where no corpus is given.
            recipe: sprint (10 seconds), coffee (1 minute), deep (5 minutes), night, or another name that /recipes lists.
            settings: a JSON object of settings that go before the recipe's, such as {"hidden_size": 128, "seconds": 5}; `epochs` counts passes over the text, `seconds` is the time for the run.
            seed: a whole number of at least 0; the same seed gives the same first weights and minibatches.

        Returns:
            One event, a JSON object with "event" and "seconds" since the run began.
        """  # noqa: E501 (a description has to stay on its line to reach MCP)
        with _explained():
            asked = (corpus, text, recipe, settings, seed)
            wanted = await asyncio.to_thread(_plan, house.limits, *asked)
            run = await asyncio.to_thread(house.runs.start, wanted, house.visitor(request))
            await _wait(house, run)
            async for event in follow(run):
                yield _public(event, run.id)

    def stop(run: str) -> str:
        """End a training run within one step; the model it has so far is kept.

        Parameters:
            run: the run's id, from the `start` event of /train.

        Returns:
            The run's state: queued, running, stopping, finished, stopped, diverged or failed.
        """
        with _explained():
            found = house.runs.find(arguments.text(run, "run"))
            found.stop()
            return found.state

    def generate(
        checkpoint: str,
        prefix: str = "",
        length: int = 200,
        mode: str = "sample",
        alpha: float = 1.0,
        seed: int | None = None,
        request: gr.Request | None = None,
    ) -> Iterator[str]:
        """Let a model continue a text, and stream the text so far, the prefix included.

        Parameters:
            checkpoint: the name of a model that /models lists, the id of a run, or a model on the Hugging Face Hub, owner/name or owner/name@revision.
            prefix: what the text begins with; any text, also none. What the model does not know is kept and read as unknown.
            length: how many characters to write after the prefix, 0 to 100,000.
            mode: greedy (always the likeliest character) or sample.
            alpha: sampling draws from q ∝ p^alpha: 1 is the model's own distribution, more is safer, less is wilder; 1 / temperature.
            seed: a whole number of at least 0; the same seed gives the same text. Empty: another text each time.

        Returns:
            The prefix and what has been written after it so far.
        """  # noqa: E501 (a description has to stay on its line to reach MCP)
        with _explained():
            count, prefix = (
                arguments.whole(length, "length"),
                clean(arguments.text(prefix, "prefix")),
            )
            if not 0 <= count <= LONGEST:
                raise UserError(f"length = {count}: give 0 to {LONGEST:,} characters.")
            opened = find(house, arguments.text(checkpoint, "checkpoint"), request).open()
            fixed = None if seed is None else arguments.whole(seed, "seed")
            exponent = arguments.number(alpha, "alpha")
            written, shown = [prefix], time.perf_counter()
            manner = arguments.text(mode, "mode")
            characters = stream(opened, prefix, count, manner, exponent, fixed)
            with DESK.writer() as writer:
                for character in writer.at_the_desk(characters):
                    written.append(character)
                    if time.perf_counter() - shown >= EVERY * DESK.crowd:
                        writer.get_up()
                        yield "".join(written)
                        shown = time.perf_counter()
            yield "".join(written)

    def score(checkpoint: str, text: str, request: gr.Request | None = None) -> dict[str, Any]:
        """Say how well a model predicts a text, character by character.

        Parameters:
            checkpoint: the name of a model that /models lists, the id of a run, or a model on the Hugging Face Hub, owner/name or owner/name@revision.
            text: the text to score, 2,000,000 characters at most.

        Returns:
            `perplexity` (exp of the mean cross-entropy), `bits_per_character`, `nats` per character, `characters` scored, `unknown_characters` (read but not scored), and the `protocol`: one pass with the state carried.
        """  # noqa: E501 (a description has to stay on its line to reach MCP)
        with _explained():
            text = clean(arguments.text(text, "text"))
            if len(text) > LONGEST_SCORED:
                raise UserError(f"A text to score has {LONGEST_SCORED:,} characters at most.")
            opened = find(house, arguments.text(checkpoint, "checkpoint"), request).open()
            return dict(score_text(opened, text).as_dict())

    def models() -> list[dict[str, Any]]:
        """List the models that come with the app.

        Returns:
            For each its `name`, for /generate and /score, what it is, what it was trained on, its perplexity, and its size in symbols, parameters and bytes.
        """  # noqa: E501 (a description has to stay on its line to reach MCP)
        listed = []
        for model in shipped(house):
            try:
                listed.append(describe(model))
            except UserError as error:
                log.warning("%s is not listed: %s", model.directory, error.message)
        return listed

    def recipes() -> list[dict[str, Any]]:
        """List the recipes for /train: time budgets, and a textbook's experiments.

        Returns:
            For each its `name`, its `kind`, what it does, how long it takes, the text it uses by default and the perplexities published for it.
        """  # noqa: E501 (a description has to stay on its line to reach MCP)
        return [recipe.as_dict() for recipe in RECIPES.values()]

    endpoint(train, api_name="train", concurrency_limit=None)
    endpoint(stop, api_name="stop", concurrency_limit=None)
    endpoint(generate, api_name="generate", concurrency_limit=WRITING)
    endpoint(score, api_name="score", concurrency_limit=SCORING)
    endpoint(models, api_name="models", concurrency_limit=None)
    endpoint(recipes, api_name="recipes", concurrency_limit=None)


async def _wait(house: House, run: Run) -> None:
    """Until the run begins, tell the caller how it stands, in Gradio's log messages: events of a
    run are what happened in it, the same for everybody."""
    told: object = None
    while (standing := await asyncio.to_thread(house.runs.standing, run.id))[0]:
        place, wait = standing
        if (place, wait is None) != told and LocalContext.event_id.get(None) is not None:
            told = (place, wait is None)
            when = "nobody can say when it begins" if wait is None else f"about {wait:.0f} s to go"
            gr.Info(f"Place {place} in the line: {when}.")
        await asyncio.sleep(_LOOK)


def _public(event: Event, run: str) -> Event:
    """The event without this machine's paths: as a checkpoint, callers name the run.

    gradio_client would also take any object with a `path` for a file, and try to download it.
    """
    if event["event"] == "checkpoint":
        return event | {"path": None}
    if event["event"] == "end" and event["checkpoint"] is not None:
        return event | {"checkpoint": run}
    return event


@contextmanager
def _explained() -> Iterator[None]:
    """A `UserError` reaches the caller in its own words; what went wrong here, only the log."""
    try:
        yield
    except UserError as error:
        raise gr.Error(error.message, print_exception=False) from error
    except Exception as error:
        log.error("an endpoint failed: %s", whereabouts(error))
        message = "That went wrong on the server; its log says how."
        raise gr.Error(message, print_exception=False) from error


def _plan(
    limits: Limits, corpus: object, text: object, recipe: object, settings: object, seed: object
) -> Plan:
    name = arguments.text(recipe, "recipe")
    given = arguments.text(text or "", "text")
    source = _training_text(limits, corpus, given, find_recipe(name).corpus)
    check_text(source, limits)
    return plan(
        source,
        recipe=name,
        settings=_settings(settings),
        seed=None if seed is None else arguments.whole(seed, "seed"),
    )


def _training_text(limits: Limits, corpus: object, text: str, usual: str | None) -> Text:
    """What to train on: uploaded files, a text by its name, a text as given, or the recipe's."""
    if corpus and text:
        raise UserError("Give a corpus or a text, not both.", field="corpus")
    if isinstance(corpus, Mapping | list):
        uploads = corpus if isinstance(corpus, list) else [corpus]
        files = [_uploaded(upload) for upload in uploads]
        check_files(files, limits)
        return read_files(files, limit=limits.upload)
    name = arguments.text(corpus or "", "corpus")
    if text:
        return read_text(text)
    if name or usual:
        return corpora.load(name or str(usual))
    raise UserError(
        "There is nothing to train on: give a file or the name of a text as corpus, or a text.",
        field="corpus",
    )


def _uploaded(upload: object) -> Path:
    """The path of a file that somebody uploaded to this app: only those lie where it looks."""
    given = upload.get("path") if isinstance(upload, Mapping) else None
    if (path := inside(Path(get_upload_folder()), given)) is not None:
        return path
    raise UserError("That file has not been uploaded to this app: upload it first.", field="corpus")


def _settings(given: object) -> Mapping[str, object]:
    if given is None or given == "":
        return {}
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            given = None
    if not isinstance(given, Mapping):
        raise UserError(
            'settings must be a JSON object, such as {"hidden_size": 128}.', field="settings"
        )
    return given
