"""The waiting line: fair by visitor, nobody overtaken for ever, and how long it takes."""

import random

import pytest

from charrnn.runs.fair_queue import FairQueue, QueuedRun, estimate_waits


class Ticket:
    """A run as far as the line knows it."""

    def __init__(self, name):
        self.id, self.is_queued = name, True


def joined(*visitors):
    """A line that these visitors have joined in this order, their runs numbered: a1, b1, a2."""
    queue, counts = FairQueue(), {}
    for visitor in visitors:
        counts[visitor] = counts.get(visitor, 0) + 1
        queue.add(QueuedRun(Ticket(f"{visitor}{counts[visitor]}"), visitor))
    return queue


def names(queue):
    return [one.run.id for one in queue]


def served(queue):
    return queue.pop().run.id


def test_one_visitor_s_runs_are_trained_in_the_order_in_which_they_came():
    assert names(joined(*"aaa")) == ["a1", "a2", "a3"]


def test_visitors_take_turns_however_many_runs_one_of_them_has():
    queue = joined(*"aaaabbc")
    assert names(queue) == ["a1", "b1", "c1", "a2", "b2", "a3", "a4"]
    assert [served(queue) for _ in range(7)] == ["a1", "b1", "c1", "a2", "b2", "a3", "a4"]
    assert queue.pop() is None


def test_who_comes_while_another_is_served_goes_before_that_one_s_next():
    queue = joined(*"aaa")
    assert served(queue) == "a1"
    queue.add(QueuedRun(Ticket("b1"), "b"))
    assert names(queue) == ["b1", "a2", "a3"]


def test_who_leaves_and_comes_again_at_once_has_not_gained_a_turn():
    queue = joined(*"ab")
    assert served(queue) == "a1"
    queue.add(QueuedRun(Ticket("a2"), "a"))
    assert names(queue) == ["b1", "a2"]


def test_a_turn_taken_while_nobody_else_was_there_is_not_forgotten():
    queue = joined("z")
    served(queue)
    queue.add(QueuedRun(Ticket("a1"), "a"))
    assert served(queue) == "a1"
    for name in ("a2", "b1"):
        queue.add(QueuedRun(Ticket(name), name[0]))
    assert names(queue) == ["b1", "a2"]


def test_newcomers_do_not_overtake_for_ever():
    queue = joined("a", "a")
    served(queue)
    for newcomer in range(20):
        queue.add(QueuedRun(Ticket(f"n{newcomer}"), f"visitor {newcomer}"))
        if served(queue) == "a2":
            break
    assert newcomer <= 1


def test_a_run_that_leaves_gives_its_place_to_the_next_of_its_visitor():
    queue = joined(*"aabb")
    queue.remove("a1")
    assert names(queue) == ["a2", "b1", "b2"]
    queue.remove("nobody")
    assert len(queue) == 3


def test_what_was_called_off_is_forgotten():
    queue = joined(*"aab")
    next(iter(queue)).run.is_queued = False
    queue.prune()
    assert names(queue) == ["a2", "b1"]


@pytest.mark.parametrize("seed", range(20))
def test_the_order_that_is_told_is_the_order_that_is_kept(seed):
    chance, queue, count = random.Random(seed), FairQueue(), 0
    for _ in range(60):
        if chance.random() < 0.6:
            count += 1
            queue.add(QueuedRun(Ticket(str(count)), chance.choice("abcd")))
        elif queue:
            told = names(queue)
            assert served(queue) == told[0]
            assert names(queue) == told[1:]
    told = names(queue)
    assert [served(queue) for _ in told] == told


def test_nobody_waits_for_two_runs_of_another_before_an_own_one():
    queue = joined(*"aaabbbccc")
    order = [served(queue)[0] for _ in range(9)]
    assert [sorted(order[i : i + 3]) for i in (0, 3, 6)] == [list("abc")] * 3


def test_how_long_a_line_takes_with_two_places():
    assert estimate_waits([10.0, 4.0], [5.0, 5.0, 5.0]) == [4.0, 9.0, 10.0]
    assert estimate_waits([0.0, 4.0], [5.0]) == [0.0], "a place is free"


def test_behind_a_run_without_an_end_nobody_can_say():
    assert estimate_waits([None], [5.0]) == [None]
    assert estimate_waits([None, 3.0], [5.0, None, 5.0]) == [3.0, 8.0, None]
