"""The app's public endpoints, for `gradio_client` and plain HTTP.

There are eleven: `/train`, `/follow`, `/stop`, `/generate`, `/lines`, `/score`, `/inspect`,
`/find_units`, `/novelty`, `/models`, `/recipes`. `operations/` does their work. Their docstrings
are the app's API documentation. One argument may be a file, `corpus`: a file that was uploaded to
this app.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.context import LocalContext
from gradio.utils import get_upload_folder

from ..errors import UserError
from ..runs.uploads import path_within
from .api_documentation import add_endpoints
from .operations import (
    Caller,
    generation,
    inspection,
    line_generation,
    listing,
    public_message,
    runs,
    training,
)
from .operations.training import TrainArguments
from .server.client import ClientGoneError
from .services.context import AppContext

TEXT_ENDPOINTS = ("train", "score", "inspect", "find_units", "novelty")  # take long texts


def endpoints(context: AppContext) -> None:
    """Add the endpoints to the Blocks that are open now."""
    _add_training(context)
    _add_generation(context)
    _add_inspection(context)
    _add_listing(context)


def _add_training(context: AppContext) -> None:
    """Add /train, /follow and /stop."""

    async def train(
        corpus: str | dict[str, Any] | list[Any] | None = None,
        text: str = "",
        recipe: str = "sprint",
        settings: dict[str, Any] | str | None = None,
        seed: int | None = None,
        start: str | None = None,
        request: gr.Request | None = None,
    ) -> AsyncIterator[dict[str, Any]]:
        """Train a character-level RNN on a text and stream the run's events as JSON objects.

        The first event, `start`, carries the run's id; `progress` events carry perplexities;
        `sample` events show what the model writes so far; `end` is the last. The run goes on if
        the caller goes away: /follow streams it again, /stop ends it, and /generate and /score take
        its id as a checkpoint.
        A run that waits for others says so in log messages: its place in the queue, and how long.

        Parameters:
            corpus: an uploaded text file or .zip of them, or the name of a text: songs, tide-clock,
                python-manual, time-machine, tiny-shakespeare. Empty: `text`, or the recipe's own
                text.
            text: the training text itself, where no corpus is given.
            recipe: sprint (10 seconds), coffee (1 minute), deep (5 minutes), night, or another name
                that /recipes lists.
            settings: a JSON object of settings that go before the recipe's, such as {"hidden_size":
                128, "seconds": 5}; `epochs` counts passes over the text, `seconds` is the time for
                the run.
            seed: a whole number of at least 0; the same seed gives the same first weights and
                minibatches.
            start: a model to start from instead of random weights: the name of one that /models
                lists (base-english and base-chinese are made for it), the id of a run, or a model
                on the Hugging Face Hub, owner/name or owner/name@revision. The network is then that
                model's: a cell or size in `settings` that differs is refused.

        Returns:
            One event, a JSON object with "event" and "seconds" since the run began.
        """
        with _errors_for_callers():
            files = await asyncio.to_thread(uploaded_files, corpus)
            name = None if files is not None else corpus
            arguments = TrainArguments(name, text, recipe, settings, seed, files, start)
            caller = Caller.from_request(context, request)
            run = await training.start(context, arguments, caller)
            async for event in runs.watch(context, run, _notify):
                yield event

    async def follow(
        run: str, after: int = 0, request: gr.Request | None = None
    ) -> AsyncIterator[dict[str, Any]]:
        """Follow a run again by its id, for instance after a lost connection.

        It streams the events that /train streams, past and new ones, until the run has ended.

        Parameters:
            run: the run's id, from the `start` event of /train.
            after: the number of the first event to send, counted from 0, so the number of events
                that you have already.

        Returns:
            One event, a JSON object with "event" and "seconds" since the run began.
        """
        with _errors_for_callers():
            caller = Caller.from_request(context, request)
            async for event in runs.follow(context, caller, run, after, _notify):
                yield event

    def stop(run: str) -> str:
        """End a training run within one step; the model it has so far is kept.

        Parameters:
            run: the run's id, from the `start` event of /train.

        Returns:
            The run's state: queued, running, stopping, finished, stopped, diverged or failed.
        """
        with _errors_for_callers():
            return runs.stop(context, run)

    add_endpoints(train, follow, stop)


def _add_generation(context: AppContext) -> None:
    """Add /generate, /lines and /score."""

    async def generate(
        checkpoint: str,
        prefix: str = "",
        length: int = 200,
        mode: str = "sample",
        alpha: float = 1.0,
        seed: int | None = None,
        stop: str | list[str] | None = None,
        finish_sentence: bool = False,
        request: gr.Request | None = None,
    ) -> AsyncIterator[str]:
        """Let a model continue a text, and stream the text so far, the prefix included.

        Parameters:
            checkpoint: the name of a model that /models lists, the id of a run, or a model on the
                Hugging Face Hub, owner/name or owner/name@revision.
            prefix: what the text begins with; any text, also none. What the model does not know is
                kept and read as unknown.
            length: how many characters to write after the prefix, 0 to 100,000.
            mode: greedy (always the likeliest character) or sample.
            alpha: sampling draws from q ∝ p^alpha: 1 is the model's own distribution, more is
                safer, less is bolder; 1 / temperature.
            seed: a whole number of at least 0; the same seed gives the same text. Empty: another
                text each time.
            stop: a text, or a list of texts, after which the writing ends, if the model writes it.
            finish_sentence: true to end with the first sentence that is over after three quarters
                of the length, if one is.

        Returns:
            The prefix and what has been written after it so far.
        """
        with _errors_for_callers():
            caller = Caller.from_request(context, request)
            texts = generation.generate(
                context, caller, checkpoint, prefix, length, mode, alpha, seed, stop,
                finish_sentence,
            )  # fmt: skip
            async with aclosing(texts):
                async for text in texts:
                    yield text

    async def lines(
        checkpoint: str,
        n: int = 20,
        prefix: str = "",
        alpha: float = 1.0,
        seed: int | None = None,
        request: gr.Request | None = None,
    ) -> list[dict[str, Any]]:
        """Let a model write whole lines: each begins anew, and ends by itself.

        Meant for models of lists (`documents` = lines): names, titles, messages.

        Parameters:
            checkpoint: the name of a model that /models lists, the id of a run, or a model on the
                Hugging Face Hub, owner/name or owner/name@revision.
            n: how many lines, 1 to 200.
            prefix: what each line begins with; empty is usual.
            alpha: sampling draws from q ∝ p^alpha: 1 is the model's own distribution, more is
                safer, less is bolder; 1 / temperature.
            seed: a whole number of at least 0; the same seed gives the same lines. Empty: others
                each time.

        Returns:
            For each line its `text`; `new`, whether the training text lacks it, or null if that is
            not known; `complete`, whether it ended by itself; and, where the training text is at
            hand, the `nearest` line there and their `distance` in characters.
        """
        with _errors_for_callers():
            caller = Caller.from_request(context, request)
            return await line_generation.lines(context, caller, checkpoint, n, prefix, alpha, seed)

    async def score(
        checkpoint: str, text: str, request: gr.Request | None = None
    ) -> dict[str, Any]:
        """Say how well a model predicts a text, character by character.

        Parameters:
            checkpoint: the name of a model that /models lists, the id of a run, or a model on the
                Hugging Face Hub, owner/name or owner/name@revision.
            text: the text to score, 2,000,000 characters at most.

        Returns:
            `perplexity` (exp of the mean cross-entropy), `bits_per_character`, `nats` per
            character, `characters` scored, `unknown_characters` (read but not scored), and the
            `protocol`: one pass with the state carried.
        """
        with _errors_for_callers():
            return await generation.score(
                context, Caller.from_request(context, request), checkpoint, text
            )

    add_endpoints(generate, lines, score)


def _add_inspection(context: AppContext) -> None:
    """Add /inspect, /find_units and /novelty."""

    async def inspect(
        checkpoint: str, text: str, request: gr.Request | None = None
    ) -> dict[str, Any]:
        """Read a text with a model, character by character.

        Parameters:
            checkpoint: the name of a model that /models lists, the id of a run, or a model on the
                Hugging Face Hub, owner/name or owner/name@revision.
            text: the text to read, 100,000 characters at most.

        Returns:
            `summary` with the figures of /score and the perplexities of trivial models as
            `baselines`; and lists with an item for each character: `characters`, `surprisal` in
            bits (null for the first one and for unknown ones), `entropy` of the prediction in bits,
            the five likeliest `candidates`, and their `probabilities`.
        """
        with _errors_for_callers():
            return await inspection.inspect(
                context, Caller.from_request(context, request), checkpoint, text
            )

    async def find_units(
        checkpoint: str, text: str, concept: str, request: gr.Request | None = None
    ) -> list[dict[str, Any]]:
        """Search the hidden units of a model for those that follow a concept in a text.

        Parameters:
            checkpoint: the name of a model that /models lists, the id of a run, or a model on the
                Hugging Face Hub, owner/name or owner/name@revision.
            text: the text to read. Its first part is searched; its second part decides.
            concept: quotes, brackets, line-start, line-end, line-position, capitals, digits,
                word-start, indentation or speaker; or a regular expression between slashes, such as
                /th./; or spans of characters, begin and end, such as [[0, 12], [40, 44]].

        Returns:
            The units that follow the concept, the best first: `layer`, `unit`, `concept`, `score`
            on the part that was searched, `score_held_out` on the other part (areas under the ROC
            curve, or R² for line-position), `quantity` and `low`. An empty list if none does.
        """
        with _errors_for_callers():
            return await inspection.find_units(
                context, Caller.from_request(context, request), checkpoint, text, concept
            )

    async def novelty(
        generated: str, training_text: str, request: gr.Request | None = None
    ) -> dict[str, Any]:
        """Measure how much of a generated text is copied from the training text, exactly.

        Parameters:
            generated: the generated text, 100,000 characters at most.
            training_text: what the model was trained on, 2,000,000 characters at most.

        Returns:
            `longest`, the characters of the longest copied stretch; `new_ngrams`, by n the share of
            n-grams that the training text lacks; `copied_spans` with `start`, `end` and
            `training_start`; `copied`, the share of characters in them; `lines` and `copied_lines`.
        """
        with _errors_for_callers():
            return await inspection.novelty(
                context, Caller.from_request(context, request), generated, training_text
            )

    add_endpoints(inspect, find_units, novelty)


def _add_listing(context: AppContext) -> None:
    """Add /models and /recipes."""

    async def models(request: gr.Request | None = None) -> list[dict[str, Any]]:
        """List the models that come with the app, and the public ones on the Hub.

        Returns:
            For each its `name`, for /generate and /score, its `source` (bundled or hub), what it
            is, what it was trained on, its perplexity, and its size in symbols, parameters and
            bytes. Of a model on the Hub only name, title and perplexity are known, as its owner
            says. If the Hub does not answer, its models are missing.
        """
        with _errors_for_callers():
            return await listing.models(context, Caller.from_request(context, request))

    def recipes() -> list[dict[str, Any]]:
        """List the recipes for /train: time budgets, and a textbook's experiments.

        Returns:
            For each its `name`, its `kind`, what it does, how long it takes, the text it uses by
            default and the perplexities published for it.
        """
        return listing.recipes()

    add_endpoints(models, recipes)


def uploaded_files(corpus: object) -> Sequence[Path] | None:
    """Return the paths of the uploaded files in `corpus`, or None if it is a name.

    Raises UserError for a file that is not in this app's upload folder.
    """
    if not isinstance(corpus, Mapping | list):
        return None
    uploads = corpus if isinstance(corpus, list) else [corpus]
    return [_uploaded_file(upload) for upload in uploads]


def _uploaded_file(upload: object) -> Path:
    path = upload.get("path") if isinstance(upload, Mapping) else None
    if (file := path_within(Path(get_upload_folder()), path)) is not None:
        return file
    raise UserError("That file has not been uploaded to this app: upload it first.", field="corpus")


async def _notify(message: str) -> None:
    """Send a message to the caller as one of Gradio's log messages."""
    if LocalContext.event_id.get(None) is not None:
        gr.Info(message)


@contextmanager
def _errors_for_callers() -> Iterator[None]:
    """Turn every exception into a `gr.Error` with the message for the caller."""
    try:
        yield
    except ClientGoneError:
        raise
    except Exception as error:
        raise gr.Error(public_message(error), print_exception=False) from error
