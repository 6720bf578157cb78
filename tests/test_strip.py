"""The evolution strip: which sample stands in which row, beside which figure."""

import pytest
from telling import checkpoint, end, progress, sample, start, story, written


def shares(rows):
    return [row["share"] for row in rows]


def figures(rows):
    return [row["sample"] and row["sample"]["perplexity"] for row in rows]


def test_the_strip_has_five_rows_from_the_start():
    rows = story(start()).rows()
    assert [row["share"] for row in rows] == [0.0, 0.1, 0.25, 0.5, 1.0]
    assert written(rows) == [None] * 5


def test_samples_fill_the_rows_of_their_shares():
    events = [sample(step, text=str(step)) for step in (0, 11, 26, 52)]
    rows = story(start(), *events).rows()
    assert written(rows) == ["0", "11", "26", "52", None]
    assert [row["share"] for row in rows] == [0, 0.1, 0.25, 0.5, 1]


def test_a_sample_asked_for_stands_in_the_row_that_waits_until_its_own_comes():
    events = [start(), sample(0), sample(10), sample(26), sample(31, text="asked")]
    asked = story(*events).rows()
    assert written(asked)[3:] == ["asked", None]
    assert asked[3]["now"] and asked[3]["share"] == pytest.approx(0.31)
    after = story(*events, sample(50, text="due")).rows()
    assert written(after)[3:] == ["due", None] and not after[3]["now"]


def test_a_run_that_diverged_at_once_keeps_what_it_had():
    events = [start(), sample(0), progress(1), end(1, "diverged", held=None)]
    value = story(*events).value()
    assert written(value["rows"]) == ["b", None, None, None, None]
    assert value["last"]["held"] == 8.0


def test_a_run_with_no_known_end_shows_the_first_sample_and_the_latest():
    events = [sample(step, text=str(step)) for step in range(0, 80, 10)]
    rows = story(start(seconds=None), *events).rows()
    assert written(rows) == ["0", "40", "50", "60", "70"]
    assert rows[0]["sample"]["share"] == 0.0 and rows[1]["share"] is None


def test_other_prefixes_at_the_same_step_share_a_row():
    rows = story(start(), sample(0, prefix="a"), sample(0, prefix="c", text="d")).rows()
    assert rows[0]["sample"]["texts"] == [["a", "b"], ["c", "d"]]
    assert written(rows)[1] is None


def test_a_row_far_from_its_share_says_so():
    rows = story(start(), sample(0), sample(35)).rows()
    assert shares(rows)[2] == pytest.approx(0.35)


def test_once_a_run_has_ended_its_rows_stand_together():
    skipped = story(start(), sample(0, text="0"), sample(50, text="50"), sample(99), end(99)).rows()
    assert written(skipped) == ["0", "50", "b", None, None]
    assert shares(skipped) == [0, 0.5, 1, None, None]
    early = [sample(step, text=str(step)) for step in (0, 10, 25, 27, 29)]
    stopped = story(start(), *early, end(29, "stopped")).rows()
    assert written(stopped) == ["0", "10", "25", "29", None]
    assert shares(stopped)[3:] == [pytest.approx(0.29), None]


def test_an_earlier_run_has_no_empty_rows():
    past = story(start(), sample(0), sample(50), sample(99), end(99))
    past.earlier = True
    assert shares(past.rows()) == [0, 0.5, 1]


def test_the_untrained_model_has_no_figure_but_its_own():
    later = story(start(), sample(0), progress(1, held=39.0))
    assert figures(later.rows())[0] is None
    own = story(start(), progress(0, held=62.0), sample(0), progress(1, held=39.0))
    assert figures(own.rows())[0] == 62.0


def test_a_figure_waits_for_the_next_measurement():
    events = [start(), progress(1, held=39.0), sample(10)]
    assert figures(story(*events).rows())[1] is None, "39 is another model's"
    events.append(progress(11, held=39.0))
    assert figures(story(*events).rows())[1] is None, "nothing was measured anew"
    events += [progress(13, held=10.7), progress(14, held=9.0)]
    assert figures(story(*events).rows())[1] == 10.7


def test_a_measurement_at_the_sample_s_own_step_is_its_figure():
    assert figures(story(start(), progress(10, held=7.0), sample(10)).rows())[1] == 7.0
    old = progress(10, held=7.0), progress(11, held=7.0)
    assert figures(story(start(), *old, sample(11)).rows())[1] is None


def test_a_figure_that_comes_too_late_tells_of_another_model():
    assert figures(story(start(), sample(10), progress(20, held=5.0)).rows())[1] is None
    two = story(start(), sample(10), sample(12), progress(13, held=5.0)).rows()
    assert figures(two)[1:3] == [None, 5.0]


def test_without_a_held_out_part_the_figure_is_that_of_training():
    events = [start(validation=0), sample(10), progress(12, held=None, train=6.0)]
    assert figures(story(*events).rows())[1] == 6.0
    waits = [start(), sample(10), progress(12, held=None, train=6.0)]
    assert figures(story(*waits).rows())[1] is None


def test_the_last_sample_has_the_figure_of_the_model_that_is_kept():
    over = [start(), sample(0), progress(40, held=271.0), progress(99, held=282.0), sample(99)]
    rows = story(*over, checkpoint(40, held=271.0), end(99, held=282.0)).rows()
    assert figures(rows)[1] == 271.0
