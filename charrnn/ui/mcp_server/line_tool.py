"""The tool of the MCP server that writes whole lines."""

from __future__ import annotations

from pydantic import BaseModel, Field

from ..operations import line_generation
from ..operations.line_generation import MAX_LINES, MAX_PREFIX_CHARACTERS
from .tool import Checkpoint, Tool, ToolCall


class Line(BaseModel):
    """A line that a model wrote."""

    text: str
    new: bool | None = Field(
        description="Whether the training text lacks it; null if that is not known."
    )
    complete: bool = Field(description="Whether it ended by itself.")
    nearest: str | None = Field(None, description="The line of the training text most like it.")
    distance: int | None = Field(None, description="Characters in which the two differ.")


class LinesResult(BaseModel):
    """Lines that a model wrote."""

    lines: list[Line]


class Lines(Tool):
    """Let a model write whole lines, such as names or titles, each told from a copied one."""

    title = "Generate lines"
    result = LinesResult
    uses_hub = True

    checkpoint: Checkpoint
    n: int = Field(20, ge=1, le=MAX_LINES, description="How many lines.")
    prefix: str = Field(
        "", max_length=MAX_PREFIX_CHARACTERS, description="What each line begins with."
    )
    alpha: float = Field(
        1.0, gt=0, description="Sampling draws from q ∝ p^alpha: more is safer, less is bolder."
    )
    seed: int | None = Field(
        None, ge=0, description="The same seed gives the same lines; null others each time."
    )
    new_only: bool = Field(False, description="Only lines that the training text lacks.")

    async def call(self, tool_call: ToolCall) -> LinesResult:
        """Write the lines."""
        lines = await line_generation.lines(
            tool_call.context, tool_call.caller, self.checkpoint, self.n, self.prefix, self.alpha,
            self.seed, new_only=self.new_only,
        )  # fmt: skip
        return LinesResult.model_validate({"lines": lines})
