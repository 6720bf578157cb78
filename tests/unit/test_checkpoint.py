"""Checkpoints: what is saved comes back, and what is invalid is refused with a reason."""

import json
import os

import pytest
import torch
from conftest import small_model
from safetensors import safe_open
from safetensors.torch import load_file, save_file

import charrnn
from charrnn.checkpoint import Checkpoint, load, save
from charrnn.checkpoint.format import CONFIG, SAMPLES, WEIGHTS
from charrnn.checkpoint.logs import bytes_of
from charrnn.checkpoint.model_card import card
from charrnn.errors import UserError
from charrnn.hub.upload_files import build
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


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_a_checkpoint_of_half_the_size_is_rounded_once_and_stays_as_it_is(dtype, tmp_path):
    vocabulary = Vocabulary.from_text("abc")
    saved = Checkpoint(small_model("lstm", vocabulary_size=len(vocabulary)), vocabulary)
    whole = (save(saved, tmp_path / "whole") / WEIGHTS).stat().st_size
    half = save(saved, tmp_path / "half", dtype=dtype)
    assert (half / WEIGHTS).stat().st_size < 0.7 * whole
    assert json.loads((half / CONFIG).read_text())["format"] == 2
    opened = load(half)
    assert opened.dtype == dtype and saved.dtype == "float32"
    for name, weight in saved.model.state_dict().items():
        rounded = opened.model.state_dict()[name]
        assert rounded.dtype == torch.float32
        assert torch.equal(rounded, weight.to(getattr(torch, dtype)).float())
    save(opened, tmp_path / "again")  # as a push does
    again = load_file(tmp_path / "again" / WEIGHTS)
    for name, weight in load_file(half / WEIGHTS).items():
        assert again[name].dtype == weight.dtype and torch.equal(again[name], weight)
    assert (tmp_path / "again" / CONFIG).read_bytes() == (half / CONFIG).read_bytes()
    assert build(half, "ann/rain")[CONFIG] == (half / CONFIG).read_bytes()


def test_weights_that_half_precision_cannot_hold_are_not_saved(tmp_path):
    vocabulary = Vocabulary.from_text("abc")
    saved = Checkpoint(small_model("tanh", vocabulary_size=len(vocabulary)), vocabulary)
    with torch.no_grad():
        saved.model.b_q[0] = 1e5
    with pytest.raises(UserError, match="too large for float16"):
        save(saved, tmp_path, dtype="float16")
    with pytest.raises(UserError, match="dtype = 'int8': choose one of float32, float16, bfloat16"):
        save(saved, tmp_path, dtype="int8")
    assert not any(tmp_path.iterdir())
    save(saved, tmp_path, dtype="bfloat16")


@pytest.mark.parametrize(
    ("format_", "dtypes", "why"),
    [
        (1, [torch.float16], "is F16, not float32"),
        (2, [torch.float32], "is F32, not float16 / bfloat16"),
        (2, [torch.float16, torch.bfloat16], "its weights are of several types"),
    ],
)
def test_a_file_has_the_types_that_its_format_allows(format_, dtypes, why, checkpoint, tmp_path):
    config = checkpoint.config() | {"format": format_}
    state = checkpoint.model.state_dict()
    weights = {
        name: w.to(dtypes[i % len(dtypes)]).contiguous()
        for i, (name, w) in enumerate(state.items())
    }
    save_file(weights, tmp_path / WEIGHTS, {"charrnn": json.dumps(config)})
    with pytest.raises(UserError, match=why):
        load(tmp_path)


def test_a_small_file_may_not_hold_too_large_a_model(checkpoint, tmp_path, monkeypatch):
    save(checkpoint, tmp_path)
    monkeypatch.setattr("charrnn.checkpoint.checks.MAX_PARAMETERS", 10)
    with pytest.raises(UserError, match="its model has more than 10 parameters"):
        load(tmp_path)


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


def forged(tmp_path, checkpoint, *, config):
    """A checkpoint file with some of its configuration replaced."""
    tensors = {k: v.contiguous() for k, v in checkpoint.model.state_dict().items()}
    path = tmp_path / "forged.safetensors"
    save_file(tensors, path, {"charrnn": json.dumps(checkpoint.config() | config)})
    return path


def test_a_history_is_no_longer_than_a_page_can_bear(checkpoint, tmp_path):
    long = "x" * 1_500
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
    with pytest.raises(UserError, match="at most 99,999 symbols"):
        save(checkpoint, tmp_path)


def test_longer_prefixes_than_can_be_opened_are_not_saved(checkpoint, tmp_path):
    checkpoint.about = {"prefixes": ["a" * (1 << 20)]}
    with pytest.raises(UserError, match="at most 1 MB: shorten the prefixes"):
        save(checkpoint, tmp_path)
    assert not any(tmp_path.iterdir())
    checkpoint.about = {"prefixes": ['"' * 500_000]}
    assert load(save(checkpoint, tmp_path)).about["prefixes"] == ['"' * 1_000]


@pytest.mark.parametrize("cell", ["tanh", "relu", "gru", "lstm"])
@pytest.mark.parametrize(
    "shape", [{}, {"input": "embedding"}, {"input": "tied"}, {"bidirectional": True}]
)
def test_weights_that_overflow_are_refused_and_those_that_nearly_do_are_not(cell, shape, tmp_path):
    vocabulary = Vocabulary.from_text("abc")
    model = small_model(cell, vocabulary_size=len(vocabulary), **shape)
    saved = Checkpoint(model, vocabulary)
    for parameter in model.parameters():
        parameter.data.mul_(1e4)
    load(save(saved, tmp_path))
    model.output_weights.data.fill_(3e38)
    with pytest.raises(UserError, match="so large that the model's numbers overflow"):
        load(save(saved, tmp_path))


def test_a_model_without_a_vocabulary_is_not_saved(tmp_path):
    empty = Checkpoint(small_model(vocabulary_size=1), Vocabulary(["<unk>"]))
    with pytest.raises(UserError, match="empty vocabulary"):
        save(empty, tmp_path / "empty")
    assert not (tmp_path / "empty").exists()


def test_links_are_read_where_the_hub_s_cache_has_them_and_nowhere_else(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("[]")
    repo = tmp_path / "hub" / "models--ada--m"
    place = repo / "snapshots" / "abc"
    place.mkdir(parents=True)
    blobs = [repo / "blobs" / "d0", tmp_path / "hub" / "blobs" / "ab" / ("ab" * 32)]
    for blob in blobs:
        blob.parent.mkdir(parents=True)
        blob.write_text("[]")
        (place / SAMPLES).symlink_to(os.path.relpath(blob, place))
        assert bytes_of(place, SAMPLES) == b"[]"
        blob.unlink()
        blob.symlink_to(secret)
        assert bytes_of(place, SAMPLES) is None
        (place / SAMPLES).unlink()
    for target in (secret, "../../../../secret", "../../blobs/nothing"):
        (place / SAMPLES).symlink_to(target)
        assert bytes_of(place, SAMPLES) is None
        (place / SAMPLES).unlink()
    (tmp_path / SAMPLES).symlink_to(secret)
    assert bytes_of(tmp_path, SAMPLES) is None
