"""The sample timeline: in which order samples stand, beside which perplexity, with which label."""

import pytest
from run_events import checkpoint, end, progress, sample, start, view_model, written

from charrnn.ui.run_card.sample_timeline import MAX_ROWS


def shares(rows):
    return [row["share"] for row in rows]


def figures(rows):
    return [row["sample"] and row["sample"]["perplexity"] for row in rows]


def steps(rows):
    """The steps at which the perplexities beside the samples were measured."""
    return [row["sample"] and row["sample"]["measured"] for row in rows]


def samples(*at):
    return [sample(step, text=str(step)) for step in at]


def test_the_marks_have_a_row_each_from_the_start():
    rows = view_model(start()).rows()
    assert shares(rows) == [0.0, 0.1, 0.25, 0.5, 1.0]
    assert written(rows) == [None] * 5


def test_samples_fill_the_rows_of_their_marks():
    rows = view_model(start(), *samples(0, 11, 26, 52)).rows()
    assert written(rows) == ["0", "11", "26", "52", None]
    assert shares(rows) == [0, 0.1, 0.25, 0.5, 1]


def test_samples_between_marks_have_rows_of_their_own():
    asked = view_model(start(), *samples(0, 10, 26, 31, 33)).rows()
    assert written(asked) == ["0", "10", "26", "31", "33", None, None]
    assert [row["is_extra"] for row in asked] == [False, False, False, True, True, False, False]
    assert shares(asked)[3:] == [pytest.approx(0.31), pytest.approx(0.33), 0.5, 1.0]
    after = view_model(start(), *samples(0, 10, 26, 31, 33, 50, 99), end(99)).rows()
    assert written(after) == ["0", "10", "26", "31", "33", "50", "99"]
    assert shares(after) == [0, 0.1, 0.25, pytest.approx(0.31), pytest.approx(0.33), 0.5, 1]


def test_of_very_many_samples_those_of_the_marks_and_the_latest_stay():
    at = [0, 10, 26, *range(27, 49), 50]
    rows = view_model(start(), *samples(*at)).rows()
    said = [text for text in written(rows) if text]
    assert len(said) == MAX_ROWS
    assert said[:3] == ["0", "10", "26"] and said[-3:] == ["47", "48", "50"]


def test_in_a_run_of_epochs_these_give_a_sample_its_share():
    events = [start(seconds=None, epochs=10), sample(0)]
    for step in range(10, 110, 10):  # an epoch each, and its sample before its report
        if step in (10, 20, 30, 50):
            events.append(sample(step, text=str(step)))
        events.append(progress(step, epoch=step / 10))
    assert shares(view_model(*events).rows()) == [
        0,
        0.1,
        pytest.approx(0.2),
        pytest.approx(0.3),
        0.5,
        1,
    ]


def test_a_run_that_diverged_at_once_keeps_what_it_had():
    events = [start(), sample(0), progress(1), end(1, "diverged", held=None)]
    value = view_model(*events).value()
    assert written(value["rows"]) == ["b"]
    assert value["last"]["held"] == 8.0


def test_a_run_with_no_known_end_shows_the_first_sample_and_the_latest():
    rows = view_model(start(seconds=None), *samples(0, 10)).rows()
    assert written(rows) == ["0", "10", None, None, None], "their place is kept"
    rows = view_model(start(seconds=None), *samples(*range(0, 200, 10))).rows()
    assert written(rows) == ["0", *map(str, range(90, 200, 10))]
    assert rows[0]["sample"]["step"] == 0 and rows[1]["share"] is None
    assert written(view_model(start(seconds=None), *samples(0, 10), end(10, "stopped")).rows()) == [
        "0",
        "10",
    ]


def test_other_prefixes_at_the_same_step_share_a_row():
    rows = view_model(start(), sample(0, prefix="a"), sample(0, prefix="c", text="d")).rows()
    assert rows[0]["sample"]["texts"] == [["a", "b"], ["c", "d"]]
    assert written(rows)[1] is None


def test_a_row_far_from_its_mark_says_so_and_the_marks_before_it_have_none():
    rows = view_model(start(), *samples(0, 35)).rows()
    assert written(rows) == ["0", "35", None, None]
    assert shares(rows) == [0, pytest.approx(0.35), 0.5, 1.0]


def test_a_mark_that_the_run_has_passed_by_has_no_row():
    assert shares(view_model(start(), sample(0), progress(40)).rows()) == [0, 0.5, 1.0]
    assert shares(view_model(start(), sample(0), progress(26)).rows()) == [0, 0.25, 0.5, 1.0]


def test_once_a_run_has_ended_no_row_is_empty():
    skipped = view_model(start(), *samples(0, 50, 99), end(99)).rows()
    assert written(skipped) == ["0", "50", "99"]
    assert shares(skipped) == [0, 0.5, 1]
    stopped = view_model(start(), *samples(0, 10, 25, 27, 29), end(29, "stopped")).rows()
    assert written(stopped) == ["0", "10", "25", "27", "29"]
    assert shares(stopped)[3:] == [pytest.approx(0.27), pytest.approx(0.29)]
    assert not any(row["is_extra"] for row in stopped)


def test_an_example_run_has_no_empty_rows():
    past = view_model(start(), *samples(0, 50, 99), end(99))
    past.is_example = True
    assert shares(past.rows()) == [0, 0.5, 1]


def test_every_sample_has_the_perplexity_measured_nearest_to_it():
    events = [start(), sample(0), progress(1, held=39.0), sample(10), sample(12)]
    assert figures(view_model(*events).rows())[:3] == [39.0, 39.0, 39.0]
    assert steps(view_model(*events).rows())[:3] == [1, 1, 1]
    events += [progress(12, held=39.0), progress(14, held=10.7), progress(50, held=7.0)]
    assert figures(view_model(*events).rows())[:3] == [39.0, 10.7, 10.7]
    assert steps(view_model(*events).rows())[:3] == [1, 14, 14], "at 12 nothing was measured anew"
    events += [sample(51), progress(90, held=6.0)]
    assert figures(view_model(*events).rows())[3] == 7.0, "what came later was measured long after"


def test_a_measurement_at_the_sample_s_own_step_is_its_figure():
    for events in ([sample(10), progress(10, held=7.0)], [progress(10, held=7.0), sample(10)]):
        rows = view_model(start(), *events, progress(11, held=6.0)).rows()
        assert (figures(rows)[0], steps(rows)[0]) == (7.0, 10)
    own = view_model(start(), progress(0, held=62.0), sample(0), progress(1, held=39.0))
    assert (figures(own.rows())[0], steps(own.rows())[0]) == (62.0, 0)


def test_measurements_after_the_step_of_a_resume_are_dropped():
    again = start() | {"resumed_from": 10}
    events = [start(), progress(9, held=9.0), progress(30, held=3.0), again, sample(11)]
    assert figures(view_model(*events).rows())[0] is None
    assert figures(view_model(*events, progress(12, held=8.0)).rows())[0] == 8.0


def test_without_a_held_out_part_the_figure_is_that_of_training():
    events = [start(validation=0), sample(10), progress(12, held=None, train=6.0)]
    assert figures(view_model(*events).rows())[0] == 6.0
    waits = [start(), sample(10), progress(12, held=None, train=6.0)]
    assert figures(view_model(*waits).rows())[0] is None


def test_the_last_sample_has_the_figure_of_the_model_that_is_kept():
    over = [start(), sample(0), progress(40, held=271.0), progress(99, held=282.0), sample(99)]
    rows = view_model(*over, checkpoint(40, held=271.0), end(99, held=282.0)).rows()
    assert (figures(rows)[-1], steps(rows)[-1]) == (271.0, 99)
