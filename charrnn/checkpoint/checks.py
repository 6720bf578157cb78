"""Check a stranger's checkpoint, the cheapest checks first.

1. The sizes of files, before they are read.
2. Their bytes, before they are parsed (`strict_json.py`).
3. The configuration, before a model is built.
4. Names, shapes and types of the weights, before they are loaded.
5. Every weight, before it is used: it must be finite.
6. The model's output on a few ids: it must be finite too.

Most failures raise ValueError with a `Message`, which `load` turns into a UserError.
"""

from __future__ import annotations

import math
import os
from dataclasses import fields
from pathlib import Path
from typing import Any

import torch

from .._version import __version__, other_version
from ..errors import Message, UserError, escape_invisible, short_repr
from ..model import CharRNN, ModelConfig, eval_mode
from ..vocabulary import MAX_SYMBOLS, UNKNOWN, Vocabulary
from .format import CONFIG, DTYPES_BY_FORMAT, MAX_PARAMETERS, MAX_WEIGHTS_BYTES, WEIGHTS
from .strict_json import MAX_CONFIG_BYTES, parse_json_object

_TRIAL_SHAPE = (8, 4)  # (B, T) of the ids that a model is tried on


def find_weights_file(path: Path) -> Path:
    """Return the weights file at `path`. Raises ValueError if there is none or it is too large."""
    file = path / WEIGHTS if path.is_dir() else path
    if not _is_there(file):
        raise ValueError(
            Message(
                "there is no checkpoint at {path}: give its directory or its model.safetensors",
                path=escape_invisible(str(path), 200),
            )
        )
    if file.stat().st_size > MAX_WEIGHTS_BYTES:
        size = MAX_WEIGHTS_BYTES >> 20
        raise ValueError(Message("{what} is larger than {size} MB", what=file.name, size=size))
    return file


def _is_there(file: Path) -> bool:
    """Return whether a file exists.

    Raises ValueError for a directory, a dangling link, and a pipe, which could be read forever.
    """
    there = os.path.lexists(file)
    if there and not file.is_file():
        raise ValueError(Message("{path} is not a file", path=file.name))
    return there


def check_agreement(file: Path, config: dict[str, Any]) -> None:
    """Raise ValueError for a `config.json` that is invalid or disagrees with `config`.

    It may be missing.
    """
    if not _is_there(file):
        return
    with file.open("rb") as opened:
        described = parse_json_object(opened.read(MAX_CONFIG_BYTES + 1), CONFIG)
    same = _completed(described.get("model")) == _completed(config["model"])
    if not same or any(described.get(key) != config[key] for key in ("format", "symbols")):
        raise ValueError(Message("config.json and model.safetensors describe different models"))


def read_config(metadata: dict[str, str] | None) -> dict[str, Any]:
    """Parse the JSON in the metadata of a safetensors file.

    Raises ValueError if there is none, or its format is unknown.
    """
    text = (metadata or {}).get("charrnn")
    if text is None:
        raise ValueError(Message("the file holds weights but no charrnn configuration"))
    config = parse_json_object(text, Message("its configuration"))
    known = config.get("format")
    if type(known) is not int or known not in DTYPES_BY_FORMAT:
        problem = Message(
            "its format is {format}, and this version of charrnn reads formats 1 to {own}",
            format=short_repr(known, 20),
            own=max(DTYPES_BY_FORMAT),
        )
        raise ValueError(_with_version(problem, config))
    return config


def _with_version(problem: Message, config: dict[str, Any]) -> Message:
    """Add to a message which version of charrnn wrote the checkpoint, if another one did."""
    version = other_version(config.get("charrnn_version"))
    if version is None:
        return problem
    return Message(
        "{problem} (charrnn {theirs} wrote it; this is {ours})",
        problem=problem,
        theirs=version,
        ours=__version__,
    )


def read_vocabulary(config: dict[str, Any]) -> Vocabulary:
    """Return the vocabulary. Raises ValueError if it is missing, empty or too large."""
    symbols = config.get("symbols")
    if not isinstance(symbols, str):
        raise ValueError(Message("its symbols are not a text of single characters"))
    if not symbols:
        raise ValueError(Message("its vocabulary is empty"))
    if len(symbols) >= MAX_SYMBOLS:
        raise ValueError(
            Message(
                "it has {count:,} symbols, and at most {most:,} are allowed",
                count=len(symbols),
                most=MAX_SYMBOLS - 1,
            )
        )
    return Vocabulary([UNKNOWN, *symbols])


def read_model_config(config: dict[str, Any]) -> ModelConfig:
    """Return the model's configuration.

    Settings that an earlier version did not have take their defaults. Raises ValueError for a
    setting that this version does not know, and UserError for a value out of range.
    """
    model = _completed(config.get("model"))
    if not isinstance(model, dict):
        raise ValueError(
            Message("its model configuration does not have the settings of a charrnn model")
        )
    known = {f.name for f in fields(ModelConfig)}
    if unknown := [name for name in model if name not in known]:
        problem = Message(
            "its model has a setting {name} that this version of charrnn does not know",
            name=short_repr(unknown[0], 40),
        )
        raise ValueError(_with_version(problem, config))
    try:
        return ModelConfig(**model)
    except UserError as error:
        raise UserError(
            "This checkpoint cannot be opened: {sentence}",
            sentence=error.message,
            field="checkpoint",
        ) from error


def _completed(model: object) -> object:
    """Return settings with the missing ones at their defaults; anything but an object as it is."""
    if not isinstance(model, dict):
        return model
    return {f.name: f.default for f in fields(ModelConfig)} | model


def read_weights(
    weights: Any, model: CharRNN, dtypes: dict[str, str]
) -> tuple[str, dict[str, torch.Tensor]]:
    """Return the type of the weights in a file, and the weights by name, as float32.

    `weights` is a file opened by `safe_open`, and `dtypes` maps the types that its format allows,
    by their names in safetensors, to our names. Raises ValueError if names, shapes, types or values
    do not fit `model`.
    """
    expected = model.state_dict()
    found = _check_tensors(weights, expected, dtypes)
    if model.parameter_count > MAX_PARAMETERS:
        raise ValueError(
            Message("its model has more than {most:,} parameters", most=MAX_PARAMETERS)
        )
    if len(found) != 1:
        raise ValueError(Message("its weights are of several types"))
    state = {name: weights.get_tensor(name).float() for name in expected}
    for name, weight in state.items():
        if not is_finite(weight):
            raise ValueError(Message("{name} holds numbers that are not finite", name=name))
    return found.pop(), state


def _check_tensors(
    weights: Any, expected: dict[str, torch.Tensor], dtypes: dict[str, str]
) -> set[str]:
    """Return the types of the weights. Raises ValueError for a wrong name, shape or type."""
    names = list(weights.keys())
    if len(names) != len(expected) or set(names) != set(expected):
        raise ValueError(Message("its weights do not match the model it describes"))
    found: set[str] = set()
    for name, parameter in expected.items():
        piece = weights.get_slice(name)
        if tuple(piece.get_shape()) != tuple(parameter.shape):
            raise ValueError(
                Message("the shape of {name} does not match the model it describes", name=name)
            )
        if (dtype := piece.get_dtype()) not in dtypes:
            raise ValueError(
                Message(
                    "{name} is {dtype}, not {expected}",
                    name=name,
                    dtype=dtype,
                    expected=" / ".join(dtypes.values()),
                )
            )
        found.add(dtypes[dtype])
    return found


def output_is_finite(model: CharRNN) -> bool:
    """Return whether the model's logits after a few characters are finite.

    Finite weights may be so large that they are not. Overflow on other texts shows when the model
    reads or generates them.
    """
    rows, columns = _TRIAL_SHAPE
    ids = torch.arange(rows * columns).reshape(rows, columns) % model.vocabulary_size
    with eval_mode(model):
        logits, _ = model(ids)
    return is_finite(logits)


def is_finite(numbers: torch.Tensor) -> bool:
    """Return whether all numbers are finite: the minimum and the maximum are NaN if one is."""
    return all(map(math.isfinite, torch.stack(torch.aminmax(numbers)).tolist()))
