"""Search for hidden units that follow a concept."""

import json
import time

import numpy as np
import pytest
import torch
from conftest import small_model

import charrnn
from charrnn.checkpoint import Checkpoint
from charrnn.errors import UserError
from charrnn.inspection import CONCEPTS
from charrnn.inspection.concepts import line_position, parse_concept
from charrnn.inspection.units import max_characters, roc_auc
from charrnn.vocabulary import Vocabulary

PLAY = 'ROMEO:\n  I say "so (or so)" 12.\n\nFirst Lord:\nHELLO, World of 7! “Oh”\n'


def marked(concept, text=PLAY):
    """The characters of a text that a concept marks, with a dot for each run that is left out."""
    marks = parse_concept(concept).mark(text)
    shown = "".join(c if mark else "\0" for c, mark in zip(text, marks, strict=True))
    return [piece for piece in shown.split("\0") if piece]


@pytest.mark.parametrize(
    ("concept", "expected"),
    [
        ("quotes", ["so (or so)", "Oh"]),
        ("brackets", ["or so"]),
        ("line-start", ["ROM", "  I", "Fir", "HEL"]),
        ("line-end", ["EO:", "12.", "rd:", "Oh”"]),
        ("capitals", ["ROMEO", "HELLO"]),
        ("digits", ["12", "7"]),
        ("word-start", list("RIssosFLHWoO")),
        ("indentation", ["  "]),
        ("speaker", ["ROMEO:", "First Lord:"]),
        ("/o+ ?/", ["o ", "o", "o", "o", "o", "o"]),
        ([(0, 5), (7, 9)], ["ROMEO", "  "]),
        ("[[0, 5]]", ["ROMEO"]),
    ],
)
def test_a_concept_marks_its_characters(concept, expected):
    assert marked(concept) == expected


def test_every_concept_can_mark_a_short_text():
    for name, concept in CONCEPTS.items():
        for text in ("", "a", "\n", "ab", "a\n"):
            assert len(concept.mark(text)) == len(text), name


def test_a_quotation_mark_that_is_never_closed_ends_at_an_empty_line():
    assert marked("quotes", 'a "b c\n\nd "e" f') == ["e"]


def test_patterns_mark_characters_not_bytes():
    assert marked("/说./", "他说好。她说“不”。") == ["说好", "说“"]


def test_the_position_in_the_line_counts_what_has_been_read_of_it():
    assert line_position("ab\n\ncd").tolist() == [1, 2, 0, 0, 1, 2]


@pytest.mark.parametrize(
    "concept", ["", "vowels", "/(/", "//", "[[3, 3]]", "[[-1, 2]]", "[1, 2]", "[", "[true]", None,
                3, "/(a{1000}){1000}/", "/" + "a" * 300 + "/"],
)  # fmt: skip
def test_what_is_no_concept_is_refused(concept):
    with pytest.raises(UserError) as error:
        parse_concept(concept)
    assert error.value.field == "concept"


def test_a_pattern_that_is_slow_elsewhere_is_not_slow_here():
    start = time.thread_time()
    assert not parse_concept("/^(a+)+$/").mark("a" * 20_000 + "b").any()
    assert time.thread_time() - start < 5


def test_a_pattern_that_takes_too_long_is_given_up(monkeypatch):
    monkeypatch.setattr("charrnn.inspection.concepts._MAX_MATCHING_SECONDS", 0.0)
    with pytest.raises(UserError, match="takes too long"):
        parse_concept("/a/").mark("aaa")


@pytest.mark.parametrize("ties", [False, True])
def test_the_area_under_the_curve_counts_pairs(ties):
    random = np.random.default_rng(0)
    marked = random.normal(0.5, 1, 40).astype(np.float32)
    others = random.normal(0, 1, 60).astype(np.float32)
    if ties:
        marked, others = marked.round(), others.round()
    pairs = (marked[:, None] > others).mean() + (marked[:, None] == others).mean() / 2
    assert roc_auc(marked, others) == pytest.approx(pairs)


def planted(cell="lstm", **options):
    """A model one of whose units, number 3, tells whether the last character is an `a`."""
    vocabulary = Vocabulary.from_text("aaabbc\n")
    model = small_model(cell=cell, vocabulary_size=len(vocabulary), hidden_size=8, **options)
    for parameters in model.recurrence.by_layer():
        W_xh, W_hh = parameters["W_xh"], parameters["W_hh"]
        with torch.no_grad():
            for gate in range(W_xh.shape[1] // 8):
                W_xh[:, gate * 8 + 3], W_hh[:, gate * 8 + 3] = 0.0, 0.0
            candidate = 16 + 3 if cell in ("gru", "lstm") else 3
            W_xh[vocabulary.encode("a")[0], candidate] = -4.0
            parameters["b_h"][candidate] = 0.0
            if cell == "lstm":
                parameters["b_h"][[3, 11, 27]] = torch.tensor([10.0, -10.0, 10.0])  # I, F, O
            if cell == "gru":
                parameters["b_h"][11] = -10.0  # Z
    return Checkpoint(model, vocabulary)


TEXT = "".join(np.random.default_rng(1).choice(list("abbc\n"), 600))


@pytest.mark.parametrize("cell", ["tanh", "gru", "lstm"])
def test_a_planted_unit_is_found_and_scored_on_the_rest_of_the_text(cell):
    found = charrnn.find_units(planted(cell), TEXT, "/a/")
    best = next(unit for unit in found if unit.unit == 3)
    assert (best.layer, best.concept, best.low) == (0, "/a/", True)
    assert best.score > 0.95
    assert best.score_held_out > 0.95
    assert json.dumps(best.as_dict())


@pytest.mark.parametrize("count", [0, -1, "two", 1.5, True])
def test_what_is_no_number_of_units_is_refused(count):
    with pytest.raises(UserError) as error:
        charrnn.find_units(planted(), TEXT, "/a/", count=count)
    assert error.value.field == "count"


def test_the_score_held_out_is_of_text_that_was_not_searched():
    """In the second half of the text the marks mean something else."""
    first, second = TEXT[:300], TEXT[300:]
    spans = [(i, i + 1) for i, c in enumerate(first) if c == "a"]
    other = np.random.default_rng(2).choice(np.arange(300, 600), len(spans), replace=False)
    spans += [(int(i), int(i) + 1) for i in sorted(other)]
    assert all(unit.unit != 3 for unit in charrnn.find_units(planted(), first + second, spans))


def test_nothing_is_found_where_no_unit_follows():
    random = np.random.default_rng(5)
    spans = [(int(i), int(i) + 1) for i in sorted(random.choice(600, 150, replace=False))]
    assert charrnn.find_units(planted(), TEXT, spans) == []


def test_a_position_is_scored_by_the_share_of_variance():
    text = ("b" * 9 + "\n") * 60
    checkpoint = planted("tanh")
    with torch.no_grad():  # unit 5 grows along the line, and a newline sets it back
        (parameters,) = checkpoint.model.recurrence.by_layer()
        newline, b = checkpoint.vocabulary.encode("\nb")
        parameters["W_xh"][:, 5], parameters["W_hh"][:, 5] = 0.0, 0.0
        parameters["W_hh"][5, 5], parameters["b_h"][5] = 1.0, 0.0
        parameters["W_xh"][newline, 5], parameters["W_xh"][b, 5] = -1.0, 0.05
    found = {unit.unit: unit for unit in charrnn.find_units(checkpoint, text, "line-position")}
    assert found[5].score_held_out > 0.5
    assert not found[5].low


def test_too_few_marked_characters_are_refused():
    with pytest.raises(UserError, match="too few such characters"):
        charrnn.find_units(planted(), TEXT, "digits")
    with pytest.raises(UserError, match="too few such characters"):
        charrnn.find_units(planted(), "a\nb", "line-position")


def test_a_text_whose_activations_would_not_fit_is_refused(monkeypatch):
    monkeypatch.setattr("charrnn.inspection.units._MAX_VALUES", 1000)
    checkpoint = planted()
    assert max_characters(checkpoint) == 1000 // 16
    with pytest.raises(UserError, match="At most 62 characters"):
        charrnn.find_units(checkpoint, TEXT, "/a/")


def test_every_concept_can_be_searched():
    for concept in CONCEPTS:
        try:
            found = charrnn.find_units(planted("gru", layers=2), TEXT, concept)
        except UserError as error:
            assert error.field == "concept"
        else:
            assert all(0 <= unit.score_held_out <= 1 for unit in found)
