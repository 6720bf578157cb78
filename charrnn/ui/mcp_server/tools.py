"""The tools of the MCP server by their names, in the order in which agents see them.

The docstring of a tool is its description for agents. `operations/` does the work.
"""

from __future__ import annotations

from .generation_tools import Generate, Score
from .inspection_tools import FindUnits, Inspect, Novelty
from .line_tool import Lines
from .listing_tools import Models, Recipes
from .tool import Tool
from .training_tools import RunStatusTool, StartTraining, StopTraining, Train

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
