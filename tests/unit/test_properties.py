"""What holds for any text, any vocabulary, any settings: properties, tried by Hypothesis.

The examples are the same at every run (`derandomize`): a failure is one of the code.
"""

import random
from collections import Counter

import numpy as np
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from charrnn.batches import make_epoch
from charrnn.checkpoint import Checkpoint, load, save
from charrnn.errors import UserError, escape_invisible
from charrnn.model import CharRNN, ModelConfig
from charrnn.vocabulary import UNKNOWN, Vocabulary, smallest_dtype

QUICKLY = {
    "deadline": None,
    "derandomize": True,
    "database": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
}
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=300)
SEEDS = st.integers(0, 2**32)
SYMBOLS = st.lists(st.characters(exclude_categories=("Cs",)), max_size=60, unique=True)
# Whatever a paste or a JSON string can hold: halves of surrogate pairs as well.
ANYTHING = st.text(max_size=200)


# ---- vocabularies ----------------------------------------------------------------------------


@settings(max_examples=60, **QUICKLY)
@given(TEXTS)
def test_decoding_undoes_encoding_of_any_text(text):
    vocabulary = Vocabulary.from_text(text)
    ids = vocabulary.encode(text)
    assert vocabulary.decode(ids) == text
    assert ids.dtype == smallest_dtype(len(vocabulary))
    assert len(ids) == len(text) and (not text or ids.min() > 0)


@settings(max_examples=50, **QUICKLY)
@given(TEXTS, TEXTS)
def test_what_a_vocabulary_lacks_is_read_as_unknown_and_nothing_else_is(known, text):
    vocabulary = Vocabulary.from_text(known)
    ids = vocabulary.encode(text)
    for character, identity in zip(text, ids.tolist(), strict=True):
        assert (identity == 0) == (character not in known)
        assert identity == 0 or vocabulary.symbols[identity] == character
    assert set(vocabulary.unknown(text)) == set(text) - set(known)
    assert vocabulary.decode(ids) == "".join(c if c in known else UNKNOWN for c in text)


@settings(max_examples=40, **QUICKLY)
@given(TEXTS, SEEDS)
def test_ids_depend_on_how_often_characters_stand_in_a_text_and_not_on_where(text, seed):
    shuffled = random.Random(seed).sample(text, len(text))
    vocabulary = Vocabulary.from_text(text)
    assert Vocabulary.from_text("".join(shuffled)) == vocabulary
    counts = Counter(text)
    order = [(-counts[symbol], symbol) for symbol in vocabulary.symbols[1:]]
    assert order == sorted(order)


# ---- minibatches -----------------------------------------------------------------------------

LENGTHS = st.integers(1, 400)
EPOCHS = {
    "length": LENGTHS,
    "batch_size": st.integers(1, 9),
    "steps": st.integers(1, 30),
    "seed": st.integers(0, 2**31 - 1),
    "number": st.integers(0, 50),
    "shift": st.booleans(),
}


def minibatches(sampling, length, batch_size, steps, seed, number, shift):
    """The epoch of a text whose ids are their places, or None where it is refused."""
    ids = np.arange(length, dtype=np.uint16)
    try:
        return make_epoch(
            ids, sampling=sampling, batch_size=batch_size, steps=steps, seed=seed, number=number,
            shift=shift,
        )  # fmt: skip
    except UserError as error:
        assert length < batch_size * steps + 1 and "too short" in error.message
        return None


@settings(max_examples=100, **QUICKLY)
@given(sampling=st.sampled_from(("sequential", "random")), **EPOCHS)
def test_no_place_is_learnt_from_twice_and_targets_are_the_inputs_shifted_by_one(
    sampling, length, **how
):
    batches = minibatches(sampling, length, **how)
    if batches is None:
        return
    seen: list[int] = []
    for i in range(len(batches)):
        x, y = batches[i]
        assert x.shape == y.shape == (how["batch_size"], how["steps"])
        assert torch.equal(x + 1, y) and int(y.max()) < length
        seen += x.flatten().tolist()
    assert len(seen) == len(set(seen)), "a place twice in one epoch"
    # What is left out lies before the offset, or is too little for one more minibatch (of a row,
    # where the rows go on; of everything, where they are shuffled).
    first = min(seen)
    assert first <= (how["steps"] - 1 if how["shift"] else 0) or sampling == "random"
    usable = length - 1 - batches_offset(batches, how)
    rows = how["batch_size"]
    if sampling == "sequential":
        assert len(seen) == usable // rows // how["steps"] * how["steps"] * rows
    else:
        assert len(seen) == usable // how["steps"] // rows * rows * how["steps"]


def batches_offset(batches, how):
    """Where an epoch begins, by the contract: less than `steps`, and 0 without `shift`."""
    offset = int(batches.starts.min()) % how["steps"]
    assert offset == 0 or how["shift"]
    return offset


@settings(max_examples=60, **QUICKLY)
@given(**EPOCHS)
def test_sequential_rows_cover_their_part_of_the_text_in_order_without_a_gap(length, **how):
    batches = minibatches("sequential", length, **how)
    if batches is None:
        return
    rows = torch.cat([batches[i][0] for i in range(len(batches))], dim=1)  # (B, all their steps)
    starts = batches.starts[0]
    for start, row in zip(starts, rows, strict=True):
        assert row.tolist() == list(range(start, start + rows.shape[1]))
    gaps = np.diff(starts)
    assert (gaps == gaps[0]).all() if len(gaps) else True
    assert not len(gaps) or 0 <= gaps[0] - rows.shape[1] < how["steps"], (
        "more is left than needs be"
    )


@settings(max_examples=50, **QUICKLY)
@given(**EPOCHS)
def test_random_sampling_takes_whole_subsequences_in_an_order_that_the_seed_alone_decides(
    length, **how
):
    batches = minibatches("random", length, **how)
    if batches is None:
        return
    starts = batches.starts.flatten()
    assert len({start % how["steps"] for start in starts.tolist()}) == 1
    again = minibatches("random", length, **how)
    assert (again.starts == batches.starts).all()


# ---- checkpoints -----------------------------------------------------------------------------

MODELS = st.fixed_dictionaries(
    {
        "cell": st.sampled_from(("tanh", "relu", "gru", "lstm")),
        "implementation": st.sampled_from(("fast", "scratch", "torch")),
        "hidden_size": st.integers(1, 6),
        "layers": st.integers(1, 3),
        "bidirectional": st.booleans(),
        "input": st.sampled_from(("one-hot", "embedding", "tied")),
        "embedding_size": st.integers(1, 5),
        "dropout": st.floats(0, 0.9),
        "initialization": st.sampled_from(("normal", "uniform", "orthogonal")),
    }
)
NAMES = st.text(max_size=50)
NUMBERS = st.none() | st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9)
HISTORY = st.fixed_dictionaries(
    {},
    optional={
        "name": NAMES,
        "recipe": NAMES,
        "prefixes": st.lists(TEXTS, max_size=4),
        "results": st.fixed_dictionaries(
            {"train_perplexity": NUMBERS}, optional={"validation_perplexity": NUMBERS}
        ),
        "corpus": st.fixed_dictionaries({"name": NAMES, "characters": st.integers(0, 10**9)}),
    },
)


@settings(max_examples=20, **QUICKLY)
@given(MODELS, SYMBOLS.filter(bool), HISTORY, SEEDS)
def test_a_checkpoint_comes_back_bit_for_bit_whatever_its_symbols(
    tmp_path, model, symbols, history, seed
):
    dice = random.Random(seed)
    vocabulary = Vocabulary([UNKNOWN, *symbols])
    config = ModelConfig(**model)
    network = CharRNN(config, len(vocabulary))
    with torch.no_grad():  # numbers of every kind: -0.0, subnormal, usual
        for weight in network.parameters():
            odd = [dice.choice((-0.0, 1e-45, 3.0, dice.gauss(0, 1))) for _ in range(20)]
            flat = torch.tensor((odd * (weight.numel() // 20 + 1))[: weight.numel()])
            weight.copy_(flat.reshape(weight.shape))
    saved = Checkpoint(network, vocabulary, history)
    opened = load(save(saved, tmp_path))
    assert opened.vocabulary == vocabulary and opened.model.config == config
    state = opened.model.state_dict()
    for name, weight in network.state_dict().items():
        assert torch.equal(state[name].view(torch.int32), weight.contiguous().view(torch.int32))
    for name in ("name", "recipe"):  # a stranger's words, fit to be shown
        assert opened.about.get(name) == (
            escape_invisible(history[name], 200) if name in history else None
        )
    assert opened.about.get("results") == history.get("results")
    assert opened.about.get("prefixes") == history.get("prefixes")
    # Once opened it is as it will ever be.
    assert load(save(opened, tmp_path)).about == opened.about
