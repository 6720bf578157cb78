"""What is held out: the end of a text, passages from all over it, or lines."""

import numpy as np
import pytest

from charrnn.corpus import Corpus
from charrnn.errors import UserError
from charrnn.text import datasets
from charrnn.training import TrainingConfig

TIDE = datasets.load("tide-clock").text
NAMES = "".join(f"{first}{last}\n" for first in "ABCDEFGHIJ" for last in ("nna", "ert", "ola"))


def split(text, holdout, share=0.1, seed=0):
    return Corpus.from_text(text, validation=share).with_validation(share, holdout, seed)


@pytest.mark.parametrize("length", [2, 30, 200, 2_000, len(TIDE)])
@pytest.mark.parametrize("share", [0.02, 0.1, 0.5])
def test_passages_come_from_all_over_the_text_with_gaps_and_never_overlap(length, share):
    corpus = split(TIDE[:length], "spread", share)
    spans = corpus.split
    used = np.zeros(length, int)
    for begin, end in [*spans.training.tolist(), *spans.held_out.tolist()]:
        assert begin < end
        used[begin:end] += 1
    assert used.max() == 1, "no character is in both parts"
    assert len(corpus.training) + len(corpus.held_out) <= length
    if length >= 2_000:
        assert len(corpus.held_out) == pytest.approx(share * length, rel=0.25)
        middles = spans.held_out.mean(axis=1) / length
        assert middles[0] < 0.5 < middles[-1] and len(middles) > 1
        assert np.all(used.nonzero()[0] >= 0) and (used == 0).sum() > len(middles)
        assert len(corpus.training) > 0.75 * (1 - share) * length


def test_the_gap_around_a_passage_is_about_a_sentence_and_begins_between_words():
    corpus = split(TIDE, "spread")
    free = np.ones(len(TIDE), bool)
    for begin, end in corpus.split.training.tolist():
        free[begin:end] = False
    for begin, end in corpus.split.held_out.tolist():
        assert free[begin - 20 : end + 20].all()
        assert TIDE[begin - 1] in "\n " and TIDE[end - 1] in "\n "
    assert len(corpus.split.held_out) == 30


def test_passages_are_the_same_for_every_seed_and_lines_are_not():
    def held(holdout, seed):
        return split(TIDE, holdout, seed=seed).held_out.tolist()

    assert held("spread", 0) == held("spread", 1)
    assert held("lines", 0) == held("lines", 0) != held("lines", 1)


def test_lines_are_held_out_whole_from_all_over_the_text():
    corpus = split(NAMES, "lines", 0.2)
    held = corpus.vocabulary.decode(corpus.held_out.tolist()).splitlines()
    rest = corpus.vocabulary.decode(corpus.training.tolist()).splitlines()
    assert sorted(held + rest) == sorted(NAMES.splitlines())
    assert len(held) == 6 and len({name[0] for name in held}) > 2
    blocks = corpus.held_out_texts()
    assert all(
        block.startswith("\n") and block.endswith("\n") for block in blocks if block[0] < "A"
    )
    assert [block.strip("\n") for block in blocks] == held


def test_equal_lines_are_in_one_part_together():
    text = "".join(f"line {i % 12}\n" for i in range(120))
    corpus = split(text, "lines", 0.3)
    held = set(corpus.vocabulary.decode(corpus.held_out.tolist()).splitlines())
    rest = set(corpus.vocabulary.decode(corpus.training.tolist()).splitlines())
    assert held and rest and not held & rest


def test_a_long_line_is_not_held_out_where_less_is_wanted():
    text = "x" * 5_000 + "\n" + "".join(f"a line {i}\n" for i in range(50))
    for seed in range(5):
        assert len(split(text, "lines", 0.05, seed).held_out) < 300


@pytest.mark.parametrize("text", ["one line only", "one\nand\nthe\nsame\n" * 30])
def test_a_text_without_enough_different_lines_is_refused(text):
    with pytest.raises(
        UserError, match=r"at least 10 different lines.*holdout = spread"
    ) as refusal:
        len(split(text, "lines", 0.3).training)
    assert refusal.value.field == "holdout"
    with pytest.raises(UserError, match=r"holdout = middle"):
        Corpus.from_text(text, holdout="middle")


@pytest.mark.parametrize("holdout", ["end", "spread", "lines"])
def test_a_saved_corpus_is_split_as_before(holdout, tmp_path):
    corpus = split(TIDE[:5_000], holdout, seed=3)
    corpus.save(tmp_path)
    again = Corpus.open(tmp_path)
    assert (again.holdout, again.held_out.tolist()) == (holdout, corpus.held_out.tolist())
    assert again.sha256() == corpus.sha256()


def test_nothing_is_held_out_where_the_share_is_nothing():
    for holdout in ("end", "spread", "lines"):
        corpus = split(TIDE[:500], holdout, 0.0)
        assert (len(corpus.training), len(corpus.held_out)) == (500, 0)
        assert corpus.held_out_blocks == ()


def test_documents_are_held_out_whole_whatever_else_is_set():
    corpus = Corpus.from_text(NAMES, validation=0.2).with_documents("lines", 0)
    for holdout in ("end", "lines"):
        other = corpus.with_validation(None, holdout)
        held = other.vocabulary.decode(other.held_out.tolist())
        assert held.endswith("\n") and len(held.splitlines()) == 6
        assert len(other.held_out_blocks) == 1
    assert len(corpus.with_validation(0.0).held_out) == 0
    with pytest.raises(UserError, match="whole documents") as refusal:
        TrainingConfig(documents="lines", holdout="spread")
    assert refusal.value.field == "holdout"
