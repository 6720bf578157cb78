"""Runs that hold out passages or lines from all over a text."""

import math

import pytest
from small_runs import QUICK, named, run, with_changes, without_clock

import charrnn
from charrnn.corpus import Corpus
from charrnn.evaluation.held_out import blocks_nats, limit_blocks
from charrnn.model import CharRNN, ModelConfig
from charrnn.ngrams.baselines import baseline_perplexities
from charrnn.ngrams.kneser_ney import KneserNeyModels
from charrnn.text import datasets
from charrnn.training.holdout import baselines_of

TIDE = datasets.load("tide-clock").text
PARTS = ("end", "spread", "lines")


def split(text, holdout, share=0.1):
    return Corpus.from_text(text, validation=share, holdout=holdout)


@pytest.mark.parametrize("holdout", PARTS)
def test_the_validation_perplexity_is_the_score_of_the_same_blocks(holdout, tmp_path, no_picture):
    corpus = split(TIDE[:12_000], holdout)
    events = run(training=with_changes(QUICK, epochs=1), corpus=corpus, directory=tmp_path)
    assert events[0]["training"]["holdout"] == holdout
    kept = charrnn.load(tmp_path / "checkpoint")
    result = charrnn.score(kept, corpus.held_out_texts())
    assert result.perplexity == pytest.approx(events[-1]["validation_perplexity"], rel=0.002)
    blocks = len(corpus.held_out_blocks)
    assert result.protocol == ("carried" if blocks == 1 else f"carried, {blocks} texts")
    assert result.characters == sum(len(block) - 1 for block in corpus.held_out_blocks)


@pytest.mark.parametrize("holdout", ["spread", "lines"])
def test_a_run_with_blocks_is_resumed_exactly(holdout, tmp_path, no_picture):
    corpus = split(TIDE[:6_000], holdout)
    steps = []

    def commands():
        steps.append(1)
        return {"stop"} if len(steps) == 100 else set()

    whole = run(training=QUICK, corpus=corpus, directory=tmp_path / "whole")
    cut = run(training=QUICK, corpus=corpus, directory=tmp_path / "cut", commands=commands)
    assert cut[-1]["reason"] == "stopped"
    rest = run(training=QUICK, corpus=corpus, directory=tmp_path / "cut", resume=True)
    assert rest[-1]["validation_perplexity"] == whole[-1]["validation_perplexity"]
    assert without_clock(named(rest, "sample"))[-1] == without_clock(named(whole, "sample"))[-1]


def test_another_part_is_another_run(tmp_path, no_picture):
    run(training=with_changes(QUICK, epochs=1), corpus=split(TIDE[:3_000], "spread"),
        directory=tmp_path)  # fmt: skip
    with pytest.raises(charrnn.UserError, match="another holdout"):
        run(training=QUICK, corpus=split(TIDE[:3_000], "end"), directory=tmp_path, resume=True)


@pytest.mark.parametrize("cell", ["tanh", "lstm"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_blocks_side_by_side_have_the_loss_of_each_by_itself(cell, bidirectional):
    config = ModelConfig(
        cell=cell, hidden_size=8, initialization="uniform", bidirectional=bidirectional
    )
    corpus = split(TIDE[:6_000], "lines", 0.3)
    model = CharRNN(config, len(corpus.vocabulary))
    blocks = [*corpus.held_out_blocks, corpus.ids[:1], corpus.ids[:2], corpus.ids[:700]]
    each = [(len(block) - 1, blocks_nats(model, [block])) for block in blocks if len(block) > 1]
    mean = sum(count * nats for count, nats in each) / sum(count for count, _ in each)
    assert blocks_nats(model, blocks) == pytest.approx(mean, rel=1e-4)


def test_too_much_to_evaluate_is_shortened_all_over_the_text():
    ids = Corpus.from_text(TIDE).ids
    blocks = [ids[start : start + 2_000] for start in range(0, 60_000, 6_000)]
    some = limit_blocks(blocks, 8_000)
    assert [len(block) for block in some] == [800] * 10
    few = limit_blocks(blocks, 1_000)
    assert sum(map(len, few)) <= 1_024 and few[-1][0] == blocks[-1][0]
    assert limit_blocks(few, 1_000) == few or sum(map(len, limit_blocks(few, 1_000))) <= 1_000
    assert [len(block) for block in limit_blocks(blocks[:1], 700)] == [700]
    lines = [ids[start : start + 20] for start in range(0, 60_000, 30)]
    assert sum(map(len, limit_blocks(lines, 8_000))) == 8_000


def test_ngrams_are_scored_on_the_same_characters():
    """By hand: each block by itself, without what precedes it."""
    corpus = split(TIDE[:8_000], "spread")
    models = KneserNeyModels(corpus.training, len(corpus.vocabulary))
    p, seen = models.score_blocks(corpus.held_out_blocks)
    column = 0
    for block in corpus.held_out_blocks:
        alone, contexts = models.score(block, block[:0])
        count = len(block) - 1
        assert (p[:, column : column + count] == alone[:, 1:]).all()
        assert (seen[column : column + count] == contexts[1:]).all()
        column += count
    assert column == p.shape[1]
    found = baselines_of(corpus)
    assert 1 < found.ngram < found.unigram < found.uniform == len(corpus.vocabulary)
    at_end = split(TIDE[:8_000], "end")
    size = len(at_end.vocabulary)
    assert baselines_of(at_end) == baseline_perplexities(at_end.training, at_end.held_out, size)


def test_a_model_that_beats_a_uniform_guess_never_stands_is_not_that_of_the_first_step(monkeypatch):
    """A held-out part without any warning, on which no model is any good."""
    corpus = Corpus.from_text(TIDE[:2_000])
    uniform = math.log(len(corpus.vocabulary))
    nats = iter([uniform + 0.5 + 0.1 * i for i in range(99)])
    monkeypatch.setattr("charrnn.training.best_model.blocks_nats", lambda *_: next(nats))
    end = run(training=QUICK, corpus=corpus)[-1]
    assert end["kept_step"] == end["step"]
