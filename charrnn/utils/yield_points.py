"""Yield points: places where a long computation lets its caller pause it or end it.

The core calls `yield_point()` between pieces of work that take some milliseconds each: a chunk of a
prefix, of a text to score, of a text to prepare. By default nothing happens there. An app that
computes for many people at once says with `at_yield_points` what should: wait until it is this
computation's turn again, or raise an exception because nobody wants the result any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ACTION: ContextVar[Callable[[], None] | None] = ContextVar("at_yield_points", default=None)


def yield_point() -> None:
    """Do what the caller of this computation wants done between its pieces, if anything.

    Raises whatever the caller's action raises.
    """
    action = _ACTION.get()
    if action is not None:
        action()


@contextmanager
def at_yield_points(action: Callable[[], None]) -> Iterator[None]:
    """Call `action` at each yield point that is reached within the block, in this thread.

    Blocks nest: what an outer one wants done is done first.
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
