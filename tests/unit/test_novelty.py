"""Compare a generated text with the training text."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import charrnn
from charrnn.errors import UserError
from charrnn.inspection import memorization
from charrnn.inspection.memorization import CopiedSpan

TRAINING = (
    "The tide clock stood in the hall, and nobody had wound it.\n"
    "Ada said that it would go on without them.\n"
    "Every night it struck the hour of the water.\n"
)


def test_a_stretch_that_was_copied_is_found_in_its_place():
    copied = "nobody had wound it.\nAda said"
    result = charrnn.novelty("And so " + copied + "? No.", TRAINING)
    (span,) = result.copied_spans
    assert (span.start, span.end) == (6, 7 + len(copied))  # with the space before it
    assert TRAINING[span.training_start :].startswith(" " + copied)
    assert result.longest == len(copied) + 1
    assert result.copied == pytest.approx(result.longest / result.characters)


def test_whole_lines_are_counted():
    result = charrnn.novelty("Ada said that it would go on without them.\nNot this.\n\n", TRAINING)
    assert (result.lines, result.copied_lines) == (2, 1)
    said = TRAINING.index("Ada said")
    assert result.line_spans == [
        CopiedSpan(0, len("Ada said that it would go on without them."), said)
    ]


def test_a_short_line_that_was_copied_is_found_in_its_first_place():
    result = charrnn.novelty("\nsea\nthe sea", "the sea\n\nsea\nsea\n")
    assert result.line_spans == [CopiedSpan(1, 4, 9), CopiedSpan(5, 12, 0)]
    assert (result.lines, result.copied_spans) == (2, [])


def test_two_copies_that_overlap_are_both_told():
    first, second = TRAINING[4:40], TRAINING[100:140]
    training = first + second[:25] + " … " + first[-15:] + second
    result = charrnn.novelty(first + second, training)
    expected = [(0, 61), (len(first) - 15, len(first + second))]
    assert [(span.start, span.end) for span in result.copied_spans] == expected
    for span in result.copied_spans:
        stretch = (first + second)[span.start : span.end]
        assert training[span.training_start :].startswith(stretch)


def test_the_share_of_new_ngrams():
    result = charrnn.novelty("abcdX", "abcde")
    assert result.new_ngrams[4] == pytest.approx(1 / 2)
    assert result.new_ngrams[8] is None
    assert result.longest == 4
    assert result.copied_spans == []


def test_a_script_without_spaces_counts_shorter_stretches():
    training = "分开了很久的潮水又回到岸边。\n夜里的钟声还在响。" * 5
    result = charrnn.novelty("我说：潮水又回到岸边。好", training)
    assert result.min_characters == 8
    assert result.copied_spans == [CopiedSpan(3, 11, training.index("潮水又回到岸边。"))]


def test_nothing_is_copied_from_another_text():
    result = charrnn.novelty("zzzz qqqq", TRAINING)
    assert (result.longest, result.copied, result.copied_lines) == (1, 0, 0)
    assert result.new_ngrams[4] == 1


def test_the_result_is_json():
    assert json.loads(json.dumps(charrnn.novelty(TRAINING, TRAINING).as_dict()))["longest"] == len(
        TRAINING
    )


@pytest.mark.parametrize(("generated", "training"), [("", "a"), ("a", "")])
def test_an_empty_text_is_refused(generated, training):
    with pytest.raises(UserError, match="nothing to compare"):
        charrnn.novelty(generated, training)


def by_brute_force(generated, training, least):
    """Every match of at least `least` characters that no other one contains, by trying them all."""
    spans = []
    for start in range(len(generated)):
        end = start
        while end < len(generated) and generated[start : end + 1] in training:
            end += 1
        if end - start >= least and all(end > other for _, other in spans):
            spans.append((start, end))
    longest = max(
        n for n in range(len(generated) + 1) for i in range(len(generated) - n + 1)
         if generated[i : i + n] in training
    )  # fmt: skip
    return spans, longest


@settings(max_examples=300, deadline=None)
@given(st.text("ab", min_size=1, max_size=60), st.text("ab", min_size=1, max_size=80))
def test_every_longest_match_is_found(generated, training):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memorization, "MIN_COPY_CHARACTERS", 5)
        result = charrnn.novelty(generated, training)
    spans, longest = by_brute_force(generated, training, 5)
    assert [(span.start, span.end) for span in result.copied_spans] == spans
    assert result.longest == longest
    for n, share in result.new_ngrams.items():
        grams = [generated[i : i + n] for i in range(len(generated) - n + 1)]
        if grams:
            assert share == pytest.approx(sum(g not in training for g in grams) / len(grams))
        else:
            assert share is None
    for span in result.copied_spans:
        assert training[span.training_start :].startswith(generated[span.start : span.end])
    covered = {at for start, end in spans for at in range(start, end)}
    assert result.copied == pytest.approx(len(covered) / len(generated))
