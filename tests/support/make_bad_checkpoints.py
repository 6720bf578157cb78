"""How the checkpoints of `bad_checkpoints.py` are made: valid ones with one thing changed."""

from __future__ import annotations

import json
import os
import struct

import torch
from fuzz_checkpoints import assemble, valid_file

from charrnn.checkpoint.format import WEIGHTS
from charrnn.model import CharRNN, ModelConfig

LAST = "recurrence.layers.0.b_h"  # whose numbers are the last of a file

# ---- what is in the directory -------------------------------------------------------------------


def holding(data, **beside):
    """A directory with these weights, or whatever makes them, and other files by their stems."""

    def make(place):
        (place / WEIGHTS).write_bytes(data() if callable(data) else data)
        for stem, more in beside.items():
            (place / f"{stem}.json").write_bytes(more if isinstance(more, bytes) else more())

    return make


def beside(text):
    """A valid file of weights, with this for a `config.json`."""
    return holding(made(), config=text if isinstance(text, bytes) else text.encode())


def there(act, name=WEIGHTS):
    """Something that is no file, where a file should be."""

    def make(place):
        if name != WEIGHTS:
            (place / WEIGHTS).write_bytes(made())
        act(place / name)

    return make


def as_long_as(size):
    """Weights that take no room on the disk, and have so many bytes."""
    return there(lambda path: (path.write_bytes(made()), os.truncate(path, size)))


class Bomb:
    def __reduce__(self):
        return os.mkdir, ("bomb",)


def pickled(place):
    """What `torch.save` writes, which runs code when it is loaded."""
    torch.save(Bomb(), place / WEIGHTS)


# ---- the header, and the configuration in it -----------------------------------------------------


def made(change=None, numbers=None, **config):
    """A file whose header was changed, or the configuration within it, or the numbers."""
    header, valid_numbers = valid_file(0)
    header = json.loads(json.dumps(header))
    if change:
        change(header)
    if config:
        told = json.loads(header["__metadata__"]["charrnn"]) | config
        header["__metadata__"]["charrnn"] = json.dumps(told)
    return assemble(header, valid_numbers if numbers is None else numbers(valid_numbers))


def length(value):
    """A file that says that its header is so long."""
    return struct.pack("<Q", value) + made()[8:]


def padded(size):
    """A file with so many blanks after its description."""
    return lambda: assemble(*valid_file(0), padding=size)


def metadata(text):
    """A file with this for a configuration."""

    def change(header):
        header["__metadata__"] = {"charrnn": text} if isinstance(text, str) else text

    return made(change)


def told(**config):
    """The configuration of a valid file with other entries, as JSON."""
    return json.dumps(json.loads(valid_file(0)[0]["__metadata__"]["charrnn"]) | config)


def model(**settings):
    """A file that describes another model."""
    return made(model=json.loads(told())["model"] | settings)


def header_twice():
    """A file in which a tensor is described twice."""
    header, numbers = valid_file(0)
    text = json.dumps(header)
    return assemble("{" + f'"{LAST}": {json.dumps(header[LAST])}, ' + text[1:], numbers)


# ---- the weights ---------------------------------------------------------------------------------


def entry(name, numbers=None, **values):
    """A file in which a tensor is described otherwise."""
    return made(lambda header: header[name].update(values), numbers)


def retyped(dtype, size):
    """A file whose last tensor is of another type, of so many bytes a number."""
    start, end = valid_file(0)[0][LAST]["data_offsets"]
    stop = start + (end - start) // 4 * size
    return entry(
        LAST, lambda n: n[:start].ljust(stop, b"\1"), dtype=dtype, data_offsets=[start, stop]
    )


def weight(value, every=False):
    """A file in which one number is this one, the last, or every."""
    one = struct.pack("<f", value)
    return made(numbers=lambda n: one * (len(n) // 4) if every else n[:-4] + one)


def empty_tensors(count):
    """A file with so many more tensors, none of which holds a number."""
    nothing = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
    return lambda: made(lambda header: header.update({f"w{i}": nothing for i in range(count)}))


def shared():
    """Two tensors that lie in the same place."""
    return made(lambda header: header.update(more=header[LAST]))


def renamed():
    return made(lambda header: header.update({LAST + "_": header.pop(LAST)}))


def infinite_shape():
    """A tensor of 2⁴⁰ rows of no numbers, which takes no room at all."""
    start, _ = valid_file(0)[0][LAST]["data_offsets"]
    return entry(LAST, lambda n: n[:start], shape=[2**40, 0], data_offsets=[start, start])


def as_large_as_may_be(place):
    """Weights of nearly 64 MB, all valid but for the last number."""
    settings = json.loads(told())["model"] | {"hidden_size": 2000}
    with torch.device("meta"):
        weights = CharRNN(ModelConfig(**settings), len(json.loads(told())["symbols"]) + 1)
    header, end = {"__metadata__": {"charrnn": told(model=settings)}}, 0
    for name, tensor in weights.state_dict().items():
        start, end = end, end + 4 * tensor.numel()
        header[name] = {"dtype": "F32", "shape": [*tensor.shape], "data_offsets": [start, end]}
    data = assemble(header, b"")
    (place / WEIGHTS).write_bytes(data)
    os.truncate(place / WEIGHTS, len(data) + end - 4)
    with (place / WEIGHTS).open("ab") as file:
        file.write(struct.pack("<f", float("nan")))
