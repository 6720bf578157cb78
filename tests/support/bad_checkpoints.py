"""Checkpoints of strangers that are not valid, one row a case, with why a person is told that it
cannot be opened. The rows go the way of `charrnn.checkpoint.load`: the cheapest check first.

A case is made in an empty directory, as someone would find it: `make(place)`, by a function of
make_bad_checkpoints.py.
"""

from __future__ import annotations

import json
import os
import pickle
import struct

from fuzz_checkpoints import assemble, valid_file
from make_bad_checkpoints import (
    LAST,
    Bomb,
    as_large_as_may_be,
    as_long_as,
    beside,
    empty_tensors,
    entry,
    header_twice,
    holding,
    infinite_shape,
    length,
    made,
    metadata,
    model,
    padded,
    pickled,
    renamed,
    retyped,
    shared,
    there,
    told,
    weight,
)

from charrnn._version import __version__
from charrnn.checkpoint.format import CONFIG, WEIGHTS

UNREADABLE = f"{WEIGHTS} is not a readable safetensors file"
NONE_THERE = f"there is no checkpoint at it: give its directory or its {WEIGHTS}"
OTHER_WEIGHTS = "its weights do not match the model it describes"
OTHER_SHAPE = f"the shape of {LAST} does not match the model it describes"
OTHER_MODEL = f"{CONFIG} and {WEIGHTS} describe different models"
NO_MODEL = "its model configuration does not have the settings of a charrnn model"
NOT_FINITE = f"{LAST} holds numbers that are not finite"
OVERFLOW = "its weights are so large that the model's numbers overflow"
NO_JSON = "its configuration is not valid JSON"
NO_SYMBOLS = "its symbols are not a text of single characters"
TWICE = "the symbols of a vocabulary must be distinct"
PAIR = "a vocabulary cannot hold half of a surrogate pair"
LARGE_HEADER = "its header is larger than 3 MB"
WHOLE = "give a whole number from 1 to"

DEEP = '{"format": ' + "[" * 100_000
DIGITS = '{"format": ' + "1" * 5000 + "}"
MB = "x" * (3 << 19)
SYMBOLS = json.loads(told())["symbols"]

CHECKPOINTS = {
    # what there is, and how much of it
    "nothing at all": (lambda place: None, NONE_THERE),
    "only what is pickled": (
        lambda place: (place / "pytorch_model.bin").write_bytes(pickle.dumps(Bomb())),
        NONE_THERE,
    ),
    "a directory for weights": (there(lambda path: path.mkdir()), f"{WEIGHTS} is not a file"),
    "a pipe for weights": (there(os.mkfifo), f"{WEIGHTS} is not a file"),
    "a link to a device": (
        there(lambda path: path.symlink_to("/dev/zero")),
        f"{WEIGHTS} is not a file",
    ),
    "a link to itself": (there(lambda path: path.symlink_to(path)), f"{WEIGHTS} is not a file"),
    "a link to nowhere": (there(lambda path: path.symlink_to("no")), f"{WEIGHTS} is not a file"),
    "a pipe beside weights": (there(os.mkfifo, CONFIG), f"{CONFIG} is not a file"),
    "a directory beside weights": (
        there(lambda path: path.mkdir(), CONFIG),
        f"{CONFIG} is not a file",
    ),
    "weights of 64 MB and a byte": (
        as_long_as((64 << 20) + 1),
        f"{WEIGHTS} is larger than 64 MB",
    ),
    "weights of 64 GB": (as_long_as(64 << 30), f"{WEIGHTS} is larger than 64 MB"),
    # the header
    "no bytes": (holding(b""), UNREADABLE),
    "a pointer of Git LFS": (
        holding(b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"),
        f"{WEIGHTS} is a pointer of Git LFS: install git-lfs, and clone or install again",
    ),
    "a pickle": (holding(pickle.dumps(Bomb()) * 20), UNREADABLE),
    "a checkpoint of torch": (pickled, UNREADABLE),
    "a header of no length": (holding(length(0)), UNREADABLE),
    "a header that is one byte short": (holding(length(len(made()) - 9)), UNREADABLE),
    "a header longer than the file": (holding(length(10**6)), UNREADABLE),
    "a header longer than any": (holding(length(2**64 - 1)), UNREADABLE),
    "a header of 20 MB": (holding(padded(20 << 20)), LARGE_HEADER),
    "100,000 empty tensors": (holding(empty_tensors(100_000)), LARGE_HEADER),
    "40,000 empty tensors": (
        holding(empty_tensors(40_000)),
        "it has 40,005 tensors, and at most 1,000 are allowed",
    ),
    "a header too deep": (holding(assemble("[" * 1_000_000, b"")), UNREADABLE),
    "a header that is a list": (holding(assemble("[1]", b"")), UNREADABLE),
    "a header of no UTF-8": (holding(struct.pack("<Q", 4) + b'{"\xff}'), UNREADABLE),
    "a tensor described twice": (holding(header_twice()), f"its header gives {LAST} twice"),
    "a config.json of more than a MB": (beside(told(more=MB)), f"{CONFIG} is larger than 1 MB"),
    # the configuration
    "no configuration": (
        holding(metadata({})),
        "the file holds weights but no charrnn configuration",
    ),
    "metadata that is a number": (holding(metadata({"charrnn": 5})), UNREADABLE),
    "a configuration of more than a MB": (
        holding(made(more=MB)),
        "its configuration is larger than 1 MB",
    ),
    "an empty configuration": (holding(metadata("")), NO_JSON),
    "half a configuration": (holding(metadata('{"format": 1')), NO_JSON),
    "a configuration too deep": (holding(metadata(DEEP)), NO_JSON),
    "a configuration of NaN": (holding(metadata('{"format": NaN}')), NO_JSON),
    "a configuration of Infinity": (holding(metadata('{"format": -Infinity}')), NO_JSON),
    "a number too large": (holding(metadata('{"format": 1, "results": 1e999}')), NO_JSON),
    "a number of many digits": (holding(metadata(DIGITS)), NO_JSON),
    "a name given twice": (
        holding(metadata(told()[:-1] + ', "format": 1}')),
        "its configuration gives format twice",
    ),
    "a setting given twice": (
        holding(metadata(told().replace('"layers"', '"layers": 1, "layers"'))),
        "its configuration gives layers twice",
    ),
    "an odd name given twice": (
        holding(metadata('{"\\u202e": 1, "\\u202e": 2}')),
        "its configuration gives \\u202e twice",
    ),
    "a list": (holding(metadata("[1]")), "its configuration is not a JSON object"),
    "another format": (
        holding(made(format=3)),
        "its format is 3, and this version of charrnn reads formats 1 to 2",
    ),
    "another format, of a later version": (
        holding(made(format=3, charrnn_version="9.8")),
        "its format is 3, and this version of charrnn reads formats 1 to 2 "
        f"(charrnn 9.8 wrote it; this is {__version__})",
    ),
    "a format that is true": (
        holding(made(format=True)),
        "its format is True, and this version of charrnn reads formats 1 to 2",
    ),
    "a format of odd characters": (
        holding(made(format="\u202e\x1b[2J")),
        "its format is '\\u202e\\x1b[2J', and this version of charrnn reads formats 1 to 2",
    ),
    "a config.json too deep": (beside(DEEP), f"{CONFIG} is not valid JSON"),
    "a config.json of NaN": (beside('{"a": NaN}'), f"{CONFIG} is not valid JSON"),
    "a config.json of many digits": (beside(DIGITS), f"{CONFIG} is not valid JSON"),
    "a config.json of no UTF-8": (beside(b'{"a": "\xff"}'), f"{CONFIG} is not valid JSON"),
    "a config.json that is a list": (beside("[]"), f"{CONFIG} is not a JSON object"),
    "a config.json with a name twice": (beside('{"a": 1, "a": 1}'), f"{CONFIG} gives a twice"),
    "a config.json of other symbols": (beside(told(symbols="xyz")), OTHER_MODEL),
    "a config.json of another model": (beside(told(model={"cell": "gru"})), OTHER_MODEL),
    "a config.json of nothing": (beside("{}"), OTHER_MODEL),
    # the model
    "a model that is a list": (holding(made(model=[1])), NO_MODEL),
    "no model": (holding(made(model=None)), NO_MODEL),
    "a setting too many": (
        holding(model(more=1)),
        "its model has a setting 'more' that this version of charrnn does not know",
    ),
    "a setting of a later version": (
        holding(made(model={"memory": 1}, charrnn_version="9.8")),
        "its model has a setting 'memory' that this version of charrnn does not know "
        f"(charrnn 9.8 wrote it; this is {__version__})",
    ),
    "20,000 layers": (holding(model(layers=20_000)), f"layers = 20000: {WHOLE} 8"),
    "a model too wide": (
        holding(model(hidden_size=10**9)),
        f"hidden_size = 1000000000: {WHOLE} 4,096",
    ),
    "an embedding too wide": (
        holding(model(embedding_size=2**63)),
        f"embedding_size = 9223372036854775808: {WHOLE} 4,096",
    ),
    "less than no layers": (holding(model(layers=-1)), f"layers = -1: {WHOLE} 8"),
    "true layers": (holding(model(layers=True)), f"layers = True: {WHOLE} 8"),
    "half a layer": (holding(model(layers=1.5)), f"layers = 1.5: {WHOLE} 8"),
    "layers in words": (holding(model(layers="1")), f"layers = 1: {WHOLE} 8"),
    "both directions by number": (
        holding(model(bidirectional=1)),
        "bidirectional = 1: choose true or false",
    ),
    "a cell that is code": (
        holding(model(cell="os.system")),
        "cell = os.system: choose one of tanh, relu, gru, lstm",
    ),
    "the largest model of all": (
        holding(model(layers=8, hidden_size=4096, bidirectional=True)),
        OTHER_WEIGHTS,
    ),
    "more layers than weights": (holding(model(layers=2)), OTHER_WEIGHTS),
    "wider than its weights": (
        holding(model(hidden_size=4096)),
        "the shape of W_hq does not match the model it describes",
    ),
    # the vocabulary
    "no symbols": (holding(made(symbols=None)), NO_SYMBOLS),
    "an empty vocabulary": (holding(made(symbols="")), "its vocabulary is empty"),
    "symbols of several code points": (
        holding(made(symbols=["e\u0301", *SYMBOLS[1:]])),
        NO_SYMBOLS,
    ),
    "a symbol twice": (holding(made(symbols="aa")), TWICE),
    "half a pair": (holding(made(symbols="a\ud800")), PAIR),
    "two halves, which JSON keeps apart": (
        holding(metadata(told(symbols="").replace('"symbols": ""', r'"symbols": "\udc00\ud800"'))),
        PAIR,
    ),
    "too many symbols": (
        holding(metadata(json.dumps({"format": 1, "symbols": "a" * 100_000}))),
        "it has 100,000 symbols, and at most 99,999 are allowed",
    ),
    "as many symbols as may be": (
        holding(
            lambda: metadata(
                json.dumps(
                    json.loads(told()) | {"symbols": "".join(map(chr, range(0x10000, 0x28000)))},
                    ensure_ascii=False,
                )
            )
        ),
        "the shape of W_hq does not match the model it describes",
    ),
    "other symbols than weights": (
        holding(made(symbols="abc")),
        "the shape of W_hq does not match the model it describes",
    ),
    # where it comes from
    **{
        name: (holding(made(**config)), why)
        for name, (config, why) in {
            "a name that is a list": ({"name": ["x"]}, "its name is not a text"),
            "a name that is a number": ({"name": 1}, "its name is not a text"),
            "a recipe that is an object": ({"recipe": {"a": "b"}}, "its recipe is not a text"),
            "a corpus that is a list": ({"corpus": ["songs"]}, "its corpus is not a JSON object"),
            "a corpus that is a text": ({"corpus": "songs"}, "its corpus is not a JSON object"),
            "a corpus of a length in words": (
                {"corpus": {"characters": "many"}},
                "its corpus.characters is not a number",
            ),
            "a corpus named by a number": (
                {"corpus": {"name": 5}},
                "its corpus.name is not a text",
            ),
            "training that is a list": ({"training": [1]}, "its training is not a JSON object"),
            "results that are a list": ({"results": [1]}, "its results is not a JSON object"),
            "a result in words": (
                {"results": {"a\nb\x1b[2J": "x"}},
                "its a\\nb\\x1b[2J is not a number",
            ),
            "a perplexity that is true": (
                {"results": {"train_perplexity": True}},
                "its train_perplexity is not a number",
            ),
            "a perplexity of many digits": ({"results": {"train_perplexity": 10**400}}, NO_JSON),
            "baselines that are a number": (
                {"results": {"baselines": 7}},
                "its baselines is not a JSON object",
            ),
            "a baseline that is a list": (
                {"results": {"baselines": {"uniform": [1]}}},
                "its uniform is not a number",
            ),
            "prefixes that are a text": ({"prefixes": "a"}, "its prefixes are not a list of texts"),
            "a prefix that is a number": (
                {"prefixes": ["a", 1]},
                "its prefixes are not a list of texts",
            ),
        }.items()
    },
    # the weights
    "numbers cut off": (holding(made(numbers=lambda n: n[:-1])), UNREADABLE),
    "numbers added": (holding(made(numbers=lambda n: n + b"\0")), UNREADABLE),
    "offsets that overlap": (holding(entry(LAST, data_offsets=[0, 52])), UNREADABLE),
    "offsets beyond all": (holding(entry(LAST, data_offsets=[0, 2**63])), UNREADABLE),
    "weights that share a place": (holding(shared()), UNREADABLE),
    "a shape beyond all": (holding(entry(LAST, shape=[2**62, 8])), UNREADABLE),
    "a shape of no numbers": (holding(entry(LAST, shape=[0])), UNREADABLE),
    "a shape of 2⁴⁰ times nothing": (holding(infinite_shape()), OTHER_SHAPE),
    "a shape of one more dimension": (
        holding(entry(LAST, shape=[16, 1])),
        OTHER_SHAPE,
    ),
    "a tensor too few": (holding(made(lambda h: h.pop(LAST))), UNREADABLE),
    "a tensor too few, and its numbers": (
        holding(
            made(
                lambda h: h.pop(LAST), lambda n: n[: valid_file(0)[0][LAST]["data_offsets"][0]]
            )
        ),
        OTHER_WEIGHTS,
    ),
    "a tensor too many": (holding(empty_tensors(1)), OTHER_WEIGHTS),
    "a tensor of another name": (holding(renamed()), OTHER_WEIGHTS),
    "a type that there is not": (holding(entry(LAST, dtype="F31")), UNREADABLE),
    **{
        f"numbers of type {dtype}": (
            holding(retyped(dtype, size)),
            f"{LAST} is {dtype}, not float32",
        )
        for dtype, size in {
            "F64": 8, "F16": 2, "BF16": 2, "F8_E4M3": 1, "F8_E5M2": 1, "I64": 8, "I32": 4, "I16": 2,
            "I8": 1, "U64": 8, "U32": 4, "U16": 2, "U8": 1, "BOOL": 1,
        }.items()
    },
    "a weight that is no number": (holding(weight(float("nan"))), NOT_FINITE),
    "a weight that is infinite": (holding(weight(float("-inf"))), NOT_FINITE),
    "64 MB, and the last is no number": (as_large_as_may_be, NOT_FINITE),
    "weights too large to add up": (holding(weight(3e38, every=True)), OVERFLOW),
}  # fmt: skip
"""How it is made in an empty directory, which is called `it`, and why it cannot be opened."""
