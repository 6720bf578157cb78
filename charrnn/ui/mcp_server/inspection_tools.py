"""The tools of the MCP server that look into a model: inspect, find_units, novelty."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from ...inspection import CONCEPTS
from ..operations import inspection
from ..operations.inspection import MAX_GENERATED_CHARACTERS, MAX_TRAINING_CHARACTERS
from .tool import Checkpoint, CorpusName, Tool, ToolCall

MAX_CHARACTERS = 10_000  # of a text to inspect: its answer is twenty times as long


class Summary(BaseModel):
    """How well a model predicts a text."""

    model_config = ConfigDict(extra="allow")

    perplexity: float | None
    bits_per_character: float | None
    nats: float | None
    characters: int = Field(description="Characters scored.")
    unknown_characters: int
    baselines: dict[str, float | None] | None = Field(
        None, description="Perplexities of trivial models."
    )


class InspectResult(BaseModel):
    """A text of N characters as a model reads it."""

    summary: Summary
    characters: list[str]
    surprisal: list[float | None] = Field(
        description="−log2 p of each character, in bits; null for the first one and for unknown "
        "ones."
    )
    entropy: list[float | None] = Field(description="Of the prediction for each place, in bits.")
    candidates: list[list[str]] = Field(
        description="The likeliest characters in each place, at most five, the best first."
    )
    probabilities: list[list[float]] = Field(description="p of these candidates.")


class Inspect(Tool):
    """Read a text with a model, character by character: what surprised it, what it expected."""

    title = "Inspect a text"
    result = InspectResult
    uses_hub = True

    checkpoint: Checkpoint
    text: str = Field(max_length=MAX_CHARACTERS, description="The text to read.")

    async def call(self, tool_call: ToolCall) -> InspectResult:
        """Read the text."""
        found = await inspection.inspect(
            tool_call.context, tool_call.caller, self.checkpoint, self.text
        )
        return InspectResult.model_validate(found)


class Unit(BaseModel):
    """A hidden unit that follows a concept."""

    layer: int = Field(description="Counts from 0, with the directions of a bidirectional model.")
    unit: int = Field(description="Counts from 0.")
    concept: str
    score: float = Field(
        description="On the part of the text that was searched: the area under the ROC curve, "
        "where 0.5 is chance, or R² for line-position."
    )
    score_held_out: float = Field(description="The same on the rest of the text.")
    quantity: str = Field(description="H, the hidden state, or C, the memory cell of an LSTM.")
    low: bool = Field(description="Whether the unit is lower where the concept holds.")


class FindUnitsResult(BaseModel):
    """The units that were found, the best first; none if none follows the concept."""

    units: list[Unit]


class FindUnits(Tool):
    """Search the hidden units of a model for one that follows a concept in a text.

    Of a text given by its name as corpus, the first 100,000 characters are read.
    """

    title = "Find hidden units"
    result = FindUnitsResult
    uses_hub = True

    checkpoint: Checkpoint
    text: str = Field(
        "",
        max_length=inspection.MAX_INSPECTED_CHARACTERS,
        description="The text to read, itself. Half of it is searched, the other half tests what "
        "was found, so give some thousand characters.",
    )
    corpus: CorpusName = None
    concept: str = Field(
        description=f"One of {', '.join(CONCEPTS)}; or a regular expression between slashes, such "
        "as /th./; or spans of characters, begin and end, such as [[0, 12], [40, 44]]."
    )

    async def call(self, tool_call: ToolCall) -> FindUnitsResult:
        """Search the units."""
        text = await tool_call.given_text(self.text, self.corpus)
        most = inspection.MAX_INSPECTED_CHARACTERS
        found = await inspection.find_units(
            tool_call.context, tool_call.caller, self.checkpoint, text[:most], self.concept
        )
        return FindUnitsResult.model_validate({"units": found})


class NoveltyResult(BaseModel):
    """What of a text is new, and what is copied."""

    characters: int
    longest: int = Field(description="Characters of the longest copied stretch.")
    new_ngrams: dict[str, float | None] = Field(
        description="By n the share of n-grams that the training text lacks."
    )
    copied_spans: list[dict[str, int]] = Field(
        description="Copied stretches: start, end, and where they stand in the training text."
    )
    copied: float = Field(description="The share of characters in such stretches.")
    lines: int
    copied_lines: int = Field(description="Lines that are lines of the training text.")
    line_spans: list[dict[str, int]] = Field(description="Where these lines stand, likewise.")
    min_characters: int = Field(description="How long a stretch has to be to count as copied.")


class Novelty(Tool):
    """Measure how much of a generated text is copied from the training text."""

    title = "Measure novelty"
    result = NoveltyResult

    generated: str = Field(max_length=MAX_GENERATED_CHARACTERS, description="The generated text.")
    training_text: str = Field(
        "",
        max_length=MAX_TRAINING_CHARACTERS,
        description="What the model was trained on, the text itself.",
    )
    corpus: CorpusName = None

    async def call(self, tool_call: ToolCall) -> NoveltyResult:
        """Compare the texts."""
        text = await tool_call.given_text(self.training_text, self.corpus)
        found = await inspection.novelty(tool_call.context, tool_call.caller, self.generated, text)
        return NoveltyResult.model_validate(found)
