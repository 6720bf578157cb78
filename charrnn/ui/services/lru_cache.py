"""A cache for threads: the values used last, up to a size together."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class LRUCache(Generic[K, V]):
    """Values by key, `max_size` together; those used longest ago are dropped, but never the last.

    `size` returns the size of a value, by default 1.
    """

    def __init__(self, max_size: int, size: Callable[[V], int] = lambda value: 1) -> None:
        self._max_size, self._size = max_size, size
        self._lock = threading.Lock()
        self._values: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        """Return the value with this key, None if there is none."""
        with self._lock:
            if (found := self._values.get(key)) is not None:
                self._values.move_to_end(key)
            return found

    def put(self, key: K, value: V) -> None:
        """Keep a value, and drop others if they are too large together."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            while len(self._values) > 1 and self._total() > self._max_size:
                self._values.popitem(last=False)

    def get_or_compute(self, key: K, compute: Callable[[], V]) -> V:
        """Return the value with this key; computes and keeps it if there is none."""
        value = self.get(key)
        if value is None:
            value = compute()
            self.put(key, value)
        return value

    def _total(self) -> int:
        return sum(map(self._size, self._values.values()))
