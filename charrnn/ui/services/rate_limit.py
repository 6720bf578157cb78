"""Limits on what is done at once: so much for everybody together, and so much for each user.

Further calls wait, and users take turns. A user who lets too many wait is refused the surplus, and
nobody else is. A user is a client id (`client_id`). Since one address can have many of them, their
number and what they have waiting together are bounded, too.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Mapping
from concurrent.futures import Future
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from ...errors import UserError
from ...runs.limits import Limits, address_of
from ...utils.yield_points import at_yield_points
from .asgi import RequestUserError
from .client import Client, ClientGoneError
from .round_robin import RoundRobin

T = TypeVar("T")

POLL_SECONDS = 0.25  # between two looks whether a client is still there
MAX_SHARES_PER_ADDRESS = 4  # what the users of one address may have waiting, in shares of one user


class BusyUserError(UserError):
    """A client, or its network, has as much waiting as it may."""


def exception_handlers() -> dict[Any, Any]:
    """Return the app's handlers for what a limiter raises while a request is answered."""

    def too_many_requests(request: Request, error: BusyUserError) -> Response:
        return RequestUserError(error.message, status=429).response(request.scope)

    def client_closed_request(request: Request, error: ClientGoneError) -> Response:
        return Response(status_code=499)

    return {BusyUserError: too_many_requests, ClientGoneError: client_closed_request}


def check_share(waiting: Mapping[str, int], user: str, most: int) -> None:
    """Raise BusyUserError if a user has `most` requests `waiting` already, or the users of its
    address together have `MAX_SHARES_PER_ADDRESS` times as many."""
    count = waiting.get(user, 0)
    if count >= most:
        raise BusyUserError(
            "{count} requests of yours are waiting already: try again when one of them has been "
            "answered.",
            count=count,
            field="run",
        )
    address = address_of(user)
    neighbors = (count for one, count in waiting.items() if address_of(one) == address)
    if sum(neighbors) >= MAX_SHARES_PER_ADDRESS * most:
        raise _network_is_busy()


class PerUserLimiter:
    """Lets `total` calls run at once, and `per_user` of each user; `max_waiting_per_user` more of
    each may wait. All methods belong to one event loop."""

    def __init__(
        self,
        *,
        total: int,
        per_user: int,
        max_waiting_per_user: int,
        users_per_address: int = Limits.visitors_per_address,
    ) -> None:
        self._total, self._per_user = total, per_user
        self._max_waiting_per_user = max_waiting_per_user
        self._users_per_address = users_per_address
        self._running: Counter[str] = Counter()
        self._waiting: RoundRobin[asyncio.Future[None]] = RoundRobin()

    async def run(self, client: Client, call: Callable[[], T]) -> T:
        """Wait for a turn and return what `call` returns, computed in a thread.

        When the client goes away or this coroutine is cancelled, `call` is not begun, or ends at
        its next yield point (`charrnn.utils.yield_points`). Its place is free once it has ended.

        Raises BusyUserError if the client has too many calls waiting already, ClientGoneError if it
        has gone away, and whatever `call` raises.
        """
        async with self.slot(client) as slot:
            return await slot.compute(call)

    async def iterate(
        self, client: Client, items: Generator[T, None, None]
    ) -> AsyncGenerator[T, None]:
        """Wait for a turn and yield the items of a generator, each computed in a thread.

        The place is held to the end. Raises what `run` raises.
        """
        end = object()
        async with self.slot(client) as slot:
            try:
                while (item := await slot.compute(lambda: next(items, end))) is not end:
                    yield item  # type: ignore[misc]  # it is not `end`
            finally:
                if not slot.is_computing:
                    items.close()

    @asynccontextmanager
    async def slot(self, client: Client) -> AsyncIterator[Slot]:
        """Wait for a turn and hold it throughout the block. Raises as `run` does."""
        await self._acquire(client)
        slot = Slot(client)
        try:
            yield slot
        finally:
            slot.end(lambda: self._release(client.id))

    async def _acquire(self, client: Client) -> None:
        user = client.id
        self._check_address(user)
        if self._running.total() < self._total and self._has_share(user):
            self._running[user] += 1
            return
        check_share(self._waiting.counts(), user, self._max_waiting_per_user)
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(user, place)
        try:
            while not (await asyncio.wait({place}, timeout=POLL_SECONDS))[0]:
                if await client.is_gone():
                    raise ClientGoneError
            if await client.is_gone():  # since the last look
                raise ClientGoneError
        except BaseException:
            if place.done():
                self._release(user)
            else:
                self._waiting.remove(user, place)
            raise

    def _has_share(self, user: str) -> bool:
        return self._running[user] < self._per_user

    def _release(self, user: str) -> None:
        self._running[user] -= 1
        self._running += Counter()  # without the users who have nothing running
        while self._running.total() < self._total and (
            following := self._waiting.pop(self._has_share)
        ):
            user, place = following
            self._running[user] += 1
            place.set_result(None)

    def _check_address(self, user: str) -> None:
        address, users = address_of(user), {*self._running, *self._waiting}
        neighbors = sum(address_of(one) == address for one in users - {user})
        if neighbors >= self._users_per_address:
            raise _network_is_busy()


class Slot:
    """A place in a limiter, held by a client."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._ended = threading.Event()
        self._computation: Future[object] | None = None

    @property
    def is_computing(self) -> bool:
        """Whether a thread is at work still."""
        return self._computation is not None and not self._computation.done()

    async def compute(self, call: Callable[[], T]) -> T:
        """Return what `call` returns, computed in a thread. Raises as `PerUserLimiter.run` does.

        One call at a time.
        """

        def computation() -> T:
            with at_yield_points(self._check_wanted):
                return call()

        future = _in_thread(computation)
        self._computation = future  # type: ignore[assignment]
        answer = asyncio.wrap_future(future)
        answer.add_done_callback(lambda done: done.cancelled() or done.exception())  # it is known
        while not (await asyncio.wait({answer}, timeout=POLL_SECONDS))[0]:
            if await self._client.is_gone():
                raise ClientGoneError
        return answer.result()

    def end(self, then: Callable[[], None]) -> None:
        """End the turn, and call `then` in this event loop as soon as no thread is at work."""
        self._ended.set()
        loop = asyncio.get_running_loop()
        if self._computation is None or self._computation.done():
            then()
        else:
            self._computation.add_done_callback(lambda _: loop.call_soon_threadsafe(then))

    def _check_wanted(self) -> None:
        if self._ended.is_set():
            raise ClientGoneError


def _in_thread(call: Callable[[], T]) -> Future[T]:
    """Start a call in a thread of its own, which does not keep the program from ending."""
    future: Future[T] = Future()
    context = contextvars.copy_context()

    def settle() -> None:
        try:
            future.set_result(context.run(call))
        except BaseException as error:  # noqa: BLE001  # raised again by whoever waits
            future.set_exception(error)

    threading.Thread(target=settle, name="limited", daemon=True).start()
    return future


def _network_is_busy() -> BusyUserError:
    return BusyUserError(
        "Many visitors of your network are waiting at this moment: try again in a minute.",
        field="run",
    )
