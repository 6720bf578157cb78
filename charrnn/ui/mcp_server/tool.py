"""The base class of the MCP server's tools: a pydantic model whose fields are the arguments."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from ...errors import UserError
from ...text.datasets import DATASETS
from ..operations import Caller, training
from ..services.context import AppContext

CORPORA = tuple(entry.name for entry in DATASETS)
NO_FILES = (
    "Arguments are strings and numbers; files, paths and web addresses are never opened. Give a "
    f"text itself as text, or one of these names as corpus: {', '.join(CORPORA)}."
)


def _check_corpus(name: str | None) -> str | None:
    if name and name not in CORPORA:
        raise UserError(NO_FILES)
    return name or None


CorpusName = Annotated[
    str | None,
    AfterValidator(_check_corpus),
    Field(
        description="The name of a text, instead of the text itself.",
        json_schema_extra={"enum": [*CORPORA, None]},
    ),
]
RunId = Annotated[
    str,
    Field(
        description="The run's id, as start_training has returned it: 32 characters. Keep it to "
        "yourself: whoever has it can stop the run."
    ),
]
Checkpoint = Annotated[
    str,
    Field(
        description="A model: a name that the tool models lists, the id of a run, or a model on "
        "the Hugging Face Hub as owner/name or owner/name@revision."
    ),
]


def is_scalar(value: object) -> bool:
    """Return whether a JSON value is a string, a number, true, false or null."""
    return isinstance(value, str | int | float | None)


@dataclass(frozen=True)
class ToolCall:
    """One call of a tool.

    `report(progress, total, message)` sends a progress notification if the caller wants them. The
    progress must grow; the total is None if it is unknown.
    """

    context: AppContext
    caller: Caller
    report: Callable[[float, float | None, str | None], Awaitable[None]]

    async def given_text(self, text: str, corpus: str | None) -> str:
        """Return a text that is given itself, or by the name of a corpus. Raises UserError."""
        if corpus is None:
            return text
        if text:
            raise UserError("Give a corpus or a text, not both.", field="corpus")
        return await training.dataset_text(self.context, self.caller, corpus)


class Tool(BaseModel, ABC):
    """A tool with the arguments of one call. Its docstring is the description for agents."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    title: ClassVar[str]
    result: ClassVar[type[BaseModel]]
    read_only: ClassVar[bool] = True
    uses_hub: ClassVar[bool] = False

    @classmethod
    def parse(cls, arguments: Mapping[str, object]) -> Tool:
        """Make the tool with the arguments of a call. Raises UserError for invalid ones.

        Objects and lists are refused without being read, since a file would be one.
        """
        if not all(map(is_scalar, arguments.values())):
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
        """Run the tool and return its result. Raises UserError."""

    @classmethod
    def description(cls) -> str:
        """Return the docstring with each paragraph on one line."""
        paragraphs = inspect.cleandoc(cls.__doc__ or "").split("\n\n")
        return "\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)

    @classmethod
    def input_schema(cls) -> dict[str, Any]:
        """Return the JSON schema of the arguments."""
        schema = cls.model_json_schema()
        return {key: value for key, value in schema.items() if key not in ("title", "description")}
