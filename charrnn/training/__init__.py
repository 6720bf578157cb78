"""Training: `TrainingConfig`, and `train(...)`, a generator of events.

It knows no screen and no process: a caller iterates over the events, and stops the run through
`commands`. The events are those of `events.jsonl`: `start`, `progress`, `sample`, `note`,
`checkpoint` and `end`, each a JSON object with the seconds since the run began.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import torch

from ..checkpoint import Checkpoint
from ..checkpoint.format import MAX_PARAMETERS
from ..corpus import Corpus
from ..errors import Message, UserError
from ..model import CharRNN, ModelConfig
from ..ngrams.soft_targets import MAX_PROBABILITIES
from ..utils.process import available_cores
from ..utils.validation import as_instance, as_path, as_texts, check_checkpoint
from .config import TrainingConfig
from .events import Clock, Commands, Event, MaxThreads, settings_reader, stored_event
from .minibatches import make_minibatches
from .resume_state import RESUME_FILE
from .schedule import Segment
from .trainer import Trainer
from .transfer import check_architecture

__all__ = [
    "Commands",
    "Event",
    "MaxThreads",
    "Segment",
    "TrainingConfig",
    "check_fit",
    "check_threads",
    "settings_reader",
    "stored_event",
    "train",
]

_MAX_GRAPH_CHARACTERS = 200_000  # that one gradient may reach back over


def train(
    corpus: Corpus,
    model: ModelConfig | None = None,
    training: TrainingConfig | None = None,
    *,
    recipe: str = "custom",
    prefixes: str | Sequence[str] = ("",),
    start: Checkpoint | None = None,
    directory: str | Path | None = None,
    resume: bool = False,
    segment: Segment | None = None,
    commands: Commands = set,
    max_threads: MaxThreads = lambda: None,
    clock: Clock = time.monotonic,
) -> Iterator[Event]:
    """Train a model on a corpus; yields events until one named `end`.

    `directory` receives the checkpoint (`checkpoint/`, replaced as the model improves) and what is
    needed to `resume` bit for bit; without one nothing is saved. Samples continue each of
    `prefixes`. `segment` is where a continued run begins.

    `start` is a checkpoint to begin with, instead of random weights: its symbols are matched by
    character. Then `model`, if given, must have its architecture. A run is resumed with the same
    `start`.

    After every minibatch `commands` returns any of `"stop"` and `"sample"`. Before every minibatch
    `max_threads` returns how many threads to compute on at most, None for no bound.
    `clock` returns seconds; schedules, time budgets and saves go by it.

    The held-out part of the corpus is evaluated and never trained on; the configuration's
    `validation` and `holdout`, if given, override which part that is.

    Raises UserError, before the first event, if the corpus does not suit the configuration, and for
    a directory that holds a run which is not to be resumed.
    """
    as_instance(
        corpus, Corpus, "corpus", Message("give a Corpus; Corpus.from_text makes one from a text")
    )
    if start is not None:
        check_checkpoint(start, "start")
        model = start.model.config if model is None else model
    model = (
        ModelConfig()
        if model is None
        else as_instance(model, ModelConfig, "model", Message("give a ModelConfig"))
    )
    training = TrainingConfig() if training is None else training
    as_instance(training, TrainingConfig, "training", Message("give a TrainingConfig"))
    corpus = corpus.with_validation(training.validation, training.holdout, training.seed)
    training = replace(training, validation=corpus.validation, holdout=corpus.holdout)
    if start is not None:
        check_architecture(start, model)
        if training.keep_symbols:
            corpus = corpus.with_symbols_of(start.vocabulary)
    corpus = corpus.with_documents(training.documents, training.seed)
    check_fit(corpus, model, training)
    if not resume:  # a run may be resumed on fewer cores
        check_threads(training)
    place = None if directory is None else as_path(directory, "directory")
    if place is not None and not resume:
        _check_unused(place)
    trainer = Trainer(
        corpus,
        model,
        training,
        recipe=recipe,
        prefixes=as_texts(prefixes, "prefixes"),
        directory=place,
        commands=commands,
        max_threads=max_threads,
        clock=clock,
        start=start,
    )
    return trainer.run(resume=resume, segment=segment or Segment())


def check_fit(corpus: Corpus, model: ModelConfig, training: TrainingConfig) -> None:
    """Raise UserError, naming the setting, if a corpus and the configurations do not fit together.

    For example: a text too short for one minibatch, a model too large for a checkpoint, a graph or
    soft targets too large for memory, a run without an end, a GPU that is not there.
    """
    characters = len(corpus.training)
    if training.documents != "none" and model.bidirectional:
        raise UserError(
            "documents = {kind} needs a model that reads forward only: set bidirectional = false.",
            kind=training.documents,
            field="documents",
        )
    make_minibatches(corpus, training, 0)
    with torch.device("meta"):
        parameters = CharRNN(model, len(corpus.vocabulary)).parameter_count
    if parameters > MAX_PARAMETERS:
        raise UserError(
            "This model has {parameters:,} parameters, and a checkpoint can hold at most "
            "{most:,}. Use a smaller hidden_size or fewer layers.",
            parameters=parameters,
            most=MAX_PARAMETERS,
            field="hidden_size",
        )
    if training.device == "cuda":
        _check_gpu(model)
    if training.truncate == "epoch" and characters > _MAX_GRAPH_CHARACTERS:
        raise UserError(
            "truncate = epoch keeps the graph of {characters:,} characters in memory; at most "
            "{most:,} are allowed. Use a shorter text or truncate = minibatch.",
            characters=characters,
            most=_MAX_GRAPH_CHARACTERS,
            field="truncate",
        )
    symbols = corpus.vocabulary.symbol_count
    if training.smoothing and characters * symbols > MAX_PROBABILITIES:
        raise UserError(
            "smoothing stores a number for each pair of {characters:,} characters and "
            "{symbols:,} symbols, and at most {most:,} are allowed. Use a shorter text or "
            "smoothing = 0.",
            characters=characters,
            symbols=symbols,
            most=MAX_PROBABILITIES,
            field="smoothing",
        )
    if training.open_ended and len(corpus.held_out) < 2:
        raise UserError(
            "Without epochs or seconds a run ends when the held-out perplexity stops improving, "
            "but nothing is held out: set validation, epochs or seconds.",
            field="validation",
        )


def _check_unused(directory: Path) -> None:
    """Raise UserError if the directory holds a run that has saved anything."""
    if (directory / RESUME_FILE).exists() or (directory / "checkpoint").exists():
        raise UserError(
            "{directory} already holds a run. Resume it (resume=True), or choose another "
            "directory.",
            directory=directory,
            field="directory",
        )


def check_threads(training: TrainingConfig) -> None:
    """Raise UserError for more threads than this machine has cores.

    Far more threads than the system has room for would crash the process in the OpenMP library.
    """
    cores = available_cores()
    if training.threads is not None and training.threads > cores:
        raise UserError(
            "threads = {count:,}: this machine has {cores:,} CPU cores. Give at most that many, or "
            "none to let the size of the model decide.",
            count=training.threads,
            cores=cores,
            field="threads",
        )


def _check_gpu(model: ModelConfig) -> None:
    if not torch.cuda.is_available():
        raise UserError("There is no GPU here: choose device = cpu.", field="device")
    if model.implementation == "fast":
        raise UserError("On a GPU choose implementation = torch.", field="implementation")
