"""Texts that are being read right now: how far each one is, and whether it is still wanted.

The page gives each reading that it waits for a name. It asks by this name how far the reading is. A
newer reading of the same name stops the older one, since the page shows the newer one only.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from ..operations import Caller

_MAX_NAME_CHARACTERS = 64


@dataclass
class ReadingJob:
    """A text that is being read; `share` of it, from 0 to 1, has been read."""

    share: float = 0.0
    is_stopped: bool = False

    def note(self, share: float) -> None:
        """Note how much has been read."""
        self.share = share

    def caller(self, caller: Caller) -> Caller:
        """Return the caller as one that is gone once the job is stopped.

        So a stopped job leaves its queue, or ends at its next yield point.
        """
        client = caller.client

        async def is_gone() -> bool:
            return self.is_stopped or await client.is_gone()

        return replace(caller, client=replace(client, is_gone=is_gone))


class ReadingJobs:
    """The jobs by client and name. All methods belong to one event loop."""

    def __init__(self) -> None:
        self._jobs: dict[tuple[str, str], ReadingJob] = {}

    @contextmanager
    def start(self, client_id: str, name: object) -> Iterator[ReadingJob]:
        """Yield a new job. Nobody can ask for one whose `name` is no short string."""
        job = ReadingJob()
        if not isinstance(name, str) or not 0 < len(name) <= _MAX_NAME_CHARACTERS:
            yield job
            return
        self.stop(client_id, name)
        self._jobs[client_id, name] = job
        try:
            yield job
        finally:
            if self._jobs.get((client_id, name)) is job:
                del self._jobs[client_id, name]

    def share(self, client_id: str, name: object) -> float | None:
        """Return how much has been read; None if there is no such job."""
        job = self._jobs.get((client_id, str(name)))
        return job.share if job else None

    def stop(self, client_id: str, name: object) -> None:
        """Stop a job, if there is one with this name."""
        if job := self._jobs.pop((client_id, str(name)), None):
            job.is_stopped = True
