"""What is wrong with the arguments of the package's functions is said in a sentence."""

import pytest
from small_runs import QUICK, SMALL, corpus, named, run

import charrnn
from charrnn.checkpoint import Checkpoint
from charrnn.errors import UserError


@pytest.mark.parametrize("bad", [[], b"x", None, {}, 5], ids=repr)
@pytest.mark.parametrize(
    "call",
    [
        charrnn.Corpus.from_text,
        charrnn.Vocabulary.from_text,
        charrnn.train,
        charrnn.load,
        charrnn.from_hub,
        charrnn.generate,
        charrnn.stream,
        lambda bad: charrnn.score(bad, "a text"),
        lambda bad: charrnn.save(bad, "nowhere"),
        lambda bad: charrnn.CharRNN(bad, 5),
        lambda bad: charrnn.push_to_hub(bad, "ada/letters"),
    ],
)
def test_an_argument_of_a_wrong_type_is_refused(call, bad):
    with pytest.raises(UserError, match=": give "):
        call(bad)


@pytest.mark.parametrize(
    "bad",
    [None, 5, "ab", b"ab", {}, {"<unk>": 0}, {"<unk>"}, ["<unk>", 5], ["<unk>", None], [b"a"]],
    ids=repr,
)
def test_symbols_that_are_no_list_of_texts_are_refused(bad):
    with pytest.raises(UserError, match=r"^symbols = .*: give a list of texts"):
        charrnn.Vocabulary(bad)


@pytest.mark.parametrize("bad", [None, 5.5, b"x", []], ids=repr)
def test_paths_texts_and_sizes_of_a_wrong_type_are_refused(bad):
    vocabulary = charrnn.Vocabulary.from_text("abc")
    checkpoint = Checkpoint(charrnn.CharRNN(SMALL, len(vocabulary)), vocabulary)
    for call in (vocabulary.encode, vocabulary.unknown):
        with pytest.raises(UserError, match=r"^text = .*: give a text"):
            call(bad)
    with pytest.raises(UserError, match=r"^directory = .*: give a path"):
        charrnn.save(checkpoint, bad)
    with pytest.raises(UserError, match=r"^vocabulary_size = .*: give a whole number"):
        charrnn.CharRNN(SMALL, bad)
    if bad is not None:  # which keeps nothing
        with pytest.raises(UserError, match=r"^directory = .*: give a path"):
            charrnn.train(corpus(), SMALL, QUICK, directory=bad)


def test_a_model_of_no_symbols_is_refused():
    with pytest.raises(UserError, match="at least one symbol"):
        charrnn.CharRNN(SMALL, 0)


def test_swapped_configurations_are_told():
    for model, training in ((QUICK, SMALL), ({}, QUICK), (SMALL, {})):
        with pytest.raises(UserError, match=r"give a (ModelConfig|TrainingConfig)"):
            charrnn.train(corpus(), model, training)


def test_a_string_is_one_prefix():
    samples = named(run(prefixes="the "), "sample")
    assert {event["prefix"] for event in samples} == {"the "}


def test_a_run_is_not_overwritten_by_another(tmp_path):
    run(directory=tmp_path)
    before = (tmp_path / "checkpoint" / "model.safetensors").read_bytes()
    with pytest.raises(UserError, match="already holds a run"):
        charrnn.train(corpus(), SMALL, QUICK, directory=tmp_path)
    assert (tmp_path / "checkpoint" / "model.safetensors").read_bytes() == before
