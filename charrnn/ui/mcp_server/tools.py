"""The tools of the MCP server, with their arguments and results.

The docstring of a tool is its description for agents. `operations.py` does the work.
"""

from __future__ import annotations

import json
from contextlib import aclosing
from typing import Annotated, Any, Literal

from anyio import to_thread
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ...errors import UserError
from ...generation import MAX_STOP_CHARACTERS
from ...recipes import RECIPES
from ...training import Event
from .. import operations
from ..operations import (
    MAX_GENERATED_CHARACTERS,
    MAX_PREFIX_CHARACTERS,
    MAX_SCORED_CHARACTERS,
    TrainArguments,
)
from .inspection_tools import FindUnits, Inspect, Novelty
from .tool import CORPORA, NO_FILES, Checkpoint, Tool, ToolCall, is_scalar


def _check_corpus(name: str | None) -> str | None:
    if name and name not in CORPORA:
        raise UserError(NO_FILES)
    return name


def _check_settings(value: str) -> str:
    """Raise UserError if a setting is an object or a list, since a file would be one."""
    try:
        settings = json.loads(value or "{}")
    except (ValueError, RecursionError):
        return value  # `operations` raises the error
    if isinstance(settings, dict) and not all(map(is_scalar, settings.values())):
        raise UserError(NO_FILES)
    return value


class TrainResult(BaseModel):
    """The last event of a run."""

    model_config = ConfigDict(extra="allow")

    run: str = Field(description="The run's id: a checkpoint for generate and score.")
    reason: Literal["finished", "stopped", "diverged", "failed"]
    message: str = Field(description="How it went, in a sentence or two.")
    step: int | None = None
    train_perplexity: float | None = None
    validation_perplexity: float | None = Field(None, description="On the held-out part.")
    checkpoint: str | None = Field(description="The run's id, or null where no model was saved.")


class Train(Tool):
    """Train a character-level recurrent network on a text, and wait until the run ends.

    Give text, or the name of a text as corpus, or a recipe that has a text of its own. Progress
    notifications carry the run's id, then its perplexities and samples. The run goes on if the
    connection is lost; the tool stop ends it and keeps its model.
    """

    title = "Train a model"
    result = TrainResult
    read_only = False

    corpus: Annotated[
        str | None,
        AfterValidator(_check_corpus),
        Field(
            description="The name of a text to train on, instead of text.",
            json_schema_extra={"enum": [*CORPORA, None]},
        ),
    ] = None
    text: str = Field("", description="The text to train on, itself.")
    recipe: str = Field(
        "sprint",
        description="A time budget (sprint: 10 seconds, coffee: 1 minute, deep: 5 minutes, night: "
        "until it stops improving), or an experiment that the tool recipes lists.",
        json_schema_extra={"enum": list(RECIPES)},
    )
    settings: Annotated[str, Field(max_length=10_000), AfterValidator(_check_settings)] = Field(
        "",
        description="Settings that replace the recipe's, as a JSON object in a string, such as "
        '{"cell": "gru", "hidden_size": 128, "seconds": 5}. epochs is a number of passes over the '
        "text, seconds the time for the run.",
    )
    seed: int | None = Field(
        None, ge=0, description="The same seed gives the same first weights and minibatches."
    )

    async def call(self, tool_call: ToolCall) -> TrainResult:
        """Start a run and follow it to its end."""
        arguments = TrainArguments(self.corpus, self.text, self.recipe, self.settings, self.seed)
        run = await operations.start(tool_call.context, arguments, tool_call.caller)

        async def notify(message: str) -> None:
            await tool_call.report(0, None, message)

        await notify(f"Run {run.id} is waiting to begin.")
        event: Event = {}
        async for event in operations.watch(tool_call.context, run, notify):
            if message := _progress_message(event, run.id):
                remaining = event.get("remaining_seconds")
                total = None if remaining is None else event["seconds"] + remaining
                await tool_call.report(event["seconds"], total, message)
        return TrainResult.model_validate({"run": run.id} | event)


def _progress_message(event: Event, run: str) -> str | None:
    """Return the progress notification about an event, or None if it needs none."""
    match event["event"]:
        case "start":
            size = f"{event['characters']:,} characters, {event['parameters']:,} parameters"
            return f"Run {run} begins: {size}."
        case "progress":
            figures = [("training", "train_perplexity"), ("held-out", "validation_perplexity")]
            known = [(what, event[key]) for what, key in figures if event.get(key) is not None]
            shown = [f"{what} perplexity {value:.4g}" for what, value in known]
            return ", ".join([f"Run {run}, step {event['step']}", *shown]) + "."
        case "sample":
            return f"Run {run}, step {event['step']}, a sample: {event['text']}"
    return None


class StopResult(BaseModel):
    """The state of a run."""

    run: str
    state: Literal["queued", "running", "stopping", "finished", "stopped", "diverged", "failed"]


class Stop(Tool):
    """End a training run within one step. The model that it has so far is kept."""

    title = "Stop a run"
    result = StopResult
    read_only = False

    run: str = Field(description="The run's id.")

    async def call(self, tool_call: ToolCall) -> StopResult:
        """Stop the run."""
        state = await to_thread.run_sync(operations.stop, tool_call.context, self.run)
        return StopResult.model_validate({"run": self.run, "state": state})


class GenerateResult(BaseModel):
    """A generated text."""

    text: str = Field(description="The prefix and what the model wrote after it.")


class Generate(Tool):
    """Let a model continue a text, character by character."""

    title = "Generate text"
    result = GenerateResult
    uses_hub = True

    checkpoint: Checkpoint
    prefix: str = Field(
        "",
        description=f"What the text begins with, {MAX_PREFIX_CHARACTERS:,} characters at most. "
        "Characters that the model does not know are kept, and read as unknown.",
    )
    length: int = Field(
        200, ge=0, le=MAX_GENERATED_CHARACTERS, description="Characters to write after the prefix."
    )
    mode: Literal["greedy", "sample"] = Field(
        "sample", description="greedy: always the likeliest character. sample: drawn at random."
    )
    alpha: float = Field(
        1.0,
        gt=0,
        description="Sampling draws from q ∝ p^alpha: 1 is the model's own distribution, more is "
        "safer, less is bolder. It is 1 / temperature.",
    )
    seed: int | None = Field(
        None, ge=0, description="The same seed gives the same text; null another text each time."
    )

    stop: str = Field(
        "",
        max_length=MAX_STOP_CHARACTERS,
        description="A string after which the text ends, if the model writes it, such as a line "
        "end. Empty: the text has its full length.",
    )

    async def call(self, tool_call: ToolCall) -> GenerateResult:
        """Write the text."""
        texts = operations.generate(
            tool_call.context, tool_call.caller, self.checkpoint, self.prefix, self.length,
            self.mode, self.alpha, self.seed, self.stop or None,
        )  # fmt: skip
        text = ""
        async with aclosing(texts):
            async for text in texts:
                await tool_call.report(len(text), len(self.prefix) + self.length, None)
        return GenerateResult(text=text)


class ScoreResult(BaseModel):
    """How well a model predicts a text."""

    perplexity: float | None = Field(description="exp of the mean cross-entropy; null: infinite.")
    bits_per_character: float | None
    nats: float | None = Field(description="Nats per character.")
    characters: int = Field(description="Characters scored.")
    unknown_characters: int = Field(description="Characters read but not scored.")
    protocol: str = Field(description="carried: one pass, with the state carried along.")


class Score(Tool):
    """Say how well a model predicts a text: its perplexity and bits per character."""

    title = "Score a text"
    result = ScoreResult
    uses_hub = True

    checkpoint: Checkpoint
    text: str = Field(max_length=MAX_SCORED_CHARACTERS, description="The text to score.")

    async def call(self, tool_call: ToolCall) -> ScoreResult:
        """Score the text."""
        figures = await operations.score(
            tool_call.context, tool_call.caller, self.checkpoint, self.text
        )
        return ScoreResult.model_validate(figures)


class ModelsResult(BaseModel):
    """The models that come with the app."""

    models: list[dict[str, Any]] = Field(
        description="For each its name (a checkpoint for generate and score), what it was trained "
        "on, its perplexity, and its size in symbols, parameters and bytes."
    )


class Models(Tool):
    """List the models that come with the app."""

    title = "List models"
    result = ModelsResult

    async def call(self, tool_call: ToolCall) -> ModelsResult:
        """List the models."""
        return ModelsResult(models=await operations.models(tool_call.context, tool_call.caller))


class RecipesResult(BaseModel):
    """The recipes."""

    recipes: list[dict[str, Any]] = Field(
        description="For each its name, its kind, what it does, how long it takes, the text that "
        "it uses by default and the perplexities published for it."
    )


class Recipes(Tool):
    """List the recipes for the tool train: time budgets, and a textbook's experiments."""

    title = "List recipes"
    result = RecipesResult

    async def call(self, tool_call: ToolCall) -> RecipesResult:
        """List the recipes."""
        return RecipesResult(recipes=operations.recipes())


TOOLS: dict[str, type[Tool]] = {
    "train": Train,
    "stop": Stop,
    "generate": Generate,
    "score": Score,
    "inspect": Inspect,
    "find_units": FindUnits,
    "novelty": Novelty,
    "models": Models,
    "recipes": Recipes,
}
