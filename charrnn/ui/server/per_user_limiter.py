"""Concurrency limits: N calls at once in total, M per user.

Further calls wait, and users take turns. If a user has too many calls waiting, the surplus is
refused, and other users are not affected. A user is a client id (`client_id`). One network address
can have many of them, so their number and their waiting calls together are limited, too.
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

POLL_SECONDS = 0.25  # between two checks whether a client is still connected
MAX_SHARES_PER_ADDRESS = 4  # waiting calls of one address, in shares of one user


class BusyUserError(UserError):
    """A client, or its network address, has too many waiting requests."""


def exception_handlers() -> dict[Any, Any]:
    """Return the app's handlers for exceptions of limiters while a request is answered."""

    def too_many_requests(request: Request, error: BusyUserError) -> Response:
        return RequestUserError(error.message, status=429).response(request.scope)

    def client_closed_request(request: Request, error: ClientGoneError) -> Response:
        return Response(status_code=499)

    return {BusyUserError: too_many_requests, ClientGoneError: client_closed_request}


def check_share(waiting: Mapping[str, int], user: str, most: int) -> None:
    """Raise BusyUserError if a user has `most` requests `waiting` already.

    The users of one address together may have `MAX_SHARES_PER_ADDRESS` times as many.
    """
    count = waiting.get(user, 0)
    if count >= most:
        raise BusyUserError(
            "You already have {count} requests waiting: try again when one of them is done.",
            count=count,
            field="run",
        )
    address = address_of(user)
    neighbors = (count for one, count in waiting.items() if address_of(one) == address)
    if sum(neighbors) >= MAX_SHARES_PER_ADDRESS * most:
        raise _network_is_busy()


class PerUserLimiter:
    """Runs `total` calls at once, and `per_user` of each user.

    `max_waiting_per_user` more calls of each user may wait. All methods belong to one event loop.
    """

    def __init__(
        self,
        *,
        total: int,
        per_user: int,
        max_waiting_per_user: int,
        users_per_address: int = Limits.visitors_per_address,
    ) -> None:
        self.total, self.per_user = total, per_user
        self.max_waiting_per_user = max_waiting_per_user
        self.users_per_address = users_per_address
        self._running: Counter[str] = Counter()
        self._waiting: RoundRobin[asyncio.Future[None]] = RoundRobin()

    async def run(self, client: Client, call: Callable[[], T]) -> T:
        """Wait for a slot and return what `call` returns, computed in a thread.

        When the client disconnects or this coroutine is cancelled, `call` does not start, or ends
        at its next yield point (`charrnn.utils.yield_points`). Its slot is free once it has ended.

        Raises BusyUserError if the client has too many calls waiting already, ClientGoneError if it
        has disconnected, and whatever `call` raises.
        """
        async with self.slot(client) as slot:
            return await slot.compute(call)

    async def iterate(
        self, client: Client, items: Generator[T, None, None]
    ) -> AsyncGenerator[T, None]:
        """Wait for a slot and yield the items of a generator, each computed in a thread.

        The slot is held to the end. Raises what `run` raises.
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
        """Wait for a slot and hold it throughout the block. Raises as `run` does."""
        await self._acquire(client)
        slot = Slot(client)
        try:
            yield slot
        finally:
            slot.end(lambda: self._release(client.id))

    async def _acquire(self, client: Client) -> None:
        user = client.id
        self._check_address(user)
        if self._running.total() < self.total and self._has_share(user):
            self._running[user] += 1
            return
        check_share(self._waiting.counts(), user, self.max_waiting_per_user)
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(user, place)
        try:
            while not (await asyncio.wait({place}, timeout=POLL_SECONDS))[0]:
                if await client.is_gone():
                    raise ClientGoneError
            if await client.is_gone():  # since the last check
                raise ClientGoneError
        except BaseException:
            if place.done():
                self._release(user)
            else:
                self._waiting.remove(user, place)
            raise

    def _has_share(self, user: str) -> bool:
        return self._running[user] < self.per_user

    def _release(self, user: str) -> None:
        self._running[user] -= 1
        self._running += Counter()  # drop users without running calls
        while self._running.total() < self.total and (
            next_call := self._waiting.pop(self._has_share)
        ):
            user, place = next_call
            self._running[user] += 1
            place.set_result(None)

    def _check_address(self, user: str) -> None:
        address, users = address_of(user), {*self._running, *self._waiting}
        neighbors = sum(address_of(one) == address for one in users - {user})
        if neighbors >= self.users_per_address:
            raise _network_is_busy()


class Slot:
    """A slot of a limiter, held by a client."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._ended = threading.Event()
        self._computation: Future[object] | None = None

    @property
    def is_computing(self) -> bool:
        """Whether a thread is still computing."""
        return self._computation is not None and not self._computation.done()

    async def compute(self, call: Callable[[], T]) -> T:
        """Return what `call` returns, computed in a thread. Raises as `PerUserLimiter.run` does.

        One call at a time.
        """

        def computation() -> T:
            with at_yield_points(self._check_not_ended):
                return call()

        future = _in_thread(computation)
        self._computation = future  # type: ignore[assignment]
        answer = asyncio.wrap_future(future)
        # Retrieve the exception, or asyncio logs it as unretrieved.
        answer.add_done_callback(lambda done: done.cancelled() or done.exception())
        while not (await asyncio.wait({answer}, timeout=POLL_SECONDS))[0]:
            if await self._client.is_gone():
                raise ClientGoneError
        return answer.result()

    def end(self, then: Callable[[], None]) -> None:
        """Release the slot, and call `then` in this event loop once no thread is computing."""
        self._ended.set()
        loop = asyncio.get_running_loop()
        if self._computation is None or self._computation.done():
            then()
        else:
            self._computation.add_done_callback(lambda _: loop.call_soon_threadsafe(then))

    def _check_not_ended(self) -> None:
        if self._ended.is_set():
            raise ClientGoneError


def _in_thread(call: Callable[[], T]) -> Future[T]:
    """Start a call in a new thread, which does not keep the program from ending."""
    future: Future[T] = Future()
    context = contextvars.copy_context()

    def settle() -> None:
        try:
            future.set_result(context.run(call))
        except BaseException as error:  # noqa: BLE001  # raised again in the caller
            future.set_exception(error)

    threading.Thread(target=settle, name="limited", daemon=True).start()
    return future


def _network_is_busy() -> BusyUserError:
    return BusyUserError(
        "Many users from your network are waiting right now: try again in a minute.",
        field="run",
    )
