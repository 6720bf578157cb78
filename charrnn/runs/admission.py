"""Admission control: reject runs and uploads that exceed the limits of the app.

The page checks early, to show the message beside the field; `charrnn.runs.manager` checks again.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch

from ..corpus import Corpus
from ..errors import UserError
from ..model import CharRNN, ModelConfig
from ..text import Text
from ..training import TrainingConfig
from ..training.run_log import samples_budget
from .limits import Limits, address_of
from .manifest import configs_of
from .plan import RunPlan
from .run import Run

_MB = 1 << 20
# Copies of the weights in a run's directory: the model; the resume state, with the latest and the
# best weights and Adam's moments; and the resume state again while it is being replaced.
_WEIGHT_COPIES = 9
# In events.jsonl, samples.json and the resume state; the last two twice while being replaced.
_SAMPLE_COPIES = 5
_BASE_BYTES = 2 * _MB  # of any run: log, plot, model card


def check_files(paths: Iterable[Path], limits: Limits) -> None:
    """Raise UserError if the files of one run are larger together than an upload may be."""
    size = sum(path.stat().st_size for path in paths if path.is_file())
    if size > limits.upload_bytes:
        raise UserError(
            "The uploaded files have {size} MB, and the limit for a run here is {most:,} MB. "
            "Choose a part of them.",
            size=_mb(size),
            most=limits.upload_mb,
            field="corpus",
        )


def check_raw_text(text: str, limits: Limits) -> None:
    """Raise UserError if a text is too long even if each of its line ends has two characters.

    This is checked before the text is processed at all.
    """
    if limits.characters is not None and len(text) > 2 * limits.characters:
        check_text(Text(text, "pasted text"), limits)


def check_text(text: Text, limits: Limits) -> None:
    """Raise UserError if a text is longer than allowed."""
    if limits.characters is not None and len(text.text) > limits.characters:
        raise UserError(
            "{text} has {count:,} characters, and the limit here is {most:,}. Choose a part of it.",
            text=text.name,
            count=len(text.text),
            most=limits.characters,
            field="corpus",
        )


def check_plan(plan: RunPlan, limits: Limits) -> None:
    """Raise UserError, naming the setting, if a run is larger or longer than allowed."""
    characters, symbols = len(plan.corpus.ids), plan.trained_corpus.vocabulary.symbol_count
    if limits.characters is not None and characters > limits.characters:
        raise UserError(
            "{text} has {count:,} characters, and the limit here is {most:,}. Choose a part of it.",
            text=plan.corpus.name,
            count=characters,
            most=limits.characters,
            field="corpus",
        )
    if limits.symbols is not None and symbols > limits.symbols:
        raise UserError(
            "{text} has {count:,} different characters, and the limit here is {most:,}. Choose "
            "a text with fewer.",
            text=plan.corpus.name,
            count=symbols,
            most=limits.symbols,
            field="corpus",
        )
    count = parameter_count(plan)
    if limits.parameters is not None and count > limits.parameters:
        raise UserError(
            "This model has {parameters:,} parameters, and the limit here is {most:,}. Use a "
            "smaller hidden_size or fewer layers.",
            parameters=count,
            most=limits.parameters,
            field="hidden_size",
        )
    seconds = plan.training.seconds
    if limits.seconds is not None and seconds is not None and seconds > limits.seconds:
        raise UserError(
            "seconds = {value:g}: a run here may take at most {most:g} seconds. Give fewer; "
            "when it has ended, it can be continued for as long again.",
            value=seconds,
            most=limits.seconds,
            field="seconds",
        )


def check_client(client_id: str, others: Sequence[str], limits: Limits) -> None:
    """Raise UserError if a user may not have another run yet.

    `client_id` identifies the user; `others` has the client ids of all queued and active runs, one
    per run.
    """
    runs = others.count(client_id)
    if limits.runs_per_visitor is not None and runs >= limits.runs_per_visitor:
        raise UserError(
            "You have as many runs waiting or training as are allowed at once ({runs}). Stop "
            "one, or wait until one has ended.",
            runs=runs,
            field="run",
        )
    address = address_of(client_id)
    neighbors = {other for other in others if address_of(other) == address} - {client_id}
    if len(neighbors) >= limits.visitors_per_address:
        raise UserError(
            "As many users from your network have runs waiting or training as are allowed at "
            "once ({users}). Wait until one of these runs has ended.",
            users=len(neighbors),
            field="run",
        )


def check_room(needed: int, used: int, limits: Limits) -> None:
    """Raise UserError if a new run's directory of `needed` bytes does not fit on the disk.

    `used` is the number of bytes that are used or reserved.
    """
    if limits.disk_bytes is not None and used + needed > limits.disk_bytes:
        raise UserError(
            "There is no disk space for another run: it needs {needed} MB, and {used} of "
            "{most:,} MB are in use. Try again later, when older runs have been removed, or use "
            "a smaller text or model.",
            needed=_mb(needed),
            used=_mb(used),
            most=limits.disk_mb,
            field="run",
        )


def check_room_again(needed: int, used: int, limits: Limits) -> None:
    """Raise UserError if the `needed` bytes that a resumed run may write do not fit on the disk.

    `used` is the number of bytes that are used or reserved.
    """
    if limits.disk_bytes is not None and used + needed > limits.disk_bytes:
        raise UserError(
            "There is no disk space to continue this run: it needs {needed} MB, and {used} of "
            "{most:,} MB are in use. Try again later, when older runs have been removed.",
            needed=_mb(needed),
            used=_mb(used),
            most=limits.disk_mb,
            field="run",
        )


def check_star(starred: Iterable[Path], limits: Limits) -> None:
    """Raise UserError if the `starred` runs take more than half of the disk space already.

    Starred runs never expire, and other users need room as well.
    """
    if limits.disk_bytes is not None and sum(map(directory_bytes, starred)) > limits.disk_bytes / 2:
        raise UserError(
            "There is no disk space for more starred runs. Remove the star from another one "
            "first, or download this model.",
            field="run",
        )


def parameter_count(plan: RunPlan) -> int:
    """Return the number of parameters of the plan's model."""
    return _parameters(plan.model, len(plan.trained_corpus.vocabulary))


def _parameters(model: ModelConfig, symbols: int) -> int:
    with torch.device("meta"):
        return CharRNN(model, symbols).parameter_count


def needed_bytes(plan: RunPlan) -> int:
    """Return how many bytes the directory of a run may take."""
    start = 0 if plan.start is None else 4 * plan.start.model.parameter_count
    return start + _needed(plan.trained_corpus, plan.model, plan.training, plan.prefixes)


def remaining_bytes(run: Run) -> int:
    """Return how many bytes more the directory of a run may take when it is resumed."""
    try:
        corpus, (model, training) = run.corpus, configs_of(run.manifest)
        if training.keep_symbols and (start := run.start) is not None:
            corpus = corpus.with_symbols_of(start.vocabulary)
        whole = _needed(corpus, model, training, run.manifest["prefixes"])
    except UserError:  # it cannot resume, and its worker will say why
        whole = 0
    return max(whole - directory_bytes(run.directory), _BASE_BYTES)


def _needed(
    corpus: Corpus, model: ModelConfig, training: TrainingConfig, prefixes: Sequence[str]
) -> int:
    weights = 4 * _parameters(model, len(corpus.vocabulary))
    samples = samples_budget(training, prefixes)
    return corpus.ids.nbytes + _WEIGHT_COPIES * weights + _SAMPLE_COPIES * samples + _BASE_BYTES


def directory_bytes(root: Path) -> int:
    """Return the size in bytes of all files under a directory.

    Files that are deleted during the count are skipped.
    """
    size, left = 0, [str(root)]
    while left:
        try:
            with os.scandir(left.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        left.append(entry.path)
                    else:
                        size += entry.stat(follow_symlinks=False).st_size
        except FileNotFoundError:
            continue
    return size


def _mb(size: int) -> str:
    return f"{max(size / _MB, 0.1):,.1f}"
