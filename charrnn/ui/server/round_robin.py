"""A queue in which users take turns, however many items each of them has in it."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class RoundRobin(Generic[T]):
    """Items by user. The next item is the oldest one of the user who was served longest ago."""

    def __init__(self) -> None:
        self._items: OrderedDict[str, deque[T]] = OrderedDict()  # by user, in order of their turns

    def __len__(self) -> int:
        return sum(map(len, self._items.values()))

    def __bool__(self) -> bool:
        return bool(self._items)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the users who have an item in the queue."""
        return iter(self._items)

    def count(self, user: str) -> int:
        """Return how many items a user has in the queue."""
        return len(self._items.get(user, ()))

    def counts(self) -> dict[str, int]:
        """Return how many items each user has in the queue."""
        return {user: len(items) for user, items in self._items.items()}

    def add(self, user: str, item: T) -> None:
        """Put an item behind the user's others."""
        self._items.setdefault(user, deque()).append(item)

    def remove(self, user: str, item: T) -> None:
        """Take an item out. Raises ValueError if it is not in the queue."""
        items = self._items.get(user, deque[T]())
        items.remove(item)
        if not items:
            del self._items[user]

    def pop(self, eligible: Callable[[str], bool] = lambda user: True) -> tuple[str, T] | None:
        """Take out the next item of the users who are `eligible`; None if they have none."""
        user = next(filter(eligible, self._items), None)
        if user is None:
            return None
        items = self._items[user]
        item = items.popleft()
        if items:
            self._items.move_to_end(user)
        else:
            del self._items[user]
        return user, item
