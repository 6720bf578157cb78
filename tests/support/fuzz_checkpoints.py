"""Checkpoints that are not quite what they should be, by their structure.

A safetensors file is 8 bytes of length, a JSON header (an entry for each tensor: type, shape,
place; and the metadata, which carries charrnn's configuration), and the numbers.
"""

from __future__ import annotations

import json
import random
import struct
from functools import cache
from typing import Any

from conftest import small_model
from fuzz_bytes import SIZES, json_value, mutate, odd_text, written
from safetensors.torch import save as to_safetensors

from charrnn.checkpoint import Checkpoint
from charrnn.vocabulary import Vocabulary

Header = dict[str, Any]

_MODELS: tuple[dict[str, Any], ...] = (
    {},
    {"cell": "gru", "layers": 2, "hidden_size": 5},
    {"cell": "tanh", "implementation": "torch", "bidirectional": True, "hidden_size": 3},
    {"cell": "relu", "implementation": "scratch", "input": "embedding", "embedding_size": 4},
    {"cell": "lstm", "input": "tied", "bidirectional": True, "hidden_size": 4},
)
_TYPES = ("F32", "F64", "F16", "BF16", "I64", "I32", "I8", "U8", "BOOL", "F8_E4M3", "F4", "C64", "",
          "f32", None, 32)  # fmt: skip
_NUMBERS = (float("nan"), float("inf"), -float("inf"), 3e38, -3e38, 1e-45, 0.0, 1e10)


def mutated_checkpoint(dice: random.Random) -> tuple[str, bytes]:
    """How it was made, and the file."""
    header, numbers = valid_file(dice.randrange(len(_MODELS)))
    ways = {
        "bytes": _bytes,
        "length": _length,
        "header": _header,
        "entries": _entries,
        "configuration": _configuration,
        "model": _model,
        "history": _history,
        "symbols": _symbols,
        "weights": _weights,
        "size": _size,
    }
    way = dice.choice(list(ways))
    return way, ways[way](json.loads(json.dumps(header)), numbers, dice)


@cache
def valid_file(which: int) -> tuple[Header, bytes]:
    vocabulary = Vocabulary.from_text("abcdefg é世\n🌊")
    model = small_model(vocabulary_size=len(vocabulary), **({"hidden_size": 4} | _MODELS[which]))
    about = {
        "name": "small",
        "corpus": {"name": "a text", "characters": 500},
        "recipe": "sprint",
        "training": {"epochs": 3, "seconds": None, "learning_rate": 0.5, "shift": True},
        "results": {"train_perplexity": 2.5, "baselines": {"uniform": 9.0, "ngram": None}},
        "prefixes": ["ab", "c"],
    }
    config = json.dumps(Checkpoint(model, vocabulary, about).config())
    weights = {name: weight.contiguous() for name, weight in model.state_dict().items()}
    data = to_safetensors(weights, {"format": "pt", "charrnn": config})
    (length,) = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def assemble(header: Header | str, numbers: bytes, *, padding: int = 0) -> bytes:
    """A file of this header, which is padded with spaces, and these numbers."""
    text = header if isinstance(header, str) else json.dumps(header)
    encoded = text.encode("utf-8", "surrogatepass") + b" " * padding
    return struct.pack("<Q", len(encoded)) + encoded + numbers


def _bytes(header: Header, numbers: bytes, dice: random.Random) -> bytes:
    return mutate(assemble(header, numbers), dice)


def _length(header: Header, numbers: bytes, dice: random.Random) -> bytes:
    """Another length of the header than it has."""
    data = assemble(header, numbers, padding=dice.choice((0, 1, 3, 8, 1000)))
    (length,) = struct.unpack("<Q", data[:8])
    near = length + dice.choice((-9, -8, -1, 0, 1, 4, 8, 100))
    wrong = dice.choice((near, near, *(size for size in SIZES if size < 2**64), len(data)))
    return struct.pack("<Q", wrong) + data[8:]


def _header(header: Header, numbers: bytes, dice: random.Random) -> bytes:
    """The header's JSON damaged as a text, or with entries that are something else."""
    if dice.random() < 0.5:
        header[dice.choice((*header, "more", odd_text(dice, longest=99)))] = json_value(dice)
    return assemble(written(header, dice), numbers)


def _entries(header: Header, numbers: bytes, dice: random.Random) -> bytes:
    """Tensors of other types, shapes and places."""
    names = [name for name in header if name != "__metadata__"]
    for _ in range(dice.choice((1, 1, 2))):
        name = dice.choice(names)
        entry, other = header.get(name, {}), header.get(dice.choice(names), {})
        match dice.randrange(10):
            case 0:
                entry["dtype"] = dice.choice(_TYPES)
            case 1:
                entry["shape"] = [dice.choice(SIZES) for _ in range(dice.randrange(5))]
            case 2:
                entry["shape"] = [*entry.get("shape", []), 1]
            case 3:
                entry["shape"] = list(reversed(entry.get("shape", [])))
            case 4:
                entry["data_offsets"] = sorted((dice.choice(SIZES), dice.choice(SIZES)))
            case 5:
                start, end = entry.get("data_offsets") or [0, 0]
                entry["data_offsets"] = [start + dice.choice((-4, -1, 0, 1, 4)),
                                         end + dice.choice((-4, -1, 0, 1, 4))]  # fmt: skip
            case 6:
                entry["data_offsets"] = other.get("data_offsets")
            case 7:
                header.pop(name, None)
            case 8:
                header[dice.choice((name, name.upper(), odd_text(dice)))] = header.pop(name, {})
            case _:
                entry[dice.choice(("dtype", "shape", "data_offsets", "more"))] = json_value(dice)
    return assemble(header, numbers, padding=dice.choice((0, 0, 1, 2, 5)))


def _with(config: Any, header: Header, numbers: bytes, dice: random.Random) -> bytes:
    text = config if isinstance(config, str) else written(config, dice)
    header["__metadata__"]["charrnn"] = text
    return assemble(header, numbers)


def _config(header: Header) -> dict[str, Any]:
    config: dict[str, Any] = json.loads(header["__metadata__"]["charrnn"])
    return config


def _configuration(header: Header, numbers: bytes, dice: random.Random) -> bytes:
    """Entries of the configuration that are missing, too many, or something else."""
    config = _config(header)
    for _ in range(dice.choice((1, 1, 3))):
        key = dice.choice((*config, "more", odd_text(dice, longest=99)))
        if dice.random() < 0.2:
            config.pop(key, None)
        else:
            config[key] = json_value(dice)
    return _with(config, header, numbers, dice)


def _model(header: Header, numbers: bytes, dice: random.Random) -> bytes:
    """A model that is not that of the weights, or none at all."""
    config = _config(header)
    model = config["model"]
    choices: dict[str, Any] = {
        "cell": ("tanh", "relu", "gru", "lstm", "LSTM"),
        "implementation": ("fast", "scratch", "torch", "os.system"),
        "hidden_size": (*SIZES, 4, 4096, 4.0, True, "4"),
        "layers": (*SIZES, 1, 2, 8),
        "bidirectional": (True, False, 1, "true"),
        "input": ("one-hot", "embedding", "tied", ""),
        "embedding_size": (*SIZES, 64, 4096),
        "dropout": (0, 0.9, 1, -0.1, float("nan")),
        "initialization": ("normal", "zeros"),
    }
    for key in dice.sample(list(choices), k=dice.choice((1, 1, 2, 9))):
        model[key] = dice.choice(choices[key]) if dice.random() < 0.8 else json_value(dice)
    return _with(config, header, numbers, dice)


def _history(header: Header, numbers: bytes, dice: random.Random) -> bytes:
    """A history of odd names, numbers and lists."""
    config = _config(header)
    for key in dice.sample(("corpus", "training", "results", "prefixes", "name", "recipe"), k=2):
        place = config[key]
        if isinstance(place, dict) and dice.random() < 0.8:
            name = dice.choice((*place, odd_text(dice), "baselines", "seconds"))
            place[name] = json_value(dice)
        elif isinstance(place, list):
            place.extend(odd_text(dice) for _ in range(dice.choice((1, 300))))
        else:
            config[key] = dice.choice((json_value(dice), odd_text(dice)))
    return _with(config, header, numbers, dice)


def _symbols(header: Header, numbers: bytes, dice: random.Random) -> bytes:
    """Other symbols than the model has weights for, and odd ones as many as it has."""
    config = _config(header)
    count = len(config["symbols"])
    odd = "".join(dict.fromkeys(chr(dice.randrange(0x110000)) for _ in range(count)))
    controls = "".join(map(chr, dice.sample(range(0x20), k=count)))
    many = "".join(map(chr, range(0x10000, 0x10000 + dice.choice((1000, 99_999, 100_000)))))
    config["symbols"] = dice.choice(
        (odd, odd, controls, many, config["symbols"] * 2, odd_text(dice))
    )
    return _with(config, header, numbers, dice)


def _weights(header: Header, numbers: bytes, dice: random.Random) -> bytes:
    """Weights that are no numbers, or very large or small ones."""
    changed = bytearray(numbers)
    if dice.random() < 0.3:
        return assemble(header, dice.randbytes(len(changed)))
    for _ in range(dice.choice((1, 3, 500))):
        at = 4 * dice.randrange(len(changed) // 4)
        changed[at : at + 4] = struct.pack("<f", dice.choice(_NUMBERS))
    return assemble(header, bytes(changed))


def _size(header: Header, numbers: bytes, dice: random.Random) -> bytes:
    """More, or less, or very much: entries by the ten thousand, a configuration of megabytes."""
    match dice.randrange(6):
        case 0:
            return assemble(header, numbers + dice.randbytes(dice.choice((1, 4, 1000))))
        case 1:
            return assemble(header, numbers[: dice.randrange(len(numbers))])
        case 2:
            for number in range(dice.choice((100, 50_000))):
                header[f"w{number}"] = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
            return assemble(header, numbers)
        case 3:
            config = _config(header)
            many = dice.choice((1000, 300_000))
            config["more"] = dice.choice(([[]] * many, [{}] * many, ["x" * 9] * many, "x" * many))
            return _with(json.dumps(config), header, numbers, dice)
        case 4:
            config = _config(header)
            config["training"] = {f"s{i}": odd_text(dice, longest=50) for i in range(5000)}
            return _with(json.dumps(config), header, numbers, dice)
        case _:
            header["__metadata__"] |= {str(i): odd_text(dice) for i in range(2000)}
            return assemble(header, numbers)
