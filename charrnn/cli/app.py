"""Command `app`, and the option `--version`."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from .._version import __version__


def open_app(
    host: Annotated[
        str | None,
        typer.Option(
            metavar="HOST",
            help="Address to listen on; 0.0.0.0 for all of this machine.",
            show_default="127.0.0.1",
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=1, max=65535, metavar="PORT", help="Port.", show_default="7860, or the next free"
        ),
    ] = None,
) -> None:
    """Open the page: train, generate, inspect and share."""
    from ..app import create_context, create_demo, serve

    if host is not None:  # Gradio's MCP server reads the host name from there
        os.environ["GRADIO_SERVER_NAME"] = host
    context = create_context()
    serve(create_demo(context), context, host=host, port=port)


def print_version(wanted: bool) -> None:
    """Print the version and exit, if `--version` was given."""
    if wanted:
        print(f"charrnn {__version__}")
        raise typer.Exit
