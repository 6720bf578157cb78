"""What a run says, and what may be asked of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Event = dict[str, Any]
"""One JSON object of `events.jsonl`, with at least `event` and `seconds`."""

Commands = Callable[[], set[str]]
"""Asked after every minibatch; answers with any of "stop" and "sample"."""

Share = Callable[[], int | None]
"""Asked before every minibatch: on how many threads to compute at most; None for no bound."""
