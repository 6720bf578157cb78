"""How much of each kind of work happens at once, for everybody together and for each user."""

from __future__ import annotations

from functools import partial

from .rate_limit import PerUserLimiter


class Limiters:
    """A limiter for each kind of work. What computes has places of its own and never holds one
    while it waits for the Hub or a download, and what ends something needs no place at all."""

    def __init__(self, users_per_address: int) -> None:
        """`users_per_address` is how many users of one network address may be at it at once."""
        limiter = partial(PerUserLimiter, users_per_address=users_per_address)
        # Computing. Texts that are written, looked at or scored compute in slices (`desk`), so
        # many of them can be under way.
        self.planning = limiter(total=2, per_user=1, max_waiting_per_user=16)
        self.writing = limiter(total=64, per_user=4, max_waiting_per_user=32)
        self.looking = limiter(total=32, per_user=2, max_waiting_per_user=8)
        self.scoring = limiter(total=16, per_user=2, max_waiting_per_user=16)
        self.packing = limiter(total=2, per_user=1, max_waiting_per_user=4)
        self.preparing = limiter(total=4, per_user=1, max_waiting_per_user=4)
        # Reading files, waiting for the network.
        self.listing = limiter(total=8, per_user=2, max_waiting_per_user=16)
        self.finding = limiter(total=64, per_user=4, max_waiting_per_user=32)
        self.opening = limiter(total=8, per_user=2, max_waiting_per_user=4)
        self.searching = limiter(total=8, per_user=3, max_waiting_per_user=64)
