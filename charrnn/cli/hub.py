"""Commands `push` and `pull`: upload a model to the Hub, and download one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import bundled_models
from .output import note, show_transfer


def push(
    checkpoint: Annotated[
        str,
        typer.Argument(
            metavar="CHECKPOINT",
            help="A model's or a run's directory, a .safetensors file, or the name of a model that "
            "comes with charrnn.",
            autocompletion=bundled_models,
        ),
    ],
    model: Annotated[
        str, typer.Argument(metavar="OWNER/NAME", help="Name of the model on the Hub.")
    ],
    private: Annotated[
        bool, typer.Option("--private", help="Create it as private; a public one is refused.")
    ] = False,
    license: Annotated[
        str | None, typer.Option("--license", help="License of the model, such as mit.")
    ] = None,
    space: Annotated[
        str | None,
        typer.Option(metavar="OWNER/NAME", help="A Space with this app, for the card to link to."),
    ] = None,
    push_line_hashes: Annotated[
        bool,
        typer.Option(
            "--push-line-hashes",
            help="Upload the hashes of the lines that it was trained on as well, by which others "
            "see which of its lines are new. Names and other short lines can be guessed from them.",
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List what would be uploaded, without uploading it.")
    ] = False,
) -> None:
    """Upload a model to the Hub, or update it there."""
    from .. import hub
    from ..loading import local

    hub.quiet()
    directory = local(checkpoint)
    hashes = push_line_hashes
    for file in hub.preview_push(
        directory, model, license=license, space=space, line_hashes=hashes
    ):
        note(f"{file.name:18}{file.size:>12,} bytes")
    note("the training text is not uploaded, but a model can recite it")
    if hashes:
        note("names and other short lines can be guessed from their hashes")
    if dry_run:
        return
    with show_transfer("uploading") as progress:
        pushed = hub.push(
            directory, model, private=private, token=None, license=license, space=space,
            line_hashes=hashes, progress=progress,
        )  # fmt: skip
    if pushed.card_kept:
        note("the text of the model card on the Hub is its owner's, so it was left as it is")
    print(pushed.url)


def pull(
    model: Annotated[
        str, typer.Argument(metavar="OWNER/NAME[@REVISION]", help="A model on the Hub.")
    ],
    directory: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="Directory to put it in: a new one, or an empty one."),
    ],
) -> None:
    """Download a model from the Hub."""
    from .. import hub
    from ..text.datasets.download import cache_directory
    from .export import check_destination, copy_checkpoint

    hub.quiet()
    check_destination(directory, apart_from=cache_directory(), called="DIR")
    with show_transfer("downloading") as progress:
        found = hub.pull(model, progress=progress)
    copy_checkpoint(found, directory)
    print(f"Saved in {directory}")
