"""The waiting line: fair by visitor, nobody overtaken for ever, and how long it takes."""

import random

import pytest

from charrnn.runs.fair_queue import Line, Waiting, waits


class Ticket:
    """A run as far as the line knows it."""

    def __init__(self, name):
        self.id, self.waits = name, True


def joined(*visitors):
    """A line that these visitors have joined in this order, their runs numbered: a1, b1, a2."""
    line, counts = Line(), {}
    for visitor in visitors:
        counts[visitor] = counts.get(visitor, 0) + 1
        line.join(Waiting(Ticket(f"{visitor}{counts[visitor]}"), visitor))
    return line


def names(line):
    return [one.run.id for one in line]


def served(line):
    return line.next().run.id


def test_one_visitor_s_runs_are_trained_in_the_order_in_which_they_came():
    assert names(joined(*"aaa")) == ["a1", "a2", "a3"]


def test_visitors_take_turns_however_many_runs_one_of_them_has():
    line = joined(*"aaaabbc")
    assert names(line) == ["a1", "b1", "c1", "a2", "b2", "a3", "a4"]
    assert [served(line) for _ in range(7)] == ["a1", "b1", "c1", "a2", "b2", "a3", "a4"]
    assert line.next() is None


def test_who_comes_while_another_is_served_goes_before_that_one_s_next():
    line = joined(*"aaa")
    assert served(line) == "a1"
    line.join(Waiting(Ticket("b1"), "b"))
    assert names(line) == ["b1", "a2", "a3"]


def test_who_leaves_and_comes_again_at_once_has_not_gained_a_turn():
    line = joined(*"ab")
    assert served(line) == "a1"
    line.join(Waiting(Ticket("a2"), "a"))
    assert names(line) == ["b1", "a2"]


def test_a_turn_taken_while_nobody_else_was_there_is_not_forgotten():
    line = joined("z")
    served(line)
    line.join(Waiting(Ticket("a1"), "a"))
    assert served(line) == "a1"
    for name in ("a2", "b1"):
        line.join(Waiting(Ticket(name), name[0]))
    assert names(line) == ["b1", "a2"]


def test_newcomers_do_not_overtake_for_ever():
    line = joined("a", "a")
    served(line)
    for newcomer in range(20):
        line.join(Waiting(Ticket(f"n{newcomer}"), f"visitor {newcomer}"))
        if served(line) == "a2":
            break
    assert newcomer <= 1


def test_a_run_that_leaves_gives_its_place_to_the_next_of_its_visitor():
    line = joined(*"aabb")
    line.leave("a1")
    assert names(line) == ["a2", "b1", "b2"]
    line.leave("nobody")
    assert len(line) == 3


def test_what_was_called_off_is_forgotten():
    line = joined(*"aab")
    next(iter(line)).run.waits = False
    line.prune()
    assert names(line) == ["a2", "b1"]


@pytest.mark.parametrize("seed", range(20))
def test_the_order_that_is_told_is_the_order_that_is_kept(seed):
    chance, line, count = random.Random(seed), Line(), 0
    for _ in range(60):
        if chance.random() < 0.6:
            count += 1
            line.join(Waiting(Ticket(str(count)), chance.choice("abcd")))
        elif line:
            told = names(line)
            assert served(line) == told[0]
            assert names(line) == told[1:]
    told = names(line)
    assert [served(line) for _ in told] == told


def test_nobody_waits_for_two_runs_of_another_before_an_own_one():
    line = joined(*"aaabbbccc")
    order = [served(line)[0] for _ in range(9)]
    assert [sorted(order[i : i + 3]) for i in (0, 3, 6)] == [list("abc")] * 3


def test_how_long_a_line_takes_with_two_places():
    assert waits([10.0, 4.0], [5.0, 5.0, 5.0]) == [4.0, 9.0, 10.0]
    assert waits([0.0, 4.0], [5.0]) == [0.0], "a place is free"


def test_behind_a_run_without_an_end_nobody_can_say():
    assert waits([None], [5.0]) == [None]
    assert waits([None, 3.0], [5.0, None, 5.0]) == [3.0, 8.0, None]
