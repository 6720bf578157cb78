"""Checkpoints: a trained model in one safetensors file, and the way back from a stranger's.

`model.safetensors` holds the weights, and in its metadata, as JSON, everything else that the model
needs: configuration, vocabulary, where it came from. `config.json` beside it says the same for
people. Nothing is pickled. A checkpoint is a stranger's until proved sound: sizes are checked
before bytes are read, the configuration before a model is built, names, shapes and types of the
weights before they are loaded, and every number before it is used.
"""

from __future__ import annotations

import json
import math
import struct
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_safetensors

from .errors import UserError, quoted, visible
from .files import replace_together
from .history import finite, proved
from .model import CharRNN, ModelConfig
from .vocabulary import MOST_SYMBOLS, UNKNOWN, Vocabulary

WEIGHTS, CONFIG = "model.safetensors", "config.json"
FORMAT = 1
_LARGEST = 64 << 20  # bytes of a weights file
LARGEST = (_LARGEST - (2 << 20)) // 4  # parameters of a model that is trained, to leave room
_HEADER = 4 << 20  # bytes of a weights file that come before its numbers


@dataclass
class Checkpoint:
    """A model with its vocabulary and its history.

    `about` says what is known of its making, under the keys `name`, `corpus`, `recipe`,
    `training`, `results`, `prefixes`: all optional, all JSON (`charrnn.history`).
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
            "model": asdict(self.model.config),
            "symbols": "".join(self.vocabulary.symbols[1:]),
            **self.about,
        }


def save(checkpoint: Checkpoint, directory: str | Path) -> Path:
    """Write `model.safetensors` and `config.json` into `directory`; returns its path.

    Both replace their predecessors as one, and a reader never sees half of a file.

    Raises UserError for a model of more symbols than `load` takes.
    """
    directory = Path(directory)
    replace_together(directory, contents(checkpoint))
    return directory


def contents(checkpoint: Checkpoint) -> dict[str, bytes]:
    """The files that a checkpoint consists of, by name. Raises UserError as `save` does."""
    if len(checkpoint.vocabulary) > MOST_SYMBOLS:
        raise UserError(f"A checkpoint holds {MOST_SYMBOLS:,} symbols at most.", field="corpus")
    config = checkpoint.config()
    text = json.dumps(config, ensure_ascii=False)
    weights = {
        name: weight.detach().contiguous() for name, weight in checkpoint.model.state_dict().items()
    }
    blob = to_safetensors(weights, {"format": "pt", "charrnn": text})
    return {CONFIG: json.dumps(config, ensure_ascii=False, indent=2).encode(), WEIGHTS: blob}


def load(path: str | Path) -> Checkpoint:
    """Open a checkpoint: its directory, or its `.safetensors` file alone.

    Raises UserError, saying what is wrong, for anything that is not a sound charrnn checkpoint.
    """
    file = _found(Path(path))
    try:
        with safe_open(file, framework="pt") as weights:
            config = _parsed((weights.metadata() or {}).get("charrnn"))
            vocabulary, model_config = _vocabulary(config), _model_config(config)
            about = _history(config)
            with torch.device("meta"):
                model = CharRNN(model_config, len(vocabulary))
            state = _proved(weights, model)
    except (SafetensorError, OSError) as error:
        raise _refused(f"{file.name} is not a readable safetensors file") from error
    model.load_state_dict(state, assign=True)
    return Checkpoint(model.eval(), vocabulary, about)


def _found(path: Path) -> Path:
    """The weights file at `path`, if it is no larger than may be: before any of it is believed."""
    try:
        file = path / WEIGHTS if path.is_dir() else path
        if not file.is_file():
            raise _refused(f"there is no checkpoint at {path}: give its directory or its {WEIGHTS}")
        if (size := file.stat().st_size) > _LARGEST:
            raise _refused(f"{file.name} is larger than {_LARGEST >> 20} MB")
        with file.open("rb") as opened:
            beginning = opened.read(8)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise _refused(f"{visible(str(path), 200)} could not be read ({why})") from error
    length = struct.unpack("<Q", beginning)[0] if len(beginning) == 8 else 0
    if _HEADER < length <= size:
        raise _refused(f"its description is larger than {_HEADER >> 20} MB")
    return file


def _refused(why: str) -> UserError:
    return UserError(f"This checkpoint cannot be opened: {why}.", field="checkpoint")


def _parsed(text: str | None) -> dict[str, Any]:
    if text is None:
        raise _refused("the file holds weights but no charrnn configuration")
    try:
        config = json.loads(text, parse_constant=_no_constant, parse_float=finite)
    except (ValueError, RecursionError) as error:
        raise _refused("its configuration is not valid JSON") from error
    if not isinstance(config, dict):
        raise _refused("its configuration is not a JSON object")
    if config.get("format") != FORMAT or isinstance(config["format"], bool):
        raise _refused(f"its format is {quoted(config.get('format'), 20)}; this charrnn reads 1")
    return config


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _vocabulary(config: dict[str, Any]) -> Vocabulary:
    symbols = config.get("symbols")
    if not isinstance(symbols, str):
        raise _refused("it has no list of symbols")
    if len(symbols) >= MOST_SYMBOLS:
        raise _refused(f"it has {len(symbols):,} symbols, and {MOST_SYMBOLS - 1:,} are allowed")
    try:
        return Vocabulary([UNKNOWN, *symbols])
    except ValueError as error:
        raise _refused(str(error)) from error


def _history(config: dict[str, Any]) -> dict[str, Any]:
    try:
        return proved(config)
    except ValueError as error:
        raise _refused(str(error)) from error


def _model_config(config: dict[str, Any]) -> ModelConfig:
    model = config.get("model")
    known = {f.name for f in fields(ModelConfig)}
    if not isinstance(model, dict) or set(model) != known:
        raise _refused("its model configuration does not have the settings of a charrnn model")
    try:
        return ModelConfig(**model)
    except UserError as error:
        raise _refused(error.message.rstrip(".")) from error


def _proved(weights: Any, model: CharRNN) -> dict[str, torch.Tensor]:
    """The weights, if their names, shapes, types and values are those of `model`."""
    expected = model.state_dict()
    names = list(weights.keys())
    if len(names) != len(expected) or set(names) != set(expected):
        raise _refused("its weights are not those of the model it describes")
    for name, parameter in expected.items():
        piece = weights.get_slice(name)
        if tuple(piece.get_shape()) != tuple(parameter.shape):
            raise _refused(f"{name} has another shape than the model it describes")
        if piece.get_dtype() != "F32":
            raise _refused(f"{name} is {piece.get_dtype()}, not float32")
    state = {name: weights.get_tensor(name) for name in expected}
    for name, weight in state.items():
        if not bool(torch.isfinite(weight).all()):
            raise _refused(f"{name} holds numbers that are not finite")
    return state
