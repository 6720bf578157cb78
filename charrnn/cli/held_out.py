"""Find the held-out texts of a model's training, for `score --held-out`."""

from __future__ import annotations

from pathlib import Path

from ..checkpoint import Checkpoint
from ..checkpoint.dataset_of_model import dataset_corpus, split_as_trained
from ..corpus import Corpus
from ..errors import UserError
from ..loading import local


def held_out_texts(checkpoint: Checkpoint, name: str) -> list[str]:
    """Return the held-out texts of a model's training: one, or several passages or lines.

    `name` is the path or the name of the model or its run. The text is in the run's directory, or
    comes with charrnn. Raises UserError if there is neither.
    """
    texts = [] if (corpus := _corpus(checkpoint, local(name))) is None else corpus.held_out_texts()
    if not texts:
        raise UserError(
            "The held-out part of {name} is not at hand: give a text file to score.",
            name=name,
            field="text_file",
        )
    return texts


def _corpus(checkpoint: Checkpoint, path: Path) -> Corpus | None:
    """Return the training text of a model at `path`, split as in its training; None if unknown."""
    for directory in (path, path.parent):
        if (directory / "corpus").is_dir() and (directory / "run.json").is_file():
            return split_as_trained(Corpus.open(directory / "corpus"), checkpoint)
    return dataset_corpus(checkpoint)
