"""The tools of the MCP server that train: train, start_training, run_status, stop_training."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field

from ...errors import UserError
from ...model import ModelConfig
from ...recipes import RECIPES
from ...training import Event, TrainingConfig
from ...utils.config_fields import Rule, rules
from ..operations import runs, training
from ..operations.runs import MAX_WAIT_SECONDS
from ..operations.training import TrainArguments
from ..services import run_status
from .tool import NO_FILES, CorpusName, RunId, Tool, ToolCall, is_scalar

SETTING_RULES: dict[str, Rule] = rules(ModelConfig) | rules(TrainingConfig)
SETTINGS = (
    "seconds", "epochs", "cell", "hidden_size", "layers", "dropout", "learning_rate", "batch_size",
)  # fmt: skip
"""The settings that are arguments of their own."""


def _setting(name: str, hint: str | None = None) -> Any:
    """Return the pydantic field of a setting; None leaves it to the recipe."""
    rule = SETTING_RULES[name]
    text = f"{hint or rule.hint}. Default: what the recipe chooses."
    return Field(None, ge=rule.low, le=rule.high, description=text)


def _check_settings(value: str) -> str:
    """Raise UserError if a setting is an object or a list, since a file would be one."""
    try:
        settings = json.loads(value or "{}")
    except (ValueError, RecursionError):
        return value  # `training.start` raises the error
    if isinstance(settings, dict) and not all(map(is_scalar, settings.values())):
        raise UserError(NO_FILES)
    return value


class Suggestion(BaseModel):
    """A setting to change, and the value to give it."""

    setting: str
    value: str | int | float | bool | None


class Baselines(BaseModel):
    """Perplexities of trivial models of the text, on its held-out part."""

    uniform: float | None = Field(None, description="Every symbol is as likely as any other.")
    unigram: float | None = Field(None, description="Symbols by their frequency.")
    ngram: float | None = Field(None, description="The best n-gram model, by counting.")


class RunStatus(BaseModel):
    """The state of a training run, and its latest figures."""

    run: str = Field(description="The run's id, by which it is asked for and stopped.")
    state: Literal["queued", "running", "stopping", "finished", "stopped", "diverged", "failed"] = (
        Field(description="The first three are those of a run that goes on.")
    )
    place: int | None = Field(description="The place in the queue, from 1, of a queued run.")
    queue_seconds: float | None = Field(description="The estimated wait in the queue.")
    message: str | None = Field(description="How the run ended, in a sentence or two.")
    seconds: float = Field(description="Since the run began, as of its last event.")
    remaining_seconds: float | None = Field(description="An estimate; null where unknown.")
    step: int = Field(description="Minibatches so far.")
    epoch: float = Field(description="Passes over the text so far.")
    train_perplexity: float | None = Field(
        description="On the training text, the latest; that of the kept model at the end."
    )
    validation_perplexity: float | None = Field(description="The same on held-out text.")
    baselines: Baselines = Field(description="To compare with; empty before the run begins.")
    sample: str | None = Field(description="The last text that the model wrote in training.")
    sample_step: int | None = Field(description="The step at which it wrote that.")
    checkpoint: str | None = Field(
        description="Once a model is saved: what to give the other tools as checkpoint, the run's "
        "id."
    )
    suggestion: Suggestion | None = Field(
        description="After a run that went badly: what to change in the next one."
    )
    events: int = Field(description="Events so far. Give it as after to wait for the next ones.")

    @classmethod
    def of(cls, status: run_status.RunStatus) -> RunStatus:
        """Return the status of a run as a result."""
        return cls.model_validate(asdict(status))


class TrainingTool(Tool):
    """The arguments of the two tools that start a run."""

    read_only = False
    result = RunStatus
    uses_hub = True

    text: str = Field("", description="The text to train on, itself: some thousand characters.")
    corpus: CorpusName = None
    recipe: str = Field(
        "sprint",
        description="A time budget (sprint: 10 seconds, coffee: 1 minute, deep: 5 minutes, night: "
        "until it stops improving), which chooses all settings for the text; or an experiment that "
        "the tool recipes lists.",
        json_schema_extra={"enum": list(RECIPES)},
    )
    seconds: float | None = _setting("seconds")
    epochs: int | None = _setting("epochs")
    cell: Literal["tanh", "relu", "gru", "lstm"] | None = _setting("cell")
    hidden_size: int | None = _setting("hidden_size")
    layers: int | None = _setting("layers")
    dropout: float | None = _setting(
        "dropout", "Probability that a hidden unit is set to zero during training"
    )
    learning_rate: float | None = _setting("learning_rate")
    batch_size: int | None = _setting("batch_size")
    settings: Annotated[str, Field(max_length=10_000), AfterValidator(_check_settings)] = Field(
        "",
        description="Rarely needed: further settings, as a JSON object in a string, such as "
        '{"optimizer": "sgd", "clip": 1}. The tool recipes lists them.',
    )
    seed: int | None = Field(
        None, ge=0, description="The same seed gives the same first weights and minibatches."
    )
    start: str = Field(
        "",
        description="Instead of random weights, a model that knows such texts: a name that the "
        "tool models lists (base-english and base-chinese are made for it), the id of a run, or "
        "owner/name of a model on the Hugging Face Hub. The network is then that model's, so leave "
        "cell, hidden_size and layers out.",
    )

    def arguments(self) -> TrainArguments:
        """Return the arguments for `training.start`."""
        settings = self._all_settings()
        return TrainArguments(
            self.corpus, self.text, self.recipe, settings, self.seed, start=self.start
        )

    def _all_settings(self) -> object:
        """Return `settings` with the arguments that are settings; as it is if it is no object."""
        own = {name: value for name in SETTINGS if (value := getattr(self, name)) is not None}
        try:
            further = json.loads(self.settings or "{}")
        except (ValueError, RecursionError):
            return self.settings
        return {**further, **own} if isinstance(further, dict) else self.settings


class StartTraining(TrainingTool):
    """Start training a character-level recurrent network on a text, and return at once.

    Give text, or the name of a text as corpus, or a recipe that has a text of its own. The answer
    has the run's id: ask run_status how it goes, and end it with stop_training. The model of the
    run is used by giving the run's id as checkpoint.
    """

    title = "Start training"

    async def call(self, tool_call: ToolCall) -> RunStatus:
        """Start a run and return its status."""
        run = await training.start(tool_call.context, self.arguments(), tool_call.caller)
        return RunStatus.of(await runs.status(tool_call.context, tool_call.caller, run.id))


class Train(TrainingTool):
    """Train a character-level recurrent network on a text, and wait until the run ends.

    For clients that show progress, and for short runs; start_training returns at once. Give text,
    or the name of a text as corpus, or a recipe that has a text of its own. Progress notifications
    carry the run's id, first of all, then its perplexities and samples. The run goes on if the
    connection is lost: run_status follows it by its id, and stop_training ends it.
    """

    title = "Train a model, and wait"

    async def call(self, tool_call: ToolCall) -> RunStatus:
        """Start a run and follow it to its end."""
        context, caller = tool_call.context, tool_call.caller
        run = await training.start(context, self.arguments(), caller)

        progress = 0.0
        total: float | None = None

        async def notify(message: str, seconds: float = 0.0) -> None:
            nonlocal progress
            progress = max(progress + 0.001, seconds)  # it must grow with each notification
            await tool_call.report(progress, total, message)

        await notify(f"Run {run.id} is waiting to begin.")
        async for event in runs.watch(context, run, notify):
            if (remaining := event.get("remaining_seconds")) is not None:
                total = event["seconds"] + remaining
            if message := _progress_message(event, run.id):
                await notify(message, event["seconds"])
        return RunStatus.of(await runs.status(context, caller, run.id))


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


class RunStatusTool(Tool):
    """Say how a training run goes: its state, perplexities, last sample and place in the queue.

    With wait_seconds the answer comes when there is news: another state or place in the queue, a
    new sample, or the end. Give after too, so that what came between two calls counts as news.
    """

    title = "Status of a run"
    result = RunStatus

    run: RunId
    wait_seconds: float = Field(
        0,
        ge=0,
        le=MAX_WAIT_SECONDS,
        description="How long to wait for news at most; 30 is better than asking again and again.",
    )
    after: int | None = Field(
        None, ge=0, description="The events of the answer before: only later ones are news."
    )

    async def call(self, tool_call: ToolCall) -> RunStatus:
        """Return the status of the run."""
        return RunStatus.of(
            await runs.status(
                tool_call.context, tool_call.caller, self.run, self.wait_seconds, self.after
            )
        )


class StopTraining(Tool):
    """End a training run within one step, and keep the model that it has so far."""

    title = "Stop a run"
    result = RunStatus
    read_only = False

    run: RunId

    async def call(self, tool_call: ToolCall) -> RunStatus:
        """Stop the run, and return its status once it has stopped."""
        return RunStatus.of(await runs.stop_and_wait(tool_call.context, tool_call.caller, self.run))
