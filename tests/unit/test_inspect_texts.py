"""The texts that a model can read: its held-out passages are texts by themselves."""

from conftest import small_model

from charrnn.checkpoint import Checkpoint
from charrnn.corpus import Corpus
from charrnn.text import datasets
from charrnn.ui.inspect.texts import choose_text, is_held_out, text_options

TIDE = datasets.load("tide-clock").text[:20_000]


def opened(holdout):
    corpus = Corpus.from_text(TIDE, holdout=holdout)
    model = small_model(vocabulary_size=len(corpus.vocabulary))
    return Checkpoint(model, corpus.vocabulary), corpus


def test_each_held_out_passage_is_a_text():
    checkpoint, corpus = opened("spread")
    passages = corpus.held_out_texts()
    own = [option for option in text_options(checkpoint, corpus, "en") if is_held_out(option[1])]
    assert own[0] == [f"Held-out passage 1 of {len(passages)}", "held-out:1"]
    assert [key for _, key in own] == [f"held-out:{i + 1}" for i in range(len(passages))]
    for (_, key), passage in zip(own, passages, strict=True):
        chosen = choose_text(checkpoint, corpus, key, "", own[0][1])
        assert (chosen.source, chosen.text) == (key, passage)
    elsewhere = choose_text(checkpoint, corpus, "held-out", "", own[0][1])
    assert elsewhere.source == "held-out:1"


def test_the_end_and_lines_are_one_text():
    for holdout in ("end", "lines"):
        checkpoint, corpus = opened(holdout)
        options = text_options(checkpoint, corpus, "zh")
        assert options[0] == ["其文本的留出部分", "held-out"]
        chosen = choose_text(checkpoint, corpus, "held-out", "", "held-out")
        assert chosen.text == corpus.vocabulary.decode(corpus.held_out.tolist())
