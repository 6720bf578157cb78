"""What the page waits for right now: how far each computation is, and whether it is still wanted.

The page gives each computation that it waits for a name. It asks by this name how far it is. A
newer one of the same name stops the older one, since the page shows the newer one only.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from ..server.client import Client

_MAX_NAME_CHARACTERS = 64


@dataclass
class PageJob:
    """A computation, such as the reading of a text; `share` of it, from 0 to 1, is done."""

    share: float = 0.0
    is_stopped: bool = False

    def note(self, share: float) -> None:
        """Note how much is done."""
        self.share = share

    def client(self, client: Client) -> Client:
        """Return the client as one that is gone once the job is stopped.

        So a stopped job leaves its queue, or ends at its next yield point.
        """

        async def is_gone() -> bool:
            return self.is_stopped or await client.is_gone()

        return replace(client, is_gone=is_gone)


class PageJobs:
    """The jobs by client and name. All methods belong to one event loop."""

    def __init__(self) -> None:
        self._jobs: dict[tuple[str, str], PageJob] = {}

    @contextmanager
    def start(self, client_id: str, name: object) -> Iterator[PageJob]:
        """Yield a new job. Nobody can ask for one whose `name` is no short string."""
        job = PageJob()
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
        """Return how much is done; None if there is no such job."""
        job = self._jobs.get((client_id, str(name)))
        return job.share if job else None

    def stop(self, client_id: str, name: object) -> None:
        """Stop a job, if there is one with this name."""
        if job := self._jobs.pop((client_id, str(name)), None):
            job.is_stopped = True
