"""What pushes and deployments share: the token, files being sent, and ambiguous failures."""

from __future__ import annotations

import io

from ..errors import UserError
from . import client
from .job import Job


def write_token(token: str | None) -> str:
    """Return the token to write with, by default that of the user who is logged in.

    Raises UserError if no user is logged in.
    """
    given = client.own_token() if token is None else token
    if not given:
        raise UserError(
            "You are not signed in to the Hub: run `hf auth login` once, or give a token.",
            field="model",
        )
    return given


class ProgressReader(io.BytesIO):
    """A file being uploaded that counts the bytes read, and ends when the job is cancelled.

    The client uploads file objects by plain HTTP, which every Hub understands.
    """

    def __init__(self, data: bytes, job: Job) -> None:
        super().__init__(data)
        self._job, self._told = job, 0

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Seek as in any file. Raises UserError if the job was cancelled; so does `read`."""
        self._job.check()  # before each new attempt
        return super().seek(offset, whence)

    def read(self, size: int | None = -1, /) -> bytes:
        """Read and count the next bytes."""
        self._job.check()
        data = super().read(size)
        if self._job.total is not None and self.tell() > self._told:  # not the look for its hash
            self._job.done += self.tell() - self._told
            self._told = self.tell()
        return data


def is_ambiguous_failure(error: Exception) -> bool:
    """Return whether a request failed without an answer, so that it may have succeeded."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError

    if isinstance(error, httpx2.HTTPStatusError | HfHubHTTPError):
        return error.response.status_code >= 500
    return isinstance(error, httpx2.TransportError) and not isinstance(error, httpx2.ConnectError)
