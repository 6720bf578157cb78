"""Save and load checkpoints: safetensors plus JSON metadata, no pickle.

`model.safetensors` holds the weights and, as JSON in its header, everything else that the model
needs: configuration, vocabulary, and how it was made. `config.json` repeats this JSON for people
and for the Hub.

A checkpoint may come from a stranger, so `load` checks all of it before it is used: files, header
and weights in `checks.py`, and what the header says of the model's training in `metadata.py`.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_safetensors

from .._version import __version__
from ..corpus.documents import KINDS
from ..errors import Message, UserError, escape_invisible, os_reason, reason, short_repr
from ..model import CharRNN
from ..utils import validation
from ..utils.atomic import atomic_write_many
from ..utils.notebook import html_table
from ..vocabulary import MAX_SYMBOLS, Vocabulary, empty_vocabulary_error
from .checks import (
    check_agreement,
    find_weights_file,
    is_finite,
    output_is_finite,
    read_config,
    read_model_config,
    read_vocabulary,
    read_weights,
)
from .format import CONFIG, DTYPES, DTYPES_BY_FORMAT, FORMAT, HALF_FORMAT, WEIGHTS
from .known_lines import LINE_HASHES, KnownLines
from .metadata import validate_metadata
from .pretrained import PretrainedMethods
from .strict_json import MAX_CONFIG_BYTES, check_header, unreadable

if TYPE_CHECKING:
    from .source import ModelSource


@dataclass(repr=False)
class Checkpoint(PretrainedMethods):
    """A model with its vocabulary and its metadata.

    Attributes:
        model: The model; its weights are float32.
        vocabulary: Its symbols.
        about: The metadata, which says how the model was made, as JSON under the keys `name`,
            `corpus`, `recipe`, `training`, `results`, `recitation`, `prefixes` and `started_from`.
            All are optional (`charrnn.checkpoint.metadata`).
        dtype: The type of the weights in a file, one of `DTYPES`.
        source: Where the model was opened from, None if that is unknown. It is not saved.
        known_lines: Hashes of the lines that it was trained on, None if they are unknown.
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
        """The kind of documents that the model was trained on, in `KINDS`; "none" for one text."""
        training = self.about.get("training")
        kind = training.get("documents") if isinstance(training, dict) else None
        return kind if kind in KINDS else "none"

    @property
    def perplexity(self) -> float | None:
        """The perplexity on held-out text, or else on the training text; None if it is unknown."""
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

    `dtype` is "float32", or "float16" or "bfloat16" for a file of half the size, whose weights are
    rounded. The default is `checkpoint.dtype`: that of the file that it comes from, and float32 for
    a new one. Known lines are written as a third file. All files are replaced in one step, so a
    reader never sees half of one.

    Raises UserError for a vocabulary without symbols or with more than `load` accepts, for
    metadata that are too long, and for weights that `dtype` cannot hold.
    """
    place = validation.as_path(directory, "directory")
    validation.check_checkpoint(checkpoint)
    chosen = checkpoint if dtype is None else replace(checkpoint, dtype=dtype)
    atomic_write_many(place, serialize(chosen))
    return place


def serialize(checkpoint: Checkpoint) -> dict[str, bytes]:
    """Return the contents of a checkpoint's files by name. Raises UserError as `save` does."""
    validation.check_checkpoint(checkpoint)
    _check_vocabulary(checkpoint.vocabulary)
    config, weights = checkpoint.config(), _stored_weights(checkpoint)
    header = {"format": "pt", "charrnn": json.dumps(config, ensure_ascii=False)}
    files = {
        CONFIG: json.dumps(config, ensure_ascii=False, indent=2).encode(),
        WEIGHTS: to_safetensors(weights, header),
    }
    if len(files[CONFIG]) > MAX_CONFIG_BYTES:
        raise UserError(
            "A checkpoint's configuration can have at most {most} MB: shorten the prefixes.",
            most=MAX_CONFIG_BYTES >> 20,
        )
    if checkpoint.known_lines:
        files[LINE_HASHES] = checkpoint.known_lines.serialize()
    return files


def _check_vocabulary(vocabulary: Vocabulary) -> None:
    """Raise UserError for a vocabulary without symbols, and for one that `load` would refuse."""
    if len(vocabulary) < 2:
        raise empty_vocabulary_error()
    if len(vocabulary) > MAX_SYMBOLS:
        raise UserError(
            "A checkpoint can hold at most {most:,} symbols: use a text with fewer "
            "different characters.",
            most=MAX_SYMBOLS - 1,  # without `<unk>`
            field="corpus",
        )


def _stored_weights(checkpoint: Checkpoint) -> dict[str, torch.Tensor]:
    """Return the weights by name, in the type of the file. Raises UserError if they overflow."""
    dtype = checkpoint.dtype
    if dtype not in DTYPES:
        raise UserError(
            "dtype = {value}: choose one of {choices}.",
            value=short_repr(dtype, 20),
            choices=", ".join(DTYPES),
            field="dtype",
        )
    weights = {
        name: weight.detach().to(DTYPES[dtype]).contiguous()
        for name, weight in checkpoint.model.state_dict().items()
    }
    if dtype != "float32" and not all(map(is_finite, weights.values())):
        raise UserError(
            "The weights are too large for {dtype}: save them as float32.",
            dtype=dtype,
            field="dtype",
        )
    return weights


def load(path: str | Path) -> Checkpoint:
    """Open a checkpoint: its directory, or its `.safetensors` file alone.

    Raises UserError for anything that is not a valid charrnn checkpoint.
    """
    path = Path(path)
    try:
        file = find_weights_file(path)
        check_header(file)
        with safe_open(file, framework="pt") as weights:
            config = read_config(weights.metadata())
            vocabulary, model_config = read_vocabulary(config), read_model_config(config)
            metadata = validate_metadata(config)
            if path.is_dir():
                check_agreement(path / CONFIG, config)
            known_lines = KnownLines.load(path / LINE_HASHES) if path.is_dir() else None
            with torch.device("meta"):
                model = CharRNN(model_config, len(vocabulary))
            dtype, state = read_weights(weights, model, DTYPES_BY_FORMAT[config["format"]])
    except SafetensorError as error:
        raise _load_error(unreadable(file)) from error
    except ValueError as error:
        raise _load_error(reason(error)) from error
    except OSError as error:
        shown = escape_invisible(str(path), 200)
        why = Message("{path} could not be read ({reason})", path=shown, reason=os_reason(error))
        raise _load_error(why) from error
    model.load_state_dict(state, assign=True)
    if not output_is_finite(model.eval()):
        raise _load_error(Message("its weights are so large that the model's numbers overflow"))
    return Checkpoint(model, vocabulary, metadata, dtype, known_lines=known_lines)


def _load_error(why: str) -> UserError:
    return UserError("This checkpoint cannot be opened: {why}.", why=why, field="checkpoint")
