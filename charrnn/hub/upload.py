"""What all that goes to the Hub has in common: in whose name, its bytes on their way, and whether
an answer is missing."""

from __future__ import annotations

import io

from ..errors import UserError
from . import client
from .job import Job


def writing_token(token: str | None) -> str:
    """The token to write with: that of whoever is logged in on this machine where none is given.

    Raises UserError if nobody is.
    """
    given = client.own_token() if token is None else token
    if not given:
        raise UserError(
            "You are not signed in to the Hub: run `hf auth login` once, or give a token.",
            field="model",
        )
    return given


class Body(io.BytesIO):
    """A file on its way: counts what has been read of it, and ends when nobody waits any more.

    The client uploads what comes from a file object by plain HTTP, which every Hub understands.
    """

    def __init__(self, data: bytes, job: Job) -> None:
        super().__init__(data)
        self._job, self._told = job, 0

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """As of any file. Raises UserError if it is not wanted any more; so does `read`."""
        self._job.check()  # before each new attempt
        return super().seek(offset, whence)

    def read(self, size: int | None = -1, /) -> bytes:
        """The next bytes, counted."""
        self._job.check()
        data = super().read(size)
        if self._job.total is not None and self.tell() > self._told:  # not the look for its hash
            self._job.done += self.tell() - self._told
            self._told = self.tell()
        return data


def unanswered(error: Exception) -> bool:
    """Whether the answer to a question is missing, and `error` is not the answer."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError

    if isinstance(error, httpx2.HTTPStatusError | HfHubHTTPError):
        return error.response.status_code >= 500
    return isinstance(error, httpx2.TransportError) and not isinstance(error, httpx2.ConnectError)
