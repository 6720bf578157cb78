"""Time slices: one computation at a time, new streams first, users in turn."""

import itertools
import threading
import time

import pytest

from charrnn.generation.config import GenerationConfig
from charrnn.ui.generate.stream import new_passage, stream_passage
from charrnn.ui.server.client import ClientGoneError
from charrnn.ui.services import time_slicer
from charrnn.ui.services.time_slicer import TimeSlicer
from charrnn.utils.yield_points import at_yield_points, yield_point


def characters(at_work, count=40):
    """Characters whose computing takes a moment; `at_work` notes who computes meanwhile."""
    for number in range(count):
        at_work.append(1)
        assert sum(at_work) == 1, "two compute at once"
        time.sleep(0.0005)
        at_work.pop()
        yield number


def test_streams_compute_one_at_a_time_and_all_of_them_finish(monkeypatch):
    monkeypatch.setattr(time_slicer, "SLICE_SECONDS", 0.002)
    place, at_work, texts = TimeSlicer(), [], []

    def work():
        with place.stream() as stream:
            texts.append(list(stream.sliced(characters(at_work))))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert texts == [list(range(40))] * 8
    assert place.streams == 0 and place.load_factor == 1.0


def order_of(place, waiting):
    """The order in which those who wait, (name, user, new), have the desk when it gets free."""
    order, threads = [], []
    place.acquire("", new=True)

    def wait(name, user, new):
        place.acquire(user, new=new)
        order.append(name)
        place.release()

    for one in waiting:
        threads.append(threading.Thread(target=wait, args=one))
        threads[-1].start()
        while place.waiting < len(threads):
            assert threads[-1].is_alive()
    place.release()
    for thread in threads:
        thread.join(10)
    return order


def test_a_stream_without_a_first_character_goes_first():
    waiting = [("old", "a", False), ("older", "b", False), ("new", "c", True)]
    assert order_of(TimeSlicer(), waiting) == ["new", "old", "older"]


def test_users_take_turns_however_many_streams_one_of_them_has():
    waiting = [(f"a{i}", "a", False) for i in range(4)] + [("b0", "b", False)]
    assert order_of(TimeSlicer(), waiting) == ["a0", "b0", "a1", "a2", "a3"]


def test_new_streams_do_not_delay_the_others_forever():
    many = [(f"new {i}", f"user {i}", True) for i in range(20)]
    order = order_of(TimeSlicer(), [("old", "a", False), ("older", "b", False), *many])
    assert order.index("old") == time_slicer.MAX_NEWCOMERS_IN_A_ROW
    assert order.index("older") == 2 * time_slicer.MAX_NEWCOMERS_IN_A_ROW + 1


def test_other_streams_compute_during_a_long_prefill(monkeypatch):
    monkeypatch.setattr(time_slicer, "SLICE_SECONDS", 0.0)
    monkeypatch.setattr(time_slicer, "NEWCOMER_SECONDS", 0.0)
    place, written = TimeSlicer(), threading.Event()

    def text():
        for _ in itertools.count():
            yield_point()  # a piece of the prefix has been read
            if written.is_set():
                break
        yield "a"

    def read():
        with place.stream("reader") as stream:
            assert list(stream.sliced(text())) == ["a"]

    reader = threading.Thread(target=read)
    reader.start()
    with place.stream("other") as stream:
        assert list(stream.sliced(iter("bcd"))) == ["b", "c", "d"]
    written.set()
    reader.join(30)
    assert not reader.is_alive()


def test_other_streams_compute_between_the_yield_points_of_a_computation(monkeypatch):
    monkeypatch.setattr(time_slicer, "NEWCOMER_SECONDS", 0.0)
    monkeypatch.setattr(time_slicer, "SLICE_SECONDS", 0.0)
    place, done = TimeSlicer(), threading.Event()

    def long():
        while not done.is_set():
            yield_point()
        return "long"

    answers = []
    thread = threading.Thread(target=lambda: answers.append(place.compute("a", long)))
    thread.start()
    assert place.compute("b", lambda: "short") == "short"
    done.set()
    thread.join(30)
    assert answers == ["long"]


def test_a_stream_whose_client_disconnected_ends_and_releases_its_slot(monkeypatch):
    monkeypatch.setattr(time_slicer, "SLICE_SECONDS", 0.0)
    place, gone = TimeSlicer(), []

    def check():
        if gone:
            raise ClientGoneError

    with pytest.raises(ClientGoneError), place.stream() as stream, at_yield_points(check):
        for number in stream.sliced(itertools.count()):
            if number == 5:
                gone.append(1)
    with place.stream() as stream:
        assert list(stream.sliced(iter("ab"))) == ["a", "b"]


def test_the_slot_is_released_after_an_error_and_after_a_closed_stream():
    place = TimeSlicer()

    def failing():
        yield 1
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), place.stream() as stream:
        list(stream.sliced(failing()))
    with pytest.raises(ZeroDivisionError):
        place.compute("a", lambda: 1 / 0)

    def text():
        with place.stream() as stream:
            yield from stream.sliced(iter(range(9)))

    leaving = text()
    assert [next(leaving), next(leaving)] == [0, 1]
    leaving.close()
    with place.stream() as stream:
        assert list(stream.sliced(iter("ab"))) == ["a", "b"]
    assert place.streams == 0


def test_a_frame_that_waits_to_be_sent_does_not_hold_the_slot(checkpoint):
    waiting = stream_passage(checkpoint, new_passage("a"), GenerationConfig(length=500, seed=0))
    assert next(waiting)["written"] == 1
    other = stream_passage(checkpoint, new_passage("a"), GenerationConfig(length=500, seed=1))
    assert list(other)[-1]["state"] == "done"
    assert list(waiting)[-1]["written"] == 500


def test_with_many_streams_each_sends_fewer_frames():
    place = TimeSlicer()
    writers = [place.stream() for _ in range(4 * time_slicer.MAX_FULL_RATE_STREAMS)]
    for stream in writers:
        stream.__enter__()
    assert place.load_factor == 4.0
    for stream in writers:
        stream.__exit__(None, None, None)
    assert place.load_factor == 1.0
