"""The tools of the MCP server that list what there is: models, recipes."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ...model import ModelConfig
from ...training import TrainingConfig
from ...utils.config_fields import rules, wanted
from ..operations import listing
from .tool import Tool, ToolCall


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
