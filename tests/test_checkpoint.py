"""Checkpoints: what is saved comes back, and what is unsound is refused with a reason."""

import json
import os

import pytest
import torch
from conftest import small_model
from safetensors import safe_open
from safetensors.torch import save_file

import charrnn
from charrnn.checkpoint import CONFIG, WEIGHTS, Checkpoint, load, save
from charrnn.errors import UserError
from charrnn.modelcard import card
from charrnn.vocabulary import Vocabulary


@pytest.mark.parametrize("implementation", ["fast", "scratch", "torch"])
@pytest.mark.parametrize("cell", ["tanh", "relu", "gru", "lstm"])
def test_a_checkpoint_comes_back_as_it_was(cell, implementation, tmp_path):
    vocabulary = Vocabulary.from_text("abcé世\n💧\u202e")
    model = small_model(cell, implementation, layers=2, vocabulary_size=len(vocabulary))
    saved = Checkpoint(model, vocabulary, {"name": "it", "results": {"train_perplexity": 2.5}})
    for source in (save(saved, tmp_path), tmp_path / WEIGHTS, str(tmp_path)):
        opened = load(source)
        assert opened.vocabulary == vocabulary and opened.about == saved.about
        assert (opened.name, opened.perplexity) == ("it", 2.5)
        assert opened.model.config == model.config
        state = opened.model.state_dict()
        assert all(torch.equal(state[name], w) for name, w in model.state_dict().items())
    assert charrnn.generate(opened, "ab", 9, seed=1) == charrnn.generate(saved, "ab", 9, seed=1)


def test_the_one_file_is_enough_and_the_json_says_the_same(checkpoint, tmp_path):
    save(checkpoint, tmp_path)
    readable = json.loads((tmp_path / CONFIG).read_text(encoding="utf-8"))
    with safe_open(tmp_path / WEIGHTS, "pt") as file:
        assert json.loads(file.metadata()["charrnn"]) == readable
    (tmp_path / CONFIG).unlink()
    assert load(tmp_path).vocabulary == checkpoint.vocabulary


def test_a_failed_write_leaves_the_old_checkpoint(checkpoint, tmp_path, monkeypatch):
    save(checkpoint, tmp_path)
    before = (tmp_path / WEIGHTS).read_bytes()

    def full(file):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    checkpoint.about["name"] = "another"
    with pytest.raises(OSError, match="No space"):
        save(checkpoint, tmp_path)
    assert (tmp_path / WEIGHTS).read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([WEIGHTS, CONFIG])


def forged(tmp_path, checkpoint, *, config=None, weights=None, text=None):
    """A checkpoint file with some of its configuration or weights replaced."""
    tensors = {k: v.contiguous() for k, v in checkpoint.model.state_dict().items()}
    tensors |= weights or {}
    tensors = {k: v for k, v in tensors.items() if v is not None}
    sound = checkpoint.config() | (config or {})
    text = json.dumps(sound) if text is None else text
    path = tmp_path / "forged.safetensors"
    save_file(tensors, path, {"charrnn": text})
    return path


def changed_model(checkpoint, **changes):
    return {"model": checkpoint.config()["model"] | changes}


UNSOUND_CONFIGS = {
    "another format": {"format": 2},
    "a boolean format": {"format": True},
    "no symbols": {"symbols": None},
    "symbols as a list": {"symbols": ["a"]},
    "a symbol twice": {"symbols": "aab"},
    "half a surrogate pair": {"symbols": "ab\ud800"},
    "too many symbols": {"symbols": "".join(map(chr, range(0xE000, 0xF8FF))) * 20},
    "a model that is no object": {"model": [1]},
    "a model without settings": {"model": {}},
}


@pytest.mark.parametrize("config", UNSOUND_CONFIGS.values(), ids=UNSOUND_CONFIGS)
def test_an_unsound_configuration_is_refused(config, checkpoint, tmp_path):
    with pytest.raises(UserError, match="cannot be opened") as caught:
        load(forged(tmp_path, checkpoint, config=config))
    assert caught.value.field == "checkpoint" and len(caught.value.message) < 400


@pytest.mark.parametrize(
    "changes",
    [
        {"layers": 20_000},
        {"hidden_size": 10**9},
        {"hidden_size": -1},
        {"hidden_size": True},
        {"hidden_size": 1e3},
        {"cell": "os.system"},
        {"dropout": "0"},
        {"more": 1},
        {"hidden_size": 17},
        {"layers": 2},
        {"input": "embedding"},
    ],
)
def test_a_model_that_does_not_fit_its_weights_is_refused(changes, checkpoint, tmp_path):
    with pytest.raises(UserError, match="cannot be opened"):
        load(forged(tmp_path, checkpoint, config=changed_model(checkpoint, **changes)))


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "[" * 100_000, '{"format": NaN}', "1" * 5_000, '{"format": 1}'],
    ids=["empty", "open", "list", "null", "deep", "nan", "digits", "bare"],
)
def test_metadata_that_is_no_configuration_is_refused(text, checkpoint, tmp_path):
    with pytest.raises(UserError, match="cannot be opened"):
        load(forged(tmp_path, checkpoint, text=text))


UNSOUND_HISTORIES = {
    "a corpus that is a list": {"corpus": ["songs"]},
    "a corpus that is a text": {"corpus": "songs"},
    "a corpus of a length in words": {"corpus": {"characters": "many"}},
    "a corpus named by a number": {"corpus": {"name": 5}},
    "results that are a text": {"results": "good"},
    "a perplexity in words": {"results": {"validation_perplexity": "low"}},
    "a perplexity that is true": {"results": {"train_perplexity": True}},
    "a perplexity of hundreds of digits": {"results": {"train_perplexity": 10**400}},
    "baselines that are a number": {"results": {"baselines": 7}},
    "a baseline that is a list": {"results": {"baselines": {"uniform": [1]}}},
    "training settings that are a list": {"training": [1]},
    "prefixes that are a text": {"prefixes": "the"},
    "a prefix that is a number": {"prefixes": ["the", 1]},
    "a recipe that is an object": {"recipe": {"name": "sprint"}},
    "a name that is a number": {"name": 1},
}


@pytest.mark.parametrize("config", UNSOUND_HISTORIES.values(), ids=UNSOUND_HISTORIES)
def test_an_unsound_history_is_refused(config, checkpoint, tmp_path):
    with pytest.raises(UserError, match="cannot be opened: its") as caught:
        load(forged(tmp_path, checkpoint, config=config))
    assert len(caught.value.message) < 400


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "Infinity"])
def test_numbers_that_are_not_finite_are_refused(number, checkpoint, tmp_path):
    sound = json.dumps(checkpoint.config() | {"results": {"validation_perplexity": 12345}})
    with pytest.raises(UserError, match="cannot be opened"):
        load(forged(tmp_path, checkpoint, text=sound.replace("12345", number)))


def test_a_history_is_no_longer_than_a_page_can_bear(checkpoint, tmp_path):
    long = "x" * 5_000
    config = {
        "name": long,
        "corpus": {"name": long, "characters": 5, "more": {"a": long}, "path": long},
        "training": {str(i): long for i in range(300)},
        "prefixes": [long] * 300,
        "recipe": "half a pair \ud800",
        "results": {"validation_perplexity": 2, "baselines": {long: 3.5}},
    }
    opened = load(forged(tmp_path, checkpoint, config=config))
    assert len(json.dumps(opened.about)) < 200_000
    assert opened.name.startswith("xxx") and opened.perplexity == 2.0
    assert opened.about["corpus"]["characters"] == 5
    assert "half a pair" in card(opened, []).encode().decode()


def test_a_history_with_gaps_still_makes_a_card(checkpoint, tmp_path):
    config = {
        "corpus": {"name": "a\n# b", "characters": None},
        "results": {"seconds": None, "train_perplexity": None, "baselines": None},
        "training": None,
        "recipe": "`x`\n# y",
    }
    text = card(load(forged(tmp_path, checkpoint, config=config)), [])
    assert "\n# b" not in text and "\n# y" not in text


def test_more_symbols_than_can_be_opened_are_not_saved(checkpoint, tmp_path):
    symbols = [chr(i) for i in range(0x10000, 0x10000 + 100_000)]
    checkpoint.vocabulary = Vocabulary(["<unk>", *symbols])
    with pytest.raises(UserError, match="100,000 symbols at most"):
        save(checkpoint, tmp_path)
    with pytest.raises(UserError, match="it has 100,000 symbols"):
        load(forged(tmp_path, checkpoint))


UNSOUND_WEIGHTS = {
    "a bias is missing": {"b_q": None},
    "one too many": {"extra": torch.zeros(1)},
    "another shape": {"b_q": torch.zeros(8)},
    "a shape of no elements": {"b_q": torch.zeros(2**40, 0)},
    "another type": {"b_q": torch.zeros(9, dtype=torch.float64)},
    "integers": {"b_q": torch.zeros(9, dtype=torch.int32)},
    "not a number": {"b_q": torch.full((9,), float("nan"))},
    "infinite": {"b_q": torch.full((9,), float("inf"))},
}


@pytest.mark.parametrize("weights", UNSOUND_WEIGHTS.values(), ids=UNSOUND_WEIGHTS)
def test_unsound_weights_are_refused(weights, checkpoint, tmp_path):
    with pytest.raises(UserError, match="cannot be opened"):
        load(forged(tmp_path, checkpoint, weights=weights))


@pytest.mark.parametrize("data", [b"", b"\x80\x04pickle", b"\xff" * 100, b"\0" * 64])
def test_a_file_that_is_no_safetensors_is_refused(data, tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(data)
    with pytest.raises(UserError, match="not a readable safetensors file"):
        load(path)


def test_what_is_not_there_or_too_large_is_refused(tmp_path):
    with pytest.raises(UserError, match="there is no checkpoint at"):
        load(tmp_path)
    with pytest.raises(UserError, match="there is no checkpoint at"):
        load(tmp_path / "nothing.safetensors")
    huge = tmp_path / "model.safetensors"
    with huge.open("wb") as file:
        file.truncate(65 << 20)
    with pytest.raises(UserError, match="larger than 64 MB"):
        load(huge)


def test_weights_without_a_configuration_are_refused(tmp_path):
    save_file({"w": torch.zeros(2)}, tmp_path / WEIGHTS)
    with pytest.raises(UserError, match="no charrnn configuration"):
        load(tmp_path)
