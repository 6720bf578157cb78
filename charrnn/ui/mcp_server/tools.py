"""The tools of the MCP server, with their arguments and results.

The docstring of a tool is its description for agents. `operations/` does the work.
"""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import fields
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ...generation.stopping import MAX_STOP_CHARACTERS
from ...model import ModelConfig
from ...training import TrainingConfig
from ...utils.config_fields import rules, wanted
from ..operations import generation, listing
from ..operations.generation import (
    MAX_GENERATED_CHARACTERS,
    MAX_PREFIX_CHARACTERS,
    MAX_SCORED_CHARACTERS,
)
from .inspection_tools import FindUnits, Inspect, Novelty
from .line_tool import Lines
from .tool import Checkpoint, CorpusName, Tool, ToolCall
from .training_tools import RunStatusTool, StartTraining, StopTraining, Train


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
    finish_sentence: bool = Field(
        False,
        description="Whether the text ends with the first sentence that is over after three "
        "quarters of the length, if one is, rather than in the middle of one.",
    )

    async def call(self, tool_call: ToolCall) -> GenerateResult:
        """Write the text."""
        texts = generation.generate(
            tool_call.context, tool_call.caller, self.checkpoint, self.prefix, self.length,
            self.mode, self.alpha, self.seed, self.stop or None, self.finish_sentence,
        )  # fmt: skip
        text = ""
        async with aclosing(texts):
            async for longer in texts:
                if len(longer) > len(text):  # progress must grow, and the last two may be equal
                    await tool_call.report(len(longer), len(self.prefix) + self.length, None)
                text = longer
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
    text: str = Field(
        "", max_length=MAX_SCORED_CHARACTERS, description="The text to score, itself."
    )
    corpus: CorpusName = None

    async def call(self, tool_call: ToolCall) -> ScoreResult:
        """Score the text."""
        text = await tool_call.given_text(self.text, self.corpus)
        figures = await generation.score(tool_call.context, tool_call.caller, self.checkpoint, text)
        return ScoreResult.model_validate(figures)


class Corpus(BaseModel):
    """A training text."""

    model_config = ConfigDict(extra="allow")

    name: str | None = None
    characters: int | None = None


class Model(BaseModel):
    """A model; what is not known of one on the Hub is null."""

    name: str = Field(description="What to give the other tools as checkpoint.")
    source: Literal["bundled", "hub"]
    title: str = Field(description="Of a model on the Hub, whatever its owner calls it.")
    model: str | None = Field(description="The network: cell and hidden size.")
    corpus: Corpus | None = Field(description="What it was trained on.")
    recipe: str | None
    perplexity: float | None = Field(
        description="On held-out text, or else on the training text; lower is better."
    )
    symbols: int | None = Field(description="Different characters that it knows.")
    parameters: int | None
    bytes: int | None


class ModelsResult(BaseModel):
    """The models that can be used."""

    models: list[Model]


class Models(Tool):
    """List the models that come with the app, and public ones on the Hugging Face Hub."""

    title = "List models"
    result = ModelsResult
    uses_hub = True

    async def call(self, tool_call: ToolCall) -> ModelsResult:
        """List the models."""
        listed = await listing.models(tool_call.context, tool_call.caller)
        return ModelsResult.model_validate({"models": listed})


class Recipe(BaseModel):
    """A recipe: a text, a model and how it is trained."""

    name: str
    kind: str = Field(description="budget, custom or textbook.")
    summary: str
    length: str = Field(description="How long it takes, in words.")
    corpus: str | None = Field(description="The text that it uses if none is given.")
    epochs: int | None
    seconds: float | None
    published: dict[str, float] = Field(description="Published training perplexities, by epoch.")
    note: str | None


class Setting(BaseModel):
    """A setting of the model or of its training."""

    name: str
    meaning: str
    values: str = Field(description="What to give, in words.")
    default: str | int | float | bool | None = Field(description="Where a recipe chooses none.")


class RecipesResult(BaseModel):
    """The recipes, and the settings that they choose."""

    recipes: list[Recipe]
    settings: list[Setting]


class Recipes(Tool):
    """List the recipes for training (time budgets, a textbook's experiments), and all settings."""

    title = "List recipes and settings"
    result = RecipesResult

    async def call(self, tool_call: ToolCall) -> RecipesResult:
        """List the recipes."""
        return RecipesResult.model_validate({"recipes": listing.recipes(), "settings": _settings()})


def _settings() -> list[dict[str, Any]]:
    """Describe all settings."""
    return [
        {
            "name": one.name,
            "meaning": rule.hint,
            "values": str(wanted(rule)),
            "default": one.default,
        }
        for config in (ModelConfig, TrainingConfig)
        for one, rule in zip(fields(config), rules(config).values(), strict=True)
    ]


TOOLS: dict[str, type[Tool]] = {
    "start_training": StartTraining,
    "run_status": RunStatusTool,
    "stop_training": StopTraining,
    "train": Train,
    "generate": Generate,
    "lines": Lines,
    "score": Score,
    "inspect": Inspect,
    "find_units": FindUnits,
    "novelty": Novelty,
    "models": Models,
    "recipes": Recipes,
}
