"""Yield points: places where a long computation lets its caller pause or end it.

The core calls `yield_point()` between pieces of work that take some milliseconds each: a chunk of a
prefix, of a text to score, of a text to prepare. By default nothing happens. An app that computes
for many users at once registers an action with `at_yield_points`: it waits for this computation's
next time slice, or raises an exception because the result is not needed any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ACTION: ContextVar[Callable[[], None] | None] = ContextVar("at_yield_points", default=None)


def yield_point() -> None:
    """Call the actions that the callers of this computation registered.

    Raises whatever an action raises.
    """
    action = _ACTION.get()
    if action is not None:
        action()


@contextmanager
def at_yield_points(action: Callable[[], None]) -> Iterator[None]:
    """Call `action` at each yield point that is reached within the block, in this thread.

    Blocks nest: the actions of outer blocks are called first.
    """
    outer = _ACTION.get()

    def both() -> None:
        if outer is not None:
            outer()
        action()

    token = _ACTION.set(both)
    try:
        yield
    finally:
        _ACTION.reset(token)
