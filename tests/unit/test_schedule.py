"""How far a run is, and what follows from it: share, learning rate, time left."""

import pytest

from charrnn.training import Segment, TrainingConfig
from charrnn.training.schedule import RunProgress, learning_rate_at

BY_EPOCHS = RunProgress(TrainingConfig(epochs=10))
BY_SECONDS = RunProgress(TrainingConfig(seconds=60))
OPEN = RunProgress(TrainingConfig(schedule="plateau", learning_rate=0.1))


def test_epochs_seconds_or_the_plateau_say_how_far_a_run_is():
    assert BY_EPOCHS.fraction_done(5, 2.5, 0) == 0.25
    assert BY_SECONDS.fraction_done(15, 99, 0) == 0.25
    assert OPEN.fraction_done(99, 99, 0.25) == 0.25
    assert BY_SECONDS.fraction_done(99, 0, 0) == 1


def test_a_continued_run_counts_from_where_its_segment_began():
    again = RunProgress(TrainingConfig(seconds=120), Segment(seconds=60, epochs=7))
    assert again.fraction_done(90, 9, 0) == 0.5
    assert again.remaining_seconds(90, 9, 0) == 30
    epochs = RunProgress(TrainingConfig(epochs=20), Segment(seconds=30, epochs=10))
    assert epochs.fraction_done(45, 15, 0) == 0.5
    assert epochs.remaining_seconds(45, 15, 0) == pytest.approx(15)


def test_time_left_is_unknown_before_the_first_step_and_without_an_end():
    assert BY_EPOCHS.remaining_seconds(1, 0, 0) is None
    assert BY_EPOCHS.remaining_seconds(10, 2, 0) == pytest.approx(40)
    assert BY_SECONDS.remaining_seconds(70, 0, 0) == 0
    assert OPEN.remaining_seconds(10, 2, 0.5) is None


def test_a_time_budget_keeps_back_what_closing_takes():
    assert not BY_SECONDS.is_over(55, 0, 0, closing=2)
    assert BY_SECONDS.is_over(58, 0, 0, closing=2)
    assert not BY_SECONDS.is_over(44, 0, 0, closing=1000)  # a stall must not end a run
    assert BY_EPOCHS.is_over(0, 10, 0, closing=9) and not BY_EPOCHS.is_over(99, 9.9, 0, closing=9)
    assert OPEN.is_over(0, 0, 1, closing=0) and not OPEN.is_over(99, 99, 0.9, closing=0)


def test_the_plateau_schedule_decays_linearly():
    rates = [OPEN.learning_rate(0, 0, fraction_decayed) for fraction_decayed in (0, 0.25, 0.5, 1)]
    assert rates == pytest.approx([0.1, 0.07525, 0.0505, 0.001])


def test_the_cosine_rises_and_then_falls_to_its_floor():
    rates = [learning_rate_at(s / 100, peak=1.0, schedule="cosine") for s in range(101)]
    top = rates.index(max(rates))
    assert rates[0] == 0.05 and rates[top] == pytest.approx(1.0) and 1 <= top <= 3
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[-1] == pytest.approx(0.02)
    assert learning_rate_at(0.7, peak=1.0, schedule="constant") == 1.0
