"""How many bytes of request bodies may be in memory at the same time, of all and of one address."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ...runs.limits import address_of
from .asgi import RequestUserError

MAX_BYTES = 128 << 20
MAX_BYTES_PER_ADDRESS = 64 << 20  # of all clients behind it: a cookie more is no share more


class BodyBudget:
    """Counts the bytes of bodies that have arrived and are not answered yet."""

    def __init__(self) -> None:
        self._total = 0
        self._of_address: Counter[str] = Counter()

    @contextmanager
    def account(self, client: str) -> Iterator[Callable[[int], None]]:
        """A function that takes so many bytes more for a request of this client; all of them are
        given back at the end. It raises RequestUserError (503) where there are none left."""
        taken, address = 0, address_of(client)

        def take(size: int) -> None:
            nonlocal taken
            taken += size
            self._total += size
            self._of_address[address] += size
            if self._total > MAX_BYTES or self._of_address[address] > MAX_BYTES_PER_ADDRESS:
                raise RequestUserError(
                    "Too many large requests are on their way: try again in a moment.", status=503
                )

        try:
            yield take
        finally:
            self._total -= taken
            self._of_address[address] -= taken
            if not self._of_address[address]:
                del self._of_address[address]
