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
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_safetensors

from .._version import __version__, other_version
from ..corpus.documents import KINDS
from ..errors import Message, UserError, escape_invisible, os_reason, reason, short_repr
from ..model import CharRNN, ModelConfig, eval_mode
from ..utils import validation
from ..utils.atomic import atomic_write_many
from ..utils.notebook import html_table
from ..vocabulary import MAX_SYMBOLS, UNKNOWN, Vocabulary, empty_vocabulary_error
from .known_lines import LINE_HASHES, KnownLines
from .metadata import validate_metadata
from .pretrained import PretrainedMethods
from .strict_json import MAX_CONFIG_BYTES, check_header, parse_json_object, unreadable

if TYPE_CHECKING:
    from .source import ModelSource

WEIGHTS, CONFIG = "model.safetensors", "config.json"
# Increment it only when an existing field changes its meaning; a new setting does not count.
# Format 2 is format 1 with weights of half the size, which earlier versions could not read.
FORMAT, HALF_FORMAT = 1, 2
DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
# By format, the types of weights as a safetensors file names them.
_DTYPES_BY_FORMAT = {
    FORMAT: {"F32": "float32"},
    HALF_FORMAT: {"F16": "float16", "BF16": "bfloat16"},
}
MAX_WEIGHTS_BYTES = 64 << 20  # of a weights file
MAX_PARAMETERS = (MAX_WEIGHTS_BYTES - (2 << 20)) // 4  # of a model; the rest is for its metadata
_TRIAL_SHAPE = (8, 4)  # (B, T) of the ids with which a model is tried


@dataclass(repr=False)
class Checkpoint(PretrainedMethods):
    """A model with its vocabulary and its metadata.

    `about` is the metadata, which says how the model was made, under the keys `name`, `corpus`,
    `recipe`, `training`, `results`, `recitation`, `prefixes` and `started_from`: all optional, all
    JSON (`charrnn.checkpoint.metadata`). `dtype` is the type of the weights in a file, one of
    `DTYPES`; in memory they are float32. `source` is where it was opened from, None if that is
    unknown; it is not saved. `known_lines` are the lines that it was trained on, None if that is
    unknown.
    """

    model: CharRNN
    vocabulary: Vocabulary
    about: dict[str, Any] = field(default_factory=dict)
    dtype: str = "float32"
    source: ModelSource | None = None
    known_lines: KnownLines | None = None

    @property
    def name(self) -> str:
        """The model's name."""
        return str(self.about.get("name") or "unnamed")

    @property
    def documents(self) -> str:
        """What the model reads each from a zero state: "lines" or another, "none" for one text."""
        training = self.about.get("training")
        kind = training.get("documents") if isinstance(training, dict) else None
        return kind if kind in KINDS else "none"

    @property
    def perplexity(self) -> float | None:
        """The perplexity on held-out text, or else on the training text; None if unknown."""
        results = self.about.get("results")
        if not isinstance(results, dict):
            return None
        for key in ("validation_perplexity", "train_perplexity"):
            value = results.get(key)
            if isinstance(value, int | float) and not isinstance(value, bool):
                return float(value) if math.isfinite(value) else None
        return None

    def __repr__(self) -> str:
        model = f"{self.model.config.label}, {self.vocabulary.symbol_count:,} symbols"
        known = "" if self.perplexity is None else f", perplexity {self.perplexity:.4g}"
        return f"<Checkpoint {short_repr(self.name)}: {model}{known}>"

    def _repr_html_(self) -> str:
        corpus = self.about.get("corpus")
        rows = {
            "model": self.model.config.label,
            "parameters": self.model.parameter_count,
            "symbols": self.vocabulary.symbol_count,
            "trained on": corpus.get("name") if isinstance(corpus, dict) else None,
            "perplexity": self.perplexity,
        }
        return html_table(self.name, rows)

    def config(self) -> dict[str, Any]:
        """Return everything but the weights, as JSON."""
        return {
            "library_name": "charrnn",
            "format": FORMAT if self.dtype == "float32" else HALF_FORMAT,
            "charrnn_version": __version__,
            "model": asdict(self.model.config),
            "symbols": "".join(self.vocabulary.symbols[1:]),
            **self.about,
        }


def save(checkpoint: Checkpoint, directory: str | Path, *, dtype: str | None = None) -> Path:
    """Write `model.safetensors` and `config.json` into `directory`, and return its path.

    `dtype` is `float32`, or `float16` or `bfloat16` for a file of half the size, whose weights are
    rounded; by default that of the file that the checkpoint comes from, and float32 for a new one.
    The files, with hashes of known lines as a third, are replaced in one step, and a reader never
    sees half of one.

    Raises UserError for a model without symbols, for more symbols or longer prefixes than `load`
    accepts, and for weights that `dtype` cannot hold.
    """
    place = validation.as_path(directory, "directory")
    validation.check_checkpoint(checkpoint)
    chosen = checkpoint if dtype is None else replace(checkpoint, dtype=dtype)
    atomic_write_many(place, serialize(chosen))
    return place


def serialize(checkpoint: Checkpoint) -> dict[str, bytes]:
    """Return the files of a checkpoint by name. Raises UserError as `save`."""
    validation.check_checkpoint(checkpoint)
    dtype = checkpoint.dtype
    if dtype not in DTYPES:
        raise UserError(
            "dtype = {value}: choose one of {choices}.",
            value=short_repr(dtype, 20),
            choices=", ".join(DTYPES),
            field="dtype",
        )
    stored = DTYPES[dtype]
    if len(checkpoint.vocabulary) < 2:
        raise empty_vocabulary_error()
    if len(checkpoint.vocabulary) > MAX_SYMBOLS:
        most = MAX_SYMBOLS - 1  # besides `<unk>`
        raise UserError(
            "A checkpoint can hold at most {most:,} symbols: use a text with fewer "
            "different characters.",
            most=most,
            field="corpus",
        )
    config = checkpoint.config()
    text = json.dumps(config, ensure_ascii=False)
    weights = {
        name: weight.detach().to(stored).contiguous()
        for name, weight in checkpoint.model.state_dict().items()
    }
    if dtype != "float32" and not all(map(_finite, weights.values())):
        raise UserError(
            "The weights are too large for {dtype}: save them as float32.",
            dtype=dtype,
            field="dtype",
        )
    blob = to_safetensors(weights, {"format": "pt", "charrnn": text})
    beside = json.dumps(config, ensure_ascii=False, indent=2).encode()
    if len(beside) > MAX_CONFIG_BYTES:
        raise UserError(
            "A checkpoint's configuration can have at most {most} MB: shorten the prefixes.",
            most=MAX_CONFIG_BYTES >> 20,
        )
    lines = checkpoint.known_lines
    return {CONFIG: beside, WEIGHTS: blob} | ({LINE_HASHES: lines.serialize()} if lines else {})


def load(path: str | Path) -> Checkpoint:
    """Open a checkpoint: its directory, or its `.safetensors` file alone.

    Raises UserError, saying what is wrong, for anything that is not a valid charrnn checkpoint.
    """
    path = Path(path)
    try:
        file = _weights_file(path)
        check_header(file)
        with safe_open(file, framework="pt") as weights:
            config = _read_config(weights.metadata())
            vocabulary, model_config = _vocabulary(config), _model_config(config)
            metadata = validate_metadata(config)
            if path.is_dir():
                _check_agreement(path / CONFIG, config)
            known_lines = KnownLines.load(path / LINE_HASHES) if path.is_dir() else None
            with torch.device("meta"):
                model = CharRNN(model_config, len(vocabulary))
            dtype, state = _checked_weights(weights, model, _DTYPES_BY_FORMAT[config["format"]])
    except SafetensorError as error:
        raise _load_error(unreadable(file)) from error
    except ValueError as error:
        raise _load_error(reason(error)) from error
    except OSError as error:
        shown = escape_invisible(str(path), 200)
        why = Message("{path} could not be read ({reason})", path=shown, reason=os_reason(error))
        raise _load_error(why) from error
    model.load_state_dict(state, assign=True)
    if not _output_is_finite(model.eval()):
        raise _load_error(Message("its weights are so large that the model's numbers overflow"))
    return Checkpoint(model, vocabulary, metadata, dtype, known_lines=known_lines)


def _weights_file(path: Path) -> Path:
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
    """Return whether there is such a file.

    Raises ValueError for a directory, a pipe or a dangling link: some could be read for ever.
    """
    there = os.path.lexists(file)
    if there and not file.is_file():
        raise ValueError(Message("{path} is not a file", path=file.name))
    return there


def _check_agreement(file: Path, config: dict[str, Any]) -> None:
    """Raise ValueError for a `config.json` that is invalid or describes another model."""
    if not _is_there(file):
        return
    with file.open("rb") as opened:
        described = parse_json_object(opened.read(MAX_CONFIG_BYTES + 1), CONFIG)
    same = _completed(described.get("model")) == _completed(config["model"])
    if not same or any(described.get(key) != config[key] for key in ("format", "symbols")):
        raise ValueError(Message("config.json and model.safetensors describe different models"))


def _load_error(why: str) -> UserError:
    return UserError("This checkpoint cannot be opened: {why}.", why=why, field="checkpoint")


def _read_config(metadata: dict[str, str] | None) -> dict[str, Any]:
    text = (metadata or {}).get("charrnn")
    if text is None:
        raise ValueError(Message("the file holds weights but no charrnn configuration"))
    config = parse_json_object(text, Message("its configuration"))
    known = config.get("format")
    if type(known) is not int or known not in _DTYPES_BY_FORMAT:
        problem = Message(
            "its format is {format}, and this version of charrnn reads formats 1 to {own}",
            format=short_repr(known, 20),
            own=max(_DTYPES_BY_FORMAT),
        )
        raise ValueError(_with_version(problem, config))
    return config


def _with_version(problem: Message, config: dict[str, Any]) -> Message:
    """Name the version of charrnn that wrote a checkpoint, where it is recorded."""
    version = other_version(config.get("charrnn_version"))
    if version is None:
        return problem
    return Message(
        "{problem} (charrnn {theirs} wrote it; this is {ours})",
        problem=problem,
        theirs=version,
        ours=__version__,
    )


def _vocabulary(config: dict[str, Any]) -> Vocabulary:
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


def _model_config(config: dict[str, Any]) -> ModelConfig:
    """Read the model's settings; missing ones, as from an earlier version, take their defaults.

    Raises ValueError for a setting that this version does not know, and UserError for a value out
    of range.
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
    """Return a model's settings with the missing ones at their defaults."""
    if not isinstance(model, dict):
        return model
    return {f.name: f.default for f in fields(ModelConfig)} | model


def _checked_weights(
    weights: Any, model: CharRNN, dtypes: dict[str, str]
) -> tuple[str, dict[str, torch.Tensor]]:
    """Return the weights' type and, as float32, the weights themselves.

    `dtypes` has the types that the file's format allows. Raises ValueError if names, shapes, types
    or values do not fit `model`.
    """
    expected = model.state_dict()
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
    if model.parameter_count > MAX_PARAMETERS:
        raise ValueError(
            Message("its model has more than {most:,} parameters", most=MAX_PARAMETERS)
        )
    if len(found) != 1:
        raise ValueError(Message("its weights are of several types"))
    state = {name: weights.get_tensor(name).float() for name in expected}
    for name, weight in state.items():
        if not _finite(weight):
            raise ValueError(Message("{name} holds numbers that are not finite", name=name))
    return found.pop(), state


def _output_is_finite(model: CharRNN) -> bool:
    """Return whether the model's logits after some characters are finite.

    Finite weights may be so large that they are not. Overflow after other texts shows when the
    model generates.
    """
    rows, columns = _TRIAL_SHAPE
    ids = torch.arange(rows * columns).reshape(rows, columns) % model.vocabulary_size
    with eval_mode(model):
        logits, _ = model(ids)
    return _finite(logits)


def _finite(numbers: torch.Tensor) -> bool:
    """Return whether all numbers are finite: the least and the largest show it, NaN in both."""
    return all(map(math.isfinite, torch.stack(torch.aminmax(numbers)).tolist()))
