"""The text that a model was trained on, where it is at hand and the user may read it.

The text of a run belongs to the run's owner, so nobody else can read it here. Everyone can read the
datasets.
"""

from __future__ import annotations

from contextlib import suppress

from ...checkpoint import Checkpoint
from ...checkpoint.dataset_of_model import dataset_corpus, split_as_trained
from ...corpus import Corpus
from ...errors import UserError
from ...runs.run import Run
from .catalog import ModelEntry


def training_corpus(model: ModelEntry, checkpoint: Checkpoint) -> Corpus | None:
    """Return the text that a model was trained on, split as then; None where it is not at hand."""
    with suppress(UserError):
        if model.source == "run":
            return split_as_trained(Run(model.directory.parent).corpus, checkpoint)
        return dataset_corpus(checkpoint)
    return None
