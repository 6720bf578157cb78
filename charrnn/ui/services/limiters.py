"""Concurrency limits for each kind of work, in total and per user."""

from __future__ import annotations

from functools import partial

from ..server.per_user_limiter import PerUserLimiter


class Limiters:
    """A limiter for each kind of work.

    Work that computes has its own slots, and never holds one while it waits for the Hub or a
    download. Requests that stop something need no slot.
    """

    def __init__(self, users_per_address: int) -> None:
        """Create the limiters; `users_per_address` limits the concurrent users of an address."""
        limiter = partial(PerUserLimiter, users_per_address=users_per_address)
        # Computing. Generating, inspecting and scoring compute in slices (`time_slicer`), so many
        # of them can run at once.
        self.planning = limiter(total=2, per_user=1, max_waiting_per_user=16)
        self.generating = limiter(total=64, per_user=4, max_waiting_per_user=32)
        self.inspecting = limiter(total=32, per_user=2, max_waiting_per_user=8)
        self.scoring = limiter(total=16, per_user=2, max_waiting_per_user=16)
        self.zipping = limiter(total=2, per_user=1, max_waiting_per_user=4)
        self.previewing = limiter(total=4, per_user=1, max_waiting_per_user=4)
        # Reading files and waiting for a run or for the network.
        self.listing = limiter(total=8, per_user=2, max_waiting_per_user=16)
        self.following = limiter(total=128, per_user=8, max_waiting_per_user=16)
        self.fetching = limiter(total=64, per_user=4, max_waiting_per_user=32)
        self.opening = limiter(total=8, per_user=2, max_waiting_per_user=4)
        self.searching = limiter(total=8, per_user=3, max_waiting_per_user=64)
