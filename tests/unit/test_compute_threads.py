"""The number of threads of a computation: more on free cores, one where it would wait for them."""

import threading

import pytest
import torch

from charrnn.ui.services import time_slicer
from charrnn.ui.services.compute_threads import ComputeThreads
from charrnn.ui.services.time_slicer import TimeSlicer
from charrnn.utils.yield_points import yield_point


@pytest.fixture
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class Computation:
    """A computation whose clocks the test advances; `used` are its numbers of threads so far."""

    def __init__(self, most=2):
        self.now, self.cpu, self.used = 0.0, 0.0, [1]
        self.threads = ComputeThreads(
            most,
            set_threads=lambda count, default: self.used.append(count),
            clock=lambda: self.now,
            cpu_clock=lambda: self.cpu,
        )

    def step(self, seconds=0.05, busy=1.0, is_core_free=True):
        self.now, self.cpu = self.now + seconds, self.cpu + busy * seconds
        self.threads.adapt(is_core_free)


def test_a_computation_uses_more_threads_as_long_as_it_does_not_wait(one_thread):
    computation = Computation()
    for _ in range(100):
        computation.step(busy=0.9)
    assert computation.used == [1, 2]
    computation.threads.end()
    assert computation.used == [1, 2, 1]


def test_a_computation_that_waits_for_its_threads_is_alone_for_a_while(one_thread):
    computation = Computation()
    computation.step()
    computation.step(busy=0.55)
    assert computation.used == [1, 2, 1]
    for _ in range(18):
        computation.step(busy=0.55)
    assert computation.used == [1, 2, 1]  # 0.9 s later
    for _ in range(3):
        computation.step()
    assert computation.used == [1, 2, 1, 2]


def test_a_short_wait_alone_says_nothing(one_thread):
    computation = Computation()
    computation.step()
    computation.step(seconds=0.005, busy=0.0)
    computation.step(seconds=0.1)
    assert computation.used == [1, 2]


def test_a_computation_is_alone_while_others_need_the_cores(one_thread):
    computation = Computation()
    computation.step(is_core_free=False)
    assert computation.used == [1]
    computation.step()
    computation.step(is_core_free=False)
    assert computation.used == [1, 2, 1]
    computation.step()
    assert computation.used == [1, 2, 1, 2]


def test_one_core_is_not_shared(one_thread):
    computation = Computation(most=1)
    computation.step()
    computation.threads.end()
    assert computation.used == [1]


def in_new_thread(call):
    found = []
    thread = threading.Thread(target=lambda: found.append(call()))
    thread.start()
    thread.join(30)
    return found[0]


def test_scoring_takes_the_free_slot_and_other_threads_keep_one(one_thread, monkeypatch):
    monkeypatch.setattr(time_slicer, "available_cores", lambda: 4)
    slicer = TimeSlicer(slots=2)

    def threads_of_others_and_own():
        yield_point()
        return in_new_thread(torch.get_num_threads), torch.get_num_threads()

    def compute():
        found = slicer.compute("user", threads_of_others_and_own)
        return found, torch.get_num_threads()

    assert in_new_thread(compute) == ((1, 2), 1)
    slicer.acquire("other", new=False)
    assert in_new_thread(compute) == ((1, 1), 1)
    slicer.release()


def test_a_computation_in_the_only_slot_has_one_thread(one_thread, monkeypatch):
    monkeypatch.setattr(time_slicer, "available_cores", lambda: 4)

    def threads():
        yield_point()
        return torch.get_num_threads()

    assert in_new_thread(lambda: TimeSlicer().compute("user", threads)) == 1
