"""The desk at which texts are written: one at a time, newcomers first, left whatever happens."""

import threading
import time

import pytest

from charrnn.ui import desk
from charrnn.ui.desk import Desk
from charrnn.ui.writing import Manner, blank, write


def characters(at_work, count=40):
    """Characters whose computing takes a moment; `at_work` notes who computes meanwhile."""
    for number in range(count):
        at_work.append(1)
        assert sum(at_work) == 1, "two compute at once"
        time.sleep(0.0005)
        at_work.pop()
        yield number


def test_writers_compute_one_at_a_time_and_all_of_them_finish(monkeypatch):
    monkeypatch.setattr(desk, "SITTING", 0.002)
    place, at_work, texts = Desk(), [], []

    def work():
        with place.writer() as writer:
            texts.append(list(writer.at_the_desk(characters(at_work))))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert texts == [list(range(40))] * 8
    assert place.writers == 0 and place.crowd == 1.0


def test_who_has_not_written_a_character_yet_goes_first():
    place, order = Desk(), []
    place.sit_down(new=True)

    def wait(name, new):
        place.sit_down(new=new)
        order.append(name)
        place.get_up()

    waiting = []
    for name, new in (("old", False), ("older", False), ("new", True)):
        waiting.append(threading.Thread(target=wait, args=(name, new)))
        waiting[-1].start()
        while len(place._new) + len(place._others) < len(waiting):
            assert waiting[-1].is_alive()
    place.get_up()
    for thread in waiting:
        thread.join(10)
    assert order == ["new", "old", "older"]


def test_the_desk_is_free_after_a_failure_and_after_who_goes_away():
    place = Desk()

    def failing():
        yield 1
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), place.writer() as writer:
        list(writer.at_the_desk(failing()))

    def text():
        with place.writer() as writer:
            yield from writer.at_the_desk(iter(range(9)))

    leaving = text()
    assert [next(leaving), next(leaving)] == [0, 1]
    leaving.close()
    with place.writer() as writer:
        assert list(writer.at_the_desk(iter("ab"))) == ["a", "b"]
    assert place.writers == 0


def test_a_page_that_waits_to_be_sent_does_not_hold_the_desk(checkpoint):
    waiting = write(checkpoint, blank("a"), Manner(length=500, seed=0))
    assert next(waiting)["written"] == 1
    assert list(write(checkpoint, blank("a"), Manner(length=500, seed=1)))[-1]["state"] == "done"
    assert list(waiting)[-1]["written"] == 500


def test_many_writers_are_shown_less_often():
    place = Desk()
    writers = [place.writer() for _ in range(4 * desk.FEW)]
    for writer in writers:
        writer.__enter__()
    assert place.crowd == 4.0
    for writer in writers:
        writer.__exit__(None, None, None)
    assert place.crowd == 1.0
