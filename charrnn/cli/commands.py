"""The commands by name. The module of a command, and with it torch, is imported only to run it.

So `charrnn --help` and the shell's completion of command names answer at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

# For each command its module, the function there, and the first line of the function's docstring.
COMMANDS = {
    "train": ("train", "train", "Train a model on a text."),
    "generate": ("generate", "generate", "Generate text that continues a prefix."),
    "score": ("score", "score", "Measure how well a model predicts a text."),
    "inspect": (
        "inspection", "inspect",
        "Show what surprised a model in a text, and what it expected.",
    ),
    "novelty": (
        "inspection", "novelty",
        "Measure how much of a generated text is copied.",
    ),
    "recipes": (
        "recipes", "recipes",
        "List the recipes, with the results that the textbook published.",
    ),
    "push": ("hub", "push", "Upload a model to the Hub, or update it there."),
    "pull": ("hub", "pull", "Download a model from the Hub."),
    "app": ("app", "open_app", "Open the page: train, generate, inspect and share."),
    "deploy": ("deploy", "deploy_app", "Put this app on the Hub as a Space, or update it there."),
}  # fmt: skip


class Commands(TyperGroup):
    """The group of all commands."""

    def __init__(self, **settings: Any) -> None:
        commands = {name: _Command(name, help=line) for name, (_, _, line) in COMMANDS.items()}
        super().__init__(**settings | {"commands": commands})


class _Command(TyperCommand):
    """A placeholder with the name and the help line of a command, which it imports when used."""

    def make_context(self, *arguments: Any, **settings: Any) -> Any:
        """Import the command, and let it parse or complete its arguments."""
        assert self.name is not None
        return load_command(self.name).make_context(*arguments, **settings)


def load_command(name: str) -> TyperCommand:
    """Import the command of this name."""
    module_name, function, _ = COMMANDS[name]
    module = import_module(f".{module_name}", __package__)
    app = typer.Typer(
        context_settings={"help_option_names": ["-h", "--help"]},
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    command_class = getattr(module, "Command", TyperCommand)
    app.command(name, cls=command_class)(getattr(module, function))
    command = typer.main.get_command(app)
    assert isinstance(command, TyperCommand)
    return command
