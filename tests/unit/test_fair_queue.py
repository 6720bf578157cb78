"""The fair queue: users in turn, no run overtaken forever, and estimates of the waits."""

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


def test_the_runs_of_one_user_are_trained_in_order_of_arrival():
    assert names(joined(*"aaa")) == ["a1", "a2", "a3"]


def test_users_take_turns_however_many_runs_one_of_them_has():
    queue = joined(*"aaaabbc")
    assert names(queue) == ["a1", "b1", "c1", "a2", "b2", "a3", "a4"]
    assert [served(queue) for _ in range(7)] == ["a1", "b1", "c1", "a2", "b2", "a3", "a4"]
    assert queue.pop() is None


def test_a_user_who_arrives_during_another_user_s_run_goes_before_that_user_s_next_run():
    queue = joined(*"aaa")
    assert served(queue) == "a1"
    queue.add(QueuedRun(Ticket("b1"), "b"))
    assert names(queue) == ["b1", "a2", "a3"]


def test_a_user_who_stops_a_run_and_queues_another_gains_no_turn():
    queue = joined(*"ab")
    assert served(queue) == "a1"
    queue.add(QueuedRun(Ticket("a2"), "a"))
    assert names(queue) == ["b1", "a2"]


def test_a_turn_taken_in_an_empty_queue_counts():
    queue = joined("z")
    served(queue)
    queue.add(QueuedRun(Ticket("a1"), "a"))
    assert served(queue) == "a1"
    for name in ("a2", "b1"):
        queue.add(QueuedRun(Ticket(name), name[0]))
    assert names(queue) == ["b1", "a2"]


def test_new_users_do_not_overtake_a_run_forever():
    queue = joined("a", "a")
    served(queue)
    for newcomer in range(20):
        queue.add(QueuedRun(Ticket(f"n{newcomer}"), f"visitor {newcomer}"))
        if served(queue) == "a2":
            break
    assert newcomer <= 1


def test_a_run_that_is_removed_gives_its_place_to_the_user_s_next_run():
    queue = joined(*"aabb")
    queue.remove("a1")
    assert names(queue) == ["a2", "b1", "b2"]
    queue.remove("nobody")
    assert len(queue) == 3


def test_stopped_runs_are_removed():
    queue = joined(*"aab")
    next(iter(queue)).run.is_queued = False
    queue.prune()
    assert names(queue) == ["a2", "b1"]


@pytest.mark.parametrize("seed", range(20))
def test_the_order_of_iteration_is_the_order_of_training(seed):
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


def test_no_user_waits_for_two_runs_of_another_user():
    queue = joined(*"aaabbbccc")
    order = [served(queue)[0] for _ in range(9)]
    assert [sorted(order[i : i + 3]) for i in (0, 3, 6)] == [list("abc")] * 3


def test_wait_estimates_with_two_workers():
    assert estimate_waits([10.0, 4.0], [5.0, 5.0, 5.0]) == [4.0, 9.0, 10.0]
    assert estimate_waits([0.0, 4.0], [5.0]) == [0.0], "a place is free"


def test_the_wait_behind_a_run_of_unknown_length_is_unknown():
    assert estimate_waits([None], [5.0]) == [None]
    assert estimate_waits([None, 3.0], [5.0, None, 5.0]) == [3.0, 8.0, None]
