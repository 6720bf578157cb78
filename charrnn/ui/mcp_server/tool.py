"""What a tool of the MCP server is: a pydantic model whose fields are the arguments."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError

from ...errors import UserError
from ...text.datasets import DATASETS
from ..operations import Caller
from ..services.context import AppContext

CORPORA = tuple(entry.name for entry in DATASETS)
NO_FILES = (
    "Arguments are strings and numbers; files, paths and web addresses are never opened. Give a "
    f"text itself as text, or one of these names as corpus: {', '.join(CORPORA)}."
)


def is_plain(value: object) -> bool:
    """Return whether a JSON value is a string, a number, true, false or null."""
    return isinstance(value, str | int | float | None)


@dataclass(frozen=True)
class ToolCall:
    """What a tool needs to know of the call that it answers.

    `report` sends a progress notification, if the caller wants them: how much is done, which has to
    grow, of how much (None where that is unknown), and a message.
    """

    context: AppContext
    caller: Caller
    report: Callable[[float, float | None, str | None], Awaitable[None]]


class Tool(BaseModel, ABC):
    """A tool with the arguments of one call. Its docstring is the description for agents."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    title: ClassVar[str]
    result: ClassVar[type[BaseModel]]
    changes_nothing: ClassVar[bool] = True
    asks_the_hub: ClassVar[bool] = False

    @classmethod
    def parse(cls, arguments: Mapping[str, object]) -> Tool:
        """Make the tool with the arguments of a call. Raises UserError for any that do not fit.

        Objects and lists, which a file would come as, are refused before anything looks into them.
        """
        if not all(map(is_plain, arguments.values())):
            raise UserError(NO_FILES)
        try:
            return cls.model_validate(arguments)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            if first["type"] == "extra_forbidden":
                known = ", ".join(cls.model_fields) or "none"
                raise UserError(
                    "There is no such argument. The arguments are: {known}.", known=known
                ) from None
            raise UserError(
                "{argument}: {problem}.", argument=first["loc"][0], problem=first["msg"]
            ) from None

    @abstractmethod
    async def call(self, tool_call: ToolCall) -> BaseModel:
        """Do what the tool is for, and return a `result`. Raises UserError."""

    @classmethod
    def description(cls) -> str:
        """Return the docstring, with a paragraph on each line."""
        paragraphs = inspect.cleandoc(cls.__doc__ or "").split("\n\n")
        return "\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)

    @classmethod
    def input_schema(cls) -> dict[str, Any]:
        """Return the JSON schema of the arguments."""
        schema = cls.model_json_schema()
        return {key: value for key, value in schema.items() if key not in ("title", "description")}
