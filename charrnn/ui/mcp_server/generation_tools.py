"""The tools of the MCP server that generate and score a text: generate, score."""

from __future__ import annotations

from contextlib import aclosing
from typing import Literal

from pydantic import BaseModel, Field

from ...generation.stopping import MAX_STOP_CHARACTERS
from ..operations import generation
from ..operations.generation import (
    MAX_GENERATED_CHARACTERS,
    MAX_PREFIX_CHARACTERS,
    MAX_SCORED_CHARACTERS,
)
from .tool import Checkpoint, CorpusName, Tool, ToolCall


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
