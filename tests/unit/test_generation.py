"""Generation: warm-up, greedy, sampling from p^α, any prefix."""

import math
from collections import Counter

import numpy as np
import pytest
import torch
from conftest import small_model

import charrnn
from charrnn.checkpoint import Checkpoint
from charrnn.errors import UserError
from charrnn.generation import generate, generate_many, iter_characters, top_candidates
from charrnn.generation.config import GenerationConfig
from charrnn.ui.generate.stream import next_char_table
from charrnn.vocabulary import Vocabulary


def distribution(checkpoint, text):
    """p of the next character, by a plain pass over the whole text."""
    ids = torch.from_numpy(checkpoint.vocabulary.encode(text).astype("int64"))[None]
    with torch.no_grad():
        logits, _ = checkpoint.model(ids)
    logits[-1, 0] = -math.inf
    return logits[-1].double().softmax(0).numpy()


def test_greedy_takes_the_likeliest_after_the_whole_prefix(checkpoint):
    text = charrnn.generate(checkpoint, "abc", 12, mode="greedy")
    assert text.startswith("abc") and len(text) == 15
    for i in range(3, 15):
        best = checkpoint.vocabulary.symbols[distribution(checkpoint, text[:i]).argmax()]
        assert text[i] == best


@pytest.mark.parametrize("cell", ["tanh", "relu", "gru", "lstm"])
@pytest.mark.parametrize("implementation", ["fast", "scratch", "torch"])
def test_every_model_writes(cell, implementation):
    vocabulary = Vocabulary.from_text("abcdefgh")
    for more in ({}, {"layers": 2}, {"bidirectional": True}, {"input": "tied"}):
        model = small_model(cell, implementation, **more)
        text = charrnn.generate(Checkpoint(model, vocabulary), "ab", 20, seed=1)
        assert len(text) == 22 and set(text) <= set("abcdefgh")


@pytest.mark.parametrize("alpha", [0.5, 1.0, 3.0])
def test_samples_follow_p_to_the_alpha(checkpoint, alpha):
    p = distribution(checkpoint, "ab")
    q = p**alpha / (p**alpha).sum()
    drawn = Counter(
        next(charrnn.stream(checkpoint, "ab", 1, alpha=alpha, seed=seed)) for seed in range(1500)
    )
    for symbol, probability in zip(checkpoint.vocabulary.symbols, q, strict=True):
        spread = 4 * math.sqrt(1500 * probability * (1 - probability)) + 1
        assert abs(drawn[symbol] - 1500 * probability) <= spread, symbol


def test_a_seed_repeats_a_text_and_another_changes_it(checkpoint):
    one, again, other = (
        charrnn.generate(checkpoint, "a", 60, alpha=0.3, seed=seed) for seed in (1, 1, 2)
    )
    assert one == again != other


def test_a_large_alpha_is_greedy(checkpoint):
    greedy = charrnn.generate(checkpoint, "a", 30, mode="greedy")
    assert charrnn.generate(checkpoint, "a", 30, alpha=1e6, seed=5) == greedy


@pytest.mark.parametrize("prefix", ["", "a", "ab\ncd\n", "aéb世c", "\ud800", "世界"])
def test_any_prefix_works_and_never_counts_in_the_length(checkpoint, prefix):
    text = charrnn.generate(checkpoint, prefix, 7, seed=0)
    assert text.startswith(prefix)
    assert len(text) == len(prefix) + 7
    assert charrnn.generate(checkpoint, prefix, 0) == prefix


def test_an_unknown_character_is_fed_as_unknown(checkpoint):
    one, other = (charrnn.generate(checkpoint, p, 20, seed=3)[1:] for p in ("é", "世"))
    known = charrnn.generate(checkpoint, "a", 20, seed=3)[1:]
    assert one == other != known
    assert checkpoint.vocabulary.unknown("aéa世é") == ["é", "世"]


def test_unk_is_never_generated_even_when_it_is_likeliest(checkpoint):
    with torch.no_grad():
        checkpoint.model.b_q[0] = 50.0
    text = "".join(charrnn.stream(checkpoint, "a", 200, seed=0))
    assert len(text) == 200 and "<" not in text
    assert "<" not in charrnn.generate(checkpoint, "a", 20, mode="greedy")
    assert all(one.character != "<unk>" for one in top_candidates(checkpoint, "a"))


def test_surprisal_is_that_of_the_models_own_p(checkpoint):
    text = "ab"
    for one in iter_characters(checkpoint, text, GenerationConfig(10, alpha=3.0, seed=1)):
        p = distribution(checkpoint, text)[checkpoint.vocabulary.symbols.index(one.character)]
        assert one.surprisal == pytest.approx(-math.log2(p), rel=1e-4, abs=1e-5)
        text += one.character


def test_the_table_of_next_characters_has_the_entropy_and_the_character_that_was_written(
    checkpoint,
):
    likeliest = top_candidates(checkpoint, "the", alpha=1.0, count=len(checkpoint.vocabulary))
    table = next_char_table(checkpoint, "the", likeliest[-1].character)
    assert table["entropy"] == pytest.approx(-sum(one.p * math.log2(one.p) for one in likeliest))
    assert table["written"] == {"character": likeliest[-1].character, "p": likeliest[-1].p}
    assert next_char_table(checkpoint, "the", "\u2603")["written"]["p"] == 0
    assert next_char_table(checkpoint, "the")["written"] is None


def test_the_likeliest_next_characters_explain_alpha(checkpoint):
    found = top_candidates(checkpoint, "ab", alpha=2.0, count=4)
    p = distribution(checkpoint, "ab")
    order = np.argsort(-p)[:4]
    assert [one.character for one in found] == [checkpoint.vocabulary.symbols[i] for i in order]
    assert [one.p for one in found] == pytest.approx(p[order].tolist(), rel=1e-4)
    q = p**2 / (p**2).sum()
    assert [one.q for one in found] == pytest.approx(q[order].tolist(), rel=1e-4)
    assert len(top_candidates(checkpoint, "ab", count=100)) == len(checkpoint.vocabulary) - 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"mode": "beam"}, "mode"),
        ({"alpha": 0.0}, "alpha"),
        ({"alpha": math.nan}, "alpha"),
        ({"length": -1}, "length"),
        ({"length": 10**9}, "length"),
        ({"seed": -1}, "seed"),
        ({"length": 2.5}, "length"),
        ({"length": "5"}, "length"),
        ({"length": None}, "length"),
        ({"length": True}, "length"),
        ({"seed": 1.5}, "seed"),
        ({"seed": "x"}, "seed"),
        ({"seed": False}, "seed"),
        ({"alpha": "1"}, "alpha"),
        ({"alpha": None}, "alpha"),
        ({"alpha": 10**400}, "alpha"),
        ({"mode": None}, "mode"),
        ({"prefix": None}, "prefix"),
        ({"prefix": b"a"}, "prefix"),
        ({"stop": ""}, "stop"),
        ({"stop": ["a", ""]}, "stop"),
        ({"stop": "a" * 101}, "stop"),
        ({"stop": ["a"] * 17}, "stop"),
        ({"stop": 5}, "stop"),
    ],
)
def test_bad_arguments_are_refused_before_anything_is_written(checkpoint, wrong, field):
    with pytest.raises(UserError) as caught:
        charrnn.stream(checkpoint, **{"prefix": "a"} | wrong)
    assert caught.value.field == field
    with pytest.raises(UserError):
        charrnn.generate(checkpoint, **{"prefix": "a"} | wrong)


def test_numbers_of_numpy_and_whole_floats_will_do(checkpoint):
    text = charrnn.generate(checkpoint, "a", 9, alpha=2.0, seed=3)
    assert text == charrnn.generate(
        checkpoint, "a", np.int64(9), alpha=np.float32(2), seed=np.uint8(3)
    )
    assert text == charrnn.generate(checkpoint, "a", 9.0, alpha=2, seed=3.0)


def test_a_model_that_overflows_says_so(checkpoint):
    with torch.no_grad():
        checkpoint.model.W_hq.fill_(torch.finfo(torch.float32).max)
        checkpoint.model.recurrence.layers[0].b_h.fill_(100.0)
    with pytest.raises(UserError, match="overflow"):
        charrnn.generate(checkpoint, "a", 3)


def test_generating_leaves_a_training_model_training(checkpoint):
    checkpoint.model.train()
    charrnn.generate(checkpoint, "a", 3)
    assert checkpoint.model.training and torch.is_grad_enabled()


@pytest.mark.parametrize(
    "call",
    [
        lambda path: charrnn.generate(path),
        lambda path: next(charrnn.stream(path)),
        lambda path: charrnn.score(path, "abc"),
        lambda path: next(charrnn.train(path)),
    ],
)
def test_a_path_where_what_it_holds_belongs_is_said_to_be_one(call, tmp_path):
    for path in (tmp_path, str(tmp_path)):
        with pytest.raises(UserError, match=r"(checkpoint|corpus) = .*: give (what load|a Corpus)"):
            call(path)


def test_a_model_without_a_vocabulary_has_nothing_to_say():
    empty = Checkpoint(small_model(vocabulary_size=1), Vocabulary(["<unk>"]))
    asked = (
        lambda: top_candidates(empty, "a"),
        lambda: charrnn.generate(empty, "a"),
        lambda: list(charrnn.stream(empty)),
    )
    for ask in asked:
        with pytest.raises(UserError, match=r"This model has an empty vocabulary\.") as refusal:
            ask()
        assert refusal.value.field == "checkpoint"


def test_a_text_ends_after_a_string_that_it_writes(checkpoint):
    whole = generate(checkpoint, "ab", 80, seed=3)
    end = whole[40:43]
    at = whole.index(end, 2) + len(end)
    assert generate(checkpoint, "ab", 80, seed=3, stop=end) == whole[:at]
    assert generate(checkpoint, "ab", 80, seed=3, stop=["zzz", end]) == whole[:at]
    assert generate(checkpoint, "ab", 80, seed=3, stop="zzz") == whole


def test_the_prefix_does_not_end_a_text(checkpoint):
    text = generate(checkpoint, "aba", 30, seed=1, stop="aba")
    assert len(text) > 3 and not text[3:-3].endswith("aba")
    first = generate(checkpoint, "ab", 1, seed=1)[-1]
    assert len(generate(checkpoint, "ab", 30, seed=1, stop="b" + first)) > 3


def test_each_of_many_texts_ends_by_itself(checkpoint):
    configs = [GenerationConfig(60, seed=seed, stop="a") for seed in range(8)]
    texts = generate_many(checkpoint, "b", configs)
    assert texts == [generate(checkpoint, "b", 60, seed=seed, stop="a") for seed in range(8)]
    assert len({len(text) for text in texts}) > 1
    assert all(text.endswith("a") and "a" not in text[:-1] for text in texts if len(text) < 61)


def test_surprisals_end_with_the_text(checkpoint):
    config = GenerationConfig(60, seed=4, stop="a")
    written = "".join(one.character for one in iter_characters(checkpoint, "b", config))
    assert "b" + written == generate(checkpoint, "b", 60, seed=4, stop="a")
