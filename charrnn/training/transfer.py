"""Start a model from another checkpoint: its weights, for the symbols of another text.

Symbols are matched by character, never by id. A symbol that the checkpoint does not know begins as
the mean of those that are like it: letters of the same script and case, else symbols of the same
Unicode category, else `<unk>`. Symbols that the new text lacks are dropped.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ..errors import UserError
from ..model import CharRNN, ModelConfig
from ..vocabulary import Vocabulary

if TYPE_CHECKING:
    from ..checkpoint import Checkpoint

# Settings of a model that do not decide the shapes and the meaning of its weights.
_FREE_SETTINGS = {"dropout", "implementation", "initialization"}
FIXED_SETTINGS = tuple(
    one.name for one in fields(ModelConfig) if one.name not in _FREE_SETTINGS
)  # the settings that are those of the model to start from


def matching_config(start: ModelConfig, wanted: ModelConfig) -> ModelConfig:
    """Return the architecture of `start` with the free settings of `wanted`."""
    return replace(start, **{name: getattr(wanted, name) for name in _FREE_SETTINGS})


def check_architecture(start: Checkpoint, wanted: ModelConfig) -> None:
    """Raise UserError, naming the setting, if a model of that kind cannot begin as `start`."""
    own = start.model.config
    for name in FIXED_SETTINGS:
        if name == "embedding_size" and own.input != "embedding":
            continue
        has, asked = getattr(own, name), getattr(wanted, name)
        if has != asked:
            raise UserError(
                "{name} = {value}: the model to start from has {name} = {has}. Leave {name} out, "
                "or start from nothing.",
                name=name,
                value=asked,
                has=has,
                field=name,
            )


def transferred_model(start: Checkpoint, config: ModelConfig, vocabulary: Vocabulary) -> CharRNN:
    """Build a model for a vocabulary that begins with the weights of `start`.

    Raises UserError if `config` has another architecture (`check_architecture`).
    """
    check_architecture(start, config)
    sources = _sources(start.vocabulary, vocabulary)
    source = start.model
    model = CharRNN(config, len(vocabulary), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        layers = [dict(layer) for layer in source.recurrence.by_layer()]
        if config.input == "one-hot":
            for layer in layers[: 2 if config.bidirectional else 1]:
                layer["W_xh"] = _rows(layer["W_xh"], sources)
        else:
            model.embedding.copy_(_rows(source.embedding, sources))
        model.recurrence.load_layers(layers)
        if config.input != "tied":
            model.W_hq.copy_(_rows(source.W_hq.t(), sources).t())
        model.b_q.copy_(_rows(source.b_q, sources))
    return model


@dataclass(frozen=True)
class StartedFrom:
    """What a run started from.

    name: of the model.
    symbols_kept: symbols of the run's vocabulary that the model knows.
    symbols_new: those that it does not.
    validation_perplexity: of the model on the held-out part, before the first step; None if nothing
        is held out.
    digest: a hash of the model's weights, symbols and settings.
    model, revision, license: those of its `ModelSource`, None if that is unknown.
    """

    name: str
    symbols_kept: int
    symbols_new: int
    validation_perplexity: float | None
    digest: str
    model: str | None = None
    revision: str | None = None
    license: str | None = None

    @classmethod
    def of(cls, start: Checkpoint, vocabulary: Vocabulary) -> StartedFrom:
        """Describe a start whose perplexity has not been measured yet."""
        new = len(set(vocabulary.symbols) - set(start.vocabulary.symbols))
        source = {} if start.source is None else asdict(start.source)
        kept = vocabulary.symbol_count - new
        return cls(start.name, kept, new, None, model_digest(start), **source)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON for events and checkpoints, without the digest."""
        return {name: value for name, value in asdict(self).items() if name != "digest"}

    def measured(self, validation_perplexity: float | None) -> StartedFrom:
        """Return the same with the perplexity before the first step."""
        return replace(self, validation_perplexity=validation_perplexity)


def model_digest(start: Checkpoint) -> str:
    """Return a hash of a model's settings, symbols and weights."""
    digest = hashlib.sha256(json.dumps(asdict(start.model.config)).encode())
    digest.update("".join(start.vocabulary.symbols).encode())
    for name, weight in sorted(start.model.state_dict().items()):
        digest.update(name.encode())
        digest.update(weight.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def _sources(known: Vocabulary, wanted: Vocabulary) -> list[list[int]]:
    """Return, for each symbol of `wanted`, the ids in `known` whose mean it begins with."""
    ids = {symbol: i for i, symbol in enumerate(known.symbols)}
    groups: dict[Any, list[int]] = {}
    for symbol, i in list(ids.items())[1:]:
        for kind in _KINDS:
            groups.setdefault(kind(symbol), []).append(i)
    return [
        [ids[symbol]]
        if symbol in ids
        else next((groups[key] for kind in _KINDS if (key := kind(symbol)) in groups), [0])
        for symbol in wanted.symbols
    ]


def _script_and_case(symbol: str) -> tuple[str, str]:
    """Return the category of a character, and the first word of its name: a letter's script."""
    category = unicodedata.category(symbol)
    letter = category.startswith("L")
    return category, unicodedata.name(symbol, "").partition(" ")[0] if letter else ""


def _category(symbol: str, length: int) -> str:
    return unicodedata.category(symbol)[:length]


# From the closest likeness to the widest.
_KINDS: tuple[Callable[[str], Any], ...] = (
    _script_and_case,
    partial(_category, length=2),
    partial(_category, length=1),
)


def _rows(weights: Tensor, sources: list[list[int]]) -> Tensor:
    """Return, for each list of ids, the mean of those rows of weights (V, …)."""
    means: dict[int, Tensor] = {}  # by the identity of a list that several symbols share
    rows = []
    for ids in sources:
        if id(ids) not in means:
            means[id(ids)] = weights[ids].mean(dim=0)
        rows.append(means[id(ids)])
    return torch.stack(rows)
