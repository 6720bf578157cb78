"""Limit on the bytes of request bodies in memory, in total and per network address."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ...runs.limits import address_of
from .asgi import RequestUserError

MAX_BYTES = 128 << 20
MAX_BYTES_PER_ADDRESS = 64 << 20  # of all its clients: a new cookie is not a new share


class BodyBudget:
    """Counts the bytes of bodies that have arrived and are not answered yet."""

    def __init__(self) -> None:
        self._total = 0
        self._of_address: Counter[str] = Counter()

    @contextmanager
    def account(self, client: str) -> Iterator[Callable[[int], None]]:
        """Yield a function that reserves more bytes for a request of this client.

        It raises RequestUserError (503) if the budget is used up. At the end of the block all bytes
        of the request are released.
        """
        taken, address = 0, address_of(client)

        def take(size: int) -> None:
            nonlocal taken
            taken += size
            self._total += size
            self._of_address[address] += size
            if self._total > MAX_BYTES or self._of_address[address] > MAX_BYTES_PER_ADDRESS:
                raise RequestUserError(
                    "The server is receiving too many large requests: try again in a moment.",
                    status=503,
                )

        try:
            yield take
        finally:
            self._total -= taken
            self._of_address[address] -= taken
            if not self._of_address[address]:
                del self._of_address[address]
