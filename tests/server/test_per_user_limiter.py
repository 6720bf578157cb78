"""Limits per user: turns, shares, who is refused, and what ends when its sender goes away."""

import asyncio
import threading
from contextlib import aclosing, suppress

import pytest
from conftest import awaited
from refusals import refusal
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from charrnn.ui.server import per_user_limiter
from charrnn.ui.server.client import Client, ClientGoneError
from charrnn.ui.server.per_user_limiter import BusyUserError, PerUserLimiter
from charrnn.ui.server.round_robin import RoundRobin
from charrnn.ui.services.limiters import Limiters
from charrnn.utils.yield_points import yield_point


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(per_user_limiter, "POLL_SECONDS", 0.005)


def limiter(total=1, per_user=1, max_waiting_per_user=10, **more):
    return PerUserLimiter(
        total=total, per_user=per_user, max_waiting_per_user=max_waiting_per_user, **more
    )


class Calls:
    """Calls that note their names and then compute until they are told to end."""

    def __init__(self):
        self.begun, self.ended, self.release = [], [], threading.Event()

    def of(self, name):
        def call():
            self.begun.append(name)
            try:
                while not self.release.wait(0.002):
                    yield_point()
            finally:
                self.ended.append(name)
            return name

        return call

    async def number(self, count):
        while len(self.begun) < count:
            await asyncio.sleep(0.001)
        return self.begun


def scene(play, **limits):
    """Play with a limiter and calls; the calls end with the scene."""

    async def staged():
        calls = Calls()
        try:
            return await play(limiter(**limits), calls)
        finally:
            calls.release.set()

    return awaited(asyncio.wait_for(staged(), 60))


def asked(limit, calls, user, name=None):
    return asyncio.create_task(limit.run(Client(user), calls.of(name or user)))


async def settle():
    """Let every task run until it waits for something."""
    for _ in range(10):
        await asyncio.sleep(0)


def test_a_user_has_few_slots_and_other_users_do_not_wait_for_them():
    async def play(limit, calls):
        mine = [asked(limit, calls, "me", f"me {i}") for i in range(4)]
        await calls.number(2)
        other = asked(limit, calls, "you")
        assert sorted(await calls.number(3)) == ["me 0", "me 1", "you"]
        third = asked(limit, calls, "they")
        await settle()
        assert len(calls.begun) == 3, "three together at most"
        mine[3].cancel()
        calls.release.set()
        answers = await asyncio.gather(*mine[:3], other, third)
        assert answers == ["me 0", "me 1", "me 2", "you", "they"]
        assert "me 3" not in calls.begun

    scene(play, total=3, per_user=2)


def test_users_take_turns_however_many_calls_one_of_them_makes():
    async def play(limit, calls):
        first = asked(limit, calls, "me", "me 0")
        await calls.number(1)
        rest = [asked(limit, calls, "me", f"me {i}") for i in range(1, 6)]
        await settle()
        rest += [asked(limit, calls, user) for user in ("ann", "bob")]
        await settle()
        calls.release.set()
        await asyncio.gather(first, *rest)
        assert calls.begun == ["me 0", "me 1", "ann", "bob", *(f"me {i}" for i in range(2, 6))]

    scene(play)


def test_only_the_surplus_of_a_flood_is_refused():
    async def play(limit, calls):
        flood = [asked(limit, calls, "me", f"me {i}") for i in range(300)]
        other = asked(limit, calls, "you")
        await settle()
        refused = [task for task in flood if task.done()]
        assert len(refused) == 300 - 1 - 5
        for task in refused:
            assert isinstance(task.exception(), BusyUserError)
        assert "5 requests waiting" in refused[0].exception().message
        calls.release.set()
        assert await other == "you"
        served = await asyncio.gather(*(task for task in flood if task not in refused))
        assert served == [f"me {i}" for i in range(6)]

    scene(play, max_waiting_per_user=5)


def test_cookies_without_number_do_not_add_up_to_more_than_an_address_has():
    async def play(limit, calls):
        flood = [asked(limit, calls, f"address:one/{i}") for i in range(100)]
        other = asked(limit, calls, "address:two")
        await settle()
        refused = [task for task in flood if task.done()]
        assert len(refused) == 100 - 7, "those that run or wait are of as many visitors as may be"
        assert "users from your network" in refused[0].exception().message
        calls.release.set()
        assert await other == "address:two"
        again = asked(limit, calls, "address:one/1000")
        assert await again == "address:one/1000", "there is room again"

    scene(play, users_per_address=7)


def test_what_one_address_has_waiting_is_bounded():
    async def play(limit, calls):
        flood = [asked(limit, calls, f"address:one/{i % 5}", i) for i in range(50)]
        await settle()
        most = per_user_limiter.MAX_SHARES_PER_ADDRESS * 2
        assert sum(not task.done() for task in flood) == 1 + most
        calls.release.set()
        for task in flood:
            with suppress(BusyUserError):
                await task

    scene(play, max_waiting_per_user=2)


class Connection:
    """A client that can go away."""

    def __init__(self, user="me"):
        self.gone = False
        self.client = Client(user, self._is_gone)

    async def _is_gone(self):
        return self.gone


def test_a_computation_ends_when_its_sender_goes_away():
    async def play(limit, calls):
        connection = Connection()
        running = asyncio.create_task(limit.run(connection.client, calls.of("running")))
        await calls.number(1)
        waiting = asyncio.create_task(limit.run(connection.client, calls.of("waiting")))
        other = asked(limit, calls, "you")
        await settle()
        connection.gone = True
        for task in (running, waiting):
            with pytest.raises(ClientGoneError):
                await task
        assert await calls.number(2) == ["running", "you"]
        assert calls.ended == ["running"], "its place was free once it had ended"
        calls.release.set()
        assert await other == "you"

    scene(play)


def test_a_computation_that_is_cancelled_keeps_its_place_until_it_has_ended():
    async def play(limit, calls):
        begun, end = threading.Event(), threading.Event()

        def stubborn():
            begun.set()
            assert end.wait(90)
            yield_point()
            raise AssertionError("it went on although nobody waited")

        running = asyncio.create_task(limit.run(Client("me"), stubborn))
        assert await asyncio.to_thread(begun.wait, 30)
        other = asked(limit, calls, "you")
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        await settle()
        assert not calls.begun, "two would compute at once"
        end.set()
        calls.release.set()
        assert await other == "you"

    scene(play)


def test_what_a_call_raises_reaches_its_sender_and_frees_the_place():
    async def play(limit, calls):
        with pytest.raises(ZeroDivisionError):
            await limit.run(Client("me"), lambda: 1 / 0)
        calls.release.set()
        assert await asked(limit, calls, "me") == "me"

    scene(play)


@pytest.mark.parametrize("way", ["to its end", "closed", "failing"])
def test_a_generator_has_a_place_for_as_long_as_it_is_used(way):
    async def play(limit, calls):
        closed = []

        def frames():
            try:
                yield from range(3)
                if way == "failing":
                    raise ZeroDivisionError
            finally:
                closed.append(1)

        seen = []
        with suppress(ZeroDivisionError):
            async with aclosing(limit.iterate(Client("me"), frames())) as items:
                async for item in items:
                    seen.append(item)
                    if len(seen) == 1:
                        other = asked(limit, calls, "you")
                        await settle()
                        assert not calls.begun
                        if way == "closed":
                            break
        assert closed == [1] and seen == ([0] if way == "closed" else [0, 1, 2])
        calls.release.set()
        assert await other == "you"

    scene(play)


def test_a_generator_ends_when_its_sender_cancels():
    async def play(limit, calls):
        begun, ended = threading.Event(), threading.Event()

        def frames():
            try:
                while True:
                    begun.set()
                    yield_point()
            finally:
                ended.set()
            yield

        async def use():
            async for _ in limit.iterate(Client("me"), frames()):
                pass

        using = asyncio.create_task(use())
        assert await asyncio.to_thread(begun.wait, 30)
        using.cancel()
        with pytest.raises(asyncio.CancelledError):
            await using
        assert await asyncio.to_thread(ended.wait, 30)
        calls.release.set()
        assert await asked(limit, calls, "me") == "me"

    scene(play)


def test_a_server_function_that_is_refused_answers_429_without_a_traceback():
    def busy(request):
        raise BusyUserError("The app is busy: try again.", field="run")

    def gone(request):
        raise ClientGoneError

    app = Starlette(
        routes=[Route("/busy", busy), Route("/gone", gone)],
        exception_handlers=per_user_limiter.exception_handlers(),
    )
    with TestClient(app) as client:
        assert client.get("/busy").status_code == 429
        assert "try again" in client.get("/busy").json()["detail"]
        assert client.get("/gone").status_code == 499


def test_refusals_have_their_chinese():
    limit = limiter(max_waiting_per_user=0)

    async def flood():
        async with limit.slot(Client("me")):
            await limit.run(Client("me"), int)

    assert refusal(lambda: awaited(flood()))[1] == "run"


def test_every_kind_of_work_has_a_limit_for_each_user_and_each_address():
    for kind, limit in vars(Limiters(users_per_address=7)).items():
        assert limit.users_per_address == 7, kind
        assert limit.per_user * 2 <= limit.total, "one user cannot have it all"


def test_a_round_robin_serves_users_in_turn_and_each_one_s_items_in_order():
    line = RoundRobin()
    for user, item in [("a", 1), ("a", 2), ("b", 3), ("a", 4), ("c", 5)]:
        line.add(user, item)
    line.remove("a", 2)
    assert len(line) == 4 and line.count("a") == 2 and list(line) == ["a", "b", "c"]
    assert line.pop(lambda user: user != "a") == ("b", 3)
    assert [line.pop() for _ in range(4)] == [("a", 1), ("c", 5), ("a", 4), None]
    assert not line
    with pytest.raises(ValueError):
        line.remove("a", 1)
