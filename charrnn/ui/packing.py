"""A model's checkpoint directory as one .zip to download: its files, by name, and nothing else
that lies there."""

from __future__ import annotations

import re
import tempfile
import zipfile
from pathlib import Path

import gradio as gr

from ..checkpoint import WEIGHTS
from ..errors import UserError
from ..hub.bundle import MOST
from .shelf import Model

_LONGEST = 60  # characters of a file's name


def pack(model: Model, title: str, component: gr.HTML) -> Path:
    """The .zip, named after `title`, among the files that Gradio serves for `component` and removes
    after a while. The same model makes the same file. Raises UserError if the model is gone."""
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / f"{_named(title)}.zip"
        with zipfile.ZipFile(file, "w") as archive:  # stored: weights hardly get any smaller
            for name in MOST:
                try:
                    data = (model.directory / name).read_bytes()
                except FileNotFoundError:
                    if name == WEIGHTS:
                        raise UserError("This model is not here any more.") from None
                    continue
                archive.writestr(zipfile.ZipInfo(name), data)  # dated 1980, whenever it is made
        served = component.move_resource_to_block_cache(file)
    assert served is not None
    return Path(served)


def _named(title: str) -> str:
    """A file's name that every system takes."""
    return re.sub(r"[^\w-]+", "-", title)[:_LONGEST].strip("-_") or "model"
