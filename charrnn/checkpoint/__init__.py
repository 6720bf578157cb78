"""Save and load checkpoints: safetensors plus JSON metadata, no pickle.

`model.safetensors` holds the weights and, as JSON in its own metadata, everything else that the
model needs: configuration, vocabulary, and how it was made. `config.json` repeats the JSON for
people and for the Hub.

A checkpoint may come from a stranger, so `load` checks it in the order of cost: sizes before bytes
are read, bytes before they are parsed (`charrnn.checkpoint.strict_json`), the configuration before
a model is built, names, shapes and types of the weights before they are loaded, every number before
it is used, and finally that the model's output does not overflow.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_safetensors

from .._version import __version__, other_version
from ..errors import Message, UserError, escape_invisible, os_reason, reason, short_repr
from ..model import CharRNN, ModelConfig, eval_mode
from ..utils import validation
from ..utils.atomic import replace_together
from ..vocabulary import MAX_SYMBOLS, UNKNOWN, Vocabulary, empty_vocabulary_error
from .metadata import proved
from .strict_json import MOST_CONFIG, check_header, configuration, unreadable

WEIGHTS, CONFIG = "model.safetensors", "config.json"
FORMAT = 1  # raise it only where what a file says changes its meaning, not for one more setting
MOST_WEIGHTS = 64 << 20  # bytes of a weights file
LARGEST = (MOST_WEIGHTS - (2 << 20)) // 4  # parameters of a model that is trained, to leave room
_TRIED = (8, 4)  # characters that a model is tried with: so many side by side, so many in a row


@dataclass
class Checkpoint:
    """A model with its vocabulary and its history.

    `about` says what is known of its making, under the keys `name`, `corpus`, `recipe`,
    `training`, `results`, `prefixes`: all optional, all JSON (`charrnn.checkpoint.metadata`).
    """

    model: CharRNN
    vocabulary: Vocabulary
    about: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What people call it."""
        return str(self.about.get("name") or "unnamed")

    @property
    def perplexity(self) -> float | None:
        """Its perplexity on held-out text, or else on its training text; None where unknown."""
        results = self.about.get("results")
        if not isinstance(results, dict):
            return None
        for key in ("validation_perplexity", "train_perplexity"):
            value = results.get(key)
            if isinstance(value, int | float) and not isinstance(value, bool):
                return float(value) if math.isfinite(value) else None
        return None

    def config(self) -> dict[str, Any]:
        """Everything but the weights, as JSON."""
        return {
            "library_name": "charrnn",
            "format": FORMAT,
            "charrnn_version": __version__,
            "model": asdict(self.model.config),
            "symbols": "".join(self.vocabulary.symbols[1:]),
            **self.about,
        }


def save(checkpoint: Checkpoint, directory: str | Path) -> Path:
    """Write `model.safetensors` and `config.json` into `directory`; returns its path.

    Both replace their predecessors as one, and a reader never sees half of a file.

    Raises UserError for a model of no symbols, or of more, or of longer prefixes, than `load`
    takes.
    """
    place = validation.path(directory, "directory")
    replace_together(place, contents(checkpoint))
    return place


def contents(checkpoint: Checkpoint) -> dict[str, bytes]:
    """The files that a checkpoint consists of, by name. Raises UserError as `save` does."""
    validation.checkpoint(checkpoint)
    if len(checkpoint.vocabulary) < 2:
        raise empty_vocabulary_error()
    if len(checkpoint.vocabulary) > MAX_SYMBOLS:
        most = MAX_SYMBOLS - 1  # besides `<unk>`
        raise UserError("A checkpoint holds {most:,} symbols at most.", most=most, field="corpus")
    config = checkpoint.config()
    text = json.dumps(config, ensure_ascii=False)
    weights = {
        name: weight.detach().contiguous() for name, weight in checkpoint.model.state_dict().items()
    }
    blob = to_safetensors(weights, {"format": "pt", "charrnn": text})
    beside = json.dumps(config, ensure_ascii=False, indent=2).encode()
    if len(beside) > MOST_CONFIG:
        raise UserError(
            "A checkpoint's configuration holds {most} MB at most: shorten the prefixes.",
            most=MOST_CONFIG >> 20,
        )
    return {CONFIG: beside, WEIGHTS: blob}


def load(path: str | Path) -> Checkpoint:
    """Open a checkpoint: its directory, or its `.safetensors` file alone.

    Raises UserError, saying what is wrong, for anything that is not a sound charrnn checkpoint.
    """
    path = Path(path)
    try:
        file = _found(path)
        check_header(file)
        with safe_open(file, framework="pt") as weights:
            config = _configuration(weights.metadata())
            vocabulary, model_config = _vocabulary(config), _model_config(config)
            about = proved(config)
            if path.is_dir():
                _agreed(path / CONFIG, config)
            with torch.device("meta"):
                model = CharRNN(model_config, len(vocabulary))
            state = _proved(weights, model)
    except SafetensorError as error:
        raise _refused(unreadable(file)) from error
    except ValueError as error:
        raise _refused(reason(error)) from error
    except OSError as error:
        shown = escape_invisible(str(path), 200)
        why = Message("{path} could not be read ({reason})", path=shown, reason=os_reason(error))
        raise _refused(why) from error
    model.load_state_dict(state, assign=True)
    if not _makes_sense(model.eval()):
        raise _refused(Message("its weights are so large that the model's numbers overflow"))
    return Checkpoint(model, vocabulary, about)


def _found(path: Path) -> Path:
    """The weights file at `path`, if it is no larger than may be: before any of it is believed."""
    file = path / WEIGHTS if path.is_dir() else path
    if not _there(file):
        raise ValueError(
            Message(
                "there is no checkpoint at {path}: give its directory or its model.safetensors",
                path=escape_invisible(str(path), 200),
            )
        )
    if file.stat().st_size > MOST_WEIGHTS:
        size = MOST_WEIGHTS >> 20
        raise ValueError(Message("{what} is larger than {size} MB", what=file.name, size=size))
    return file


def _there(file: Path) -> bool:
    """Whether there is such a file. Raises ValueError for a directory, a pipe, a link to nowhere:
    some of them could be read for ever."""
    there = os.path.lexists(file)
    if there and not file.is_file():
        raise ValueError(Message("{path} is not a file", path=file.name))
    return there


def _agreed(file: Path, config: dict[str, Any]) -> None:
    """Raise ValueError for a `config.json` that is unsound or tells of another model."""
    if not _there(file):
        return
    with file.open("rb") as opened:
        told = configuration(opened.read(MOST_CONFIG + 1), CONFIG)
    same = _completed(told.get("model")) == _completed(config["model"])
    if not same or any(told.get(key) != config[key] for key in ("format", "symbols")):
        raise ValueError(Message("config.json describes another model than model.safetensors"))


def _refused(why: str) -> UserError:
    return UserError("This checkpoint cannot be opened: {why}.", why=why, field="checkpoint")


def _configuration(metadata: dict[str, str] | None) -> dict[str, Any]:
    text = (metadata or {}).get("charrnn")
    if text is None:
        raise ValueError(Message("the file holds weights but no charrnn configuration"))
    config = configuration(text, Message("its configuration"))
    if config.get("format") != FORMAT or isinstance(config["format"], bool):
        found = short_repr(config.get("format"), 20)
        problem = Message("its format is {format}; this charrnn reads 1", format=found)
        raise ValueError(_with_version(problem, config))
    return config


def _with_version(problem: Message, config: dict[str, Any]) -> Message:
    """Name the version of charrnn that wrote a checkpoint, where it is recorded."""
    version = other_version(config.get("charrnn_version"))
    if version is None:
        return problem
    return Message(
        "{problem} (charrnn {theirs} wrote it, and this is {ours})",
        problem=problem,
        theirs=version,
        ours=__version__,
    )


def _vocabulary(config: dict[str, Any]) -> Vocabulary:
    symbols = config.get("symbols")
    if not isinstance(symbols, str):
        raise ValueError(Message("its symbols are not a text, each of them one character"))
    if not symbols:
        raise ValueError(Message("its vocabulary is empty"))
    if len(symbols) >= MAX_SYMBOLS:
        raise ValueError(
            Message(
                "it has {count:,} symbols, and {most:,} are allowed",
                count=len(symbols),
                most=MAX_SYMBOLS - 1,
            )
        )
    return Vocabulary([UNKNOWN, *symbols])


def _model_config(config: dict[str, Any]) -> ModelConfig:
    """Read the model's settings: those that are missing, as from an earlier version, take their
    defaults.

    Raises ValueError for a setting that this version does not know, and for a value out of range.
    """
    model = _completed(config.get("model"))
    if not isinstance(model, dict):
        raise ValueError(
            Message("its model configuration does not have the settings of a charrnn model")
        )
    known = {f.name for f in fields(ModelConfig)}
    if unknown := [name for name in model if name not in known]:
        problem = Message(
            "its model has a setting {name}, which this charrnn does not know",
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
    """Return a model's settings with the missing ones at their defaults."""
    if not isinstance(model, dict):
        return model
    return {f.name: f.default for f in fields(ModelConfig)} | model


def _proved(weights: Any, model: CharRNN) -> dict[str, torch.Tensor]:
    """The weights, if their names, shapes, types and values are those of `model`; else raises
    ValueError."""
    expected = model.state_dict()
    names = list(weights.keys())
    if len(names) != len(expected) or set(names) != set(expected):
        raise ValueError(Message("its weights are not those of the model it describes"))
    for name, parameter in expected.items():
        piece = weights.get_slice(name)
        if tuple(piece.get_shape()) != tuple(parameter.shape):
            raise ValueError(
                Message("{name} has another shape than the model it describes", name=name)
            )
        if piece.get_dtype() != "F32":
            dtype = piece.get_dtype()
            raise ValueError(Message("{name} is {dtype}, not float32", name=name, dtype=dtype))
    state = {name: weights.get_tensor(name) for name in expected}
    for name, weight in state.items():
        if not _finite(weight):
            raise ValueError(Message("{name} holds numbers that are not finite", name=name))
    return state


def _makes_sense(model: CharRNN) -> bool:
    """Whether it says something of what comes after some characters. Finite weights may be so large
    that it cannot, and what it cannot after other texts is told where it writes."""
    rows, columns = _TRIED
    ids = torch.arange(rows * columns).reshape(rows, columns) % model.vocabulary_size
    with eval_mode(model):
        logits, _ = model(ids)
    return _finite(logits)


def _finite(numbers: torch.Tensor) -> bool:
    """Whether all are: what is not shows in the least or the largest of them, NaN in both."""
    return all(map(math.isfinite, torch.stack(torch.aminmax(numbers)).tolist()))
