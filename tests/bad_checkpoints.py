"""Checkpoints of strangers that are not sound, one row a case, with what a person sees."""

from __future__ import annotations

import json
import struct

from fuzz_checkpoints import assemble, sound

UNREADABLE = "it.safetensors is not a readable safetensors file"
OTHER_WEIGHTS = "its weights are not those of the model it describes"
NO_MODEL = "its model configuration does not have the settings of a charrnn model"
OTHER_SHAPE = "b_q has another shape than the model it describes"
NOT_FINITE = "b_q holds numbers that are not finite"
NO_JSON = "its configuration is not valid JSON"


def made(change=None, numbers=None, **config):
    """A file whose header was changed, or the configuration within it, or the numbers."""
    header, sound_numbers = sound(0)
    header = json.loads(json.dumps(header))
    if change:
        change(header)
    if config:
        told = json.loads(header["__metadata__"]["charrnn"]) | config
        header["__metadata__"]["charrnn"] = json.dumps(told)
    return assemble(header, sound_numbers if numbers is None else numbers(sound_numbers))


def length(value):
    """A file that says that its header is so long."""
    return struct.pack("<Q", value) + made()[8:]


def metadata(text):
    """A file with this for a configuration."""

    def change(header):
        header["__metadata__"] = {"charrnn": text} if isinstance(text, str) else text

    return made(change)


def entry(name, **values):
    """A file in which a tensor is described otherwise."""

    def change(header):
        header[name] |= values

    return made(change)


def model(**settings):
    """A file that describes another model."""
    header, _ = sound(0)
    config = json.loads(header["__metadata__"]["charrnn"])
    return made(model=config["model"] | settings)


def weight(value):
    """A file in which one number is this one. The numbers end with those of b_q."""
    header, numbers = sound(0)
    start = header["b_q"]["data_offsets"][0]
    changed = bytearray(numbers)
    changed[start : start + 4] = struct.pack("<f", value)
    return made(numbers=lambda _: bytes(changed))


def twice():
    """A file in which a tensor is described twice."""
    header, numbers = sound(0)
    text = json.dumps(header)
    return assemble("{" + f'"b_q": {json.dumps(header["b_q"])}, ' + text[1:], numbers)


def many():
    """A description of more megabytes than any."""
    header, numbers = sound(0)
    return assemble(header, numbers, padding=5 << 20)


DEEP = '{"format": ' + "[" * 100_000
CHECKPOINTS = {
    "nothing": (b"", UNREADABLE),
    "a pickle": (b"\x80\x04\x95pickle" * 20, UNREADABLE),
    "a header of no length": (length(0), UNREADABLE),
    "a header that is one byte short": (length(len(made()) - 9), UNREADABLE),
    "a header longer than the file": (length(10**6), UNREADABLE),
    "a header longer than any": (length(2**64 - 1), UNREADABLE),
    "a header of megabytes": (many(), "its description is larger than 4 MB"),
    "numbers cut off": (made(numbers=lambda n: n[:-1]), UNREADABLE),
    "numbers added": (made(numbers=lambda n: n + b"\0"), UNREADABLE),
    "offsets that overlap": (entry("b_q", data_offsets=[0, 52]), UNREADABLE),
    "offsets beyond all": (entry("b_q", data_offsets=[0, 2**63]), UNREADABLE),
    "a shape beyond all": (entry("b_q", shape=[2**62, 8]), UNREADABLE),
    "a shape of no numbers": (entry("b_q", shape=[0]), UNREADABLE),
    "a type that there is not": (entry("b_q", dtype="F31"), UNREADABLE),
    "a shape of one more dimension": (
        entry("b_q", shape=[sound(0)[0]["b_q"]["shape"][0], 1]),
        OTHER_SHAPE,
    ),
    "whole numbers": (entry("b_q", dtype="I32"), "b_q is I32, not float32"),
    "a tensor too few": (made(lambda h: h.pop("b_q"), lambda n: n), UNREADABLE),
    "no configuration": (metadata({}), "the file holds weights but no charrnn configuration"),
    "metadata that is a number": (metadata({"charrnn": 5}), UNREADABLE),
    "an empty configuration": (metadata(""), NO_JSON),
    "half a configuration": (metadata('{"format": 1'), NO_JSON),
    "a configuration too deep": (metadata(DEEP), NO_JSON),
    "a configuration of NaN": (metadata('{"format": NaN}'), NO_JSON),
    "a number too large": (metadata('{"format": 1, "results": 1e999}'), NO_JSON),
    "a number of many digits": (metadata('{"format": ' + "1" * 5000 + "}"), NO_JSON),
    "a list": (metadata("[1]"), "its configuration is not a JSON object"),
    "another format": (made(format=2), "its format is 2; this charrnn reads 1"),
    "a format that is true": (made(format=True), "its format is True; this charrnn reads 1"),
    "a format of odd characters": (
        made(format="\u202e\x1b[2J"),
        "its format is '\\u202e\\x1b[2J'; this charrnn reads 1",
    ),
    "no symbols": (made(symbols=None), "it has no list of symbols"),
    "a symbol twice": (made(symbols="aa"), "the symbols of a vocabulary must be distinct"),
    "half a pair": (made(symbols="a\ud800"), "a vocabulary cannot hold half of a surrogate pair"),
    "too many symbols": (
        made(symbols="".join(map(chr, range(0x10000, 0x10000 + 100_000)))),
        "it has 100,000 symbols, and 99,999 are allowed",
    ),
    "other symbols than weights": (made(symbols="abc"), "W_hq has another shape"),
    "a model that is a list": (made(model=[1]), NO_MODEL),
    "a setting too many": (model(more=1), NO_MODEL),
    "a model too wide": (
        model(hidden_size=10**9),
        "hidden_size = 1000000000: give a whole number from 1 to 4,096",
    ),
    "a model of true layers": (
        model(layers=True),
        "layers = True: give a whole number from 1 to 8",
    ),
    "a cell that is code": (
        model(cell="os.system"),
        "cell = os.system: choose tanh or relu or gru or lstm",
    ),
    "more layers than weights": (model(layers=2), OTHER_WEIGHTS),
    "wider than its weights": (model(hidden_size=5), "another shape than the model it describes"),
    "a weight that is no number": (weight(float("nan")), NOT_FINITE),
    "a weight that is infinite": (weight(float("-inf")), NOT_FINITE),
    "a name that is a list": (made(name=["x"]), "its name is not a text"),
    "a result in words": (made(results={"a\nb\x1b[2J": "x"}), "its a\\nb\\x1b[2J is not a number"),
    "results that are a list": (made(results=[1]), "its results is not a JSON object"),
    "prefixes that are a text": (made(prefixes="a"), "its prefixes are not a list of texts"),
}
