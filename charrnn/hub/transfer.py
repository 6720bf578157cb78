"""Files from the Hub, byte by byte: never more than was agreed, and on from where it broke off."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from ..checkpoint.files import MOST
from ..errors import UserError
from . import client
from .client import Job, Token
from .errors import broken_off

_LONGEST = 8 << 20  # bytes of an answer about many models
_PLAIN = {"Accept-Encoding": "identity"}
_TRIES = 4  # times in a row that a connection may bring nothing before it is given up
_COUNTED = "config.json"  # whose downloads the Hub counts as the model's


@dataclass(frozen=True)
class Remote:
    """A file of a repository, as the Hub describes it: its size in bytes, and its SHA-256 where it
    is stored as a large file, or else the SHA-1 of its git blob."""

    name: str
    size: int
    sha256: str | None
    blob: str | None

    @classmethod
    def of(cls, there: Any) -> Remote:
        """The Hub's own description (a `RepoSibling`); -1 for a size that it does not tell."""
        large = there.lfs.sha256 if there.lfs else None
        size = there.size if isinstance(there.size, int) else -1
        return cls(there.rfilename, size, large, None if large else there.blob_id)

    @property
    def described(self) -> bool:
        """Whether the Hub says more of its bytes than how many they are."""
        return self.sha256 is not None or self.blob is not None

    def holds(self, data: bytes) -> bool:
        """Whether these bytes are known to be the ones that the Hub described."""
        if self.sha256 is not None:
            return hashlib.sha256(data).hexdigest() == self.sha256
        if self.blob is not None:
            git = hashlib.sha1(b"blob %d\0" % len(data), usedforsecurity=False)
            git.update(data)
            return git.hexdigest() == self.blob
        return False


def fetch(job: Job, repo: str, revision: str, file: Remote, token: Token, path: Path) -> None:
    """Bring a file to `path`, where a part of it may be already. `job.done` counts its bytes.

    Raises UserError if it is not what the Hub described.
    """
    before = job.done
    tries = 0
    while (have := path.stat().st_size if path.exists() else 0) < file.size or not path.exists():
        job.check()
        job.done = before + have
        try:
            _stream(job, repo, revision, file, token, path, have)
        except _Broken:
            tries = 1 if path.exists() and path.stat().st_size > have else tries + 1
            if tries >= _TRIES:
                raise broken_off() from None
    job.done = before + file.size
    if have > file.size or (file.described and not file.holds(path.read_bytes())):
        path.unlink()
        raise UserError(
            "What came from the Hub as {file} is not what {model} holds: try again.",
            file=file.name,
            model=repo,
            field="model",
        )


def read(job: Job, repo: str, revision: str, name: str, token: Token) -> bytes | None:
    """A small file's bytes; None if it is larger than one of that name may be."""
    job.check()
    with _opened(repo, revision, name, token, 0) as response:
        return _read(job, response, MOST[name])


def answer(job: Job, path: str, asked: Mapping[str, object], token: Token) -> Any:
    """What the Hub's interface says, parsed: at once, where its client would try for long.

    Parameters that are empty are left out. Raises ValueError if it is no JSON, or a lot of it.
    """
    from huggingface_hub import hf_raise_for_status

    job.check()
    query = urlencode({name: value for name, value in asked.items() if value != ""})
    with client.get(f"{client.endpoint()}{path}?{query}", token, _PLAIN) as response:
        if response.status_code >= 400:
            hf_raise_for_status(response)
        data = _read(job, response, _LONGEST)
    if data is None:
        raise ValueError("a longer answer than was asked for")
    return json.loads(data)


def _read(job: Job, response: Any, most: int) -> bytes | None:
    data = bytearray()
    for piece in response.iter_raw():
        job.check()
        data += piece
        if len(data) > most:
            return None
    return bytes(data)


class _Broken(Exception):  # noqa: N818  # caught above: never seen
    """A connection ended before its time."""


def _stream(
    job: Job, repo: str, revision: str, file: Remote, token: Token, path: Path, have: int
) -> None:
    import httpx2

    try:
        with _opened(repo, revision, file.name, token, have) as response:
            if response.status_code != 206:  # all of it, from the beginning
                job.done -= have
                have = 0
            with path.open("ab" if have else "wb") as out:
                for piece in response.iter_raw():  # as it comes: none waits, and is lost
                    job.check()
                    have += len(piece)
                    if have > file.size:
                        raise UserError(
                            "The Hub sent more of {file} than it said.",
                            file=file.name,
                            field="model",
                        )
                    out.write(piece)
                    job.done += len(piece)
    except httpx2.TransportError as error:
        if isinstance(error, httpx2.TimeoutException | httpx2.ConnectError):
            raise
        raise _Broken from None
    if have < file.size:
        raise _Broken


@contextmanager
def _opened(repo: str, revision: str, name: str, token: Token, have: int) -> Iterator[Any]:
    from huggingface_hub import hf_raise_for_status

    address = f"{client.endpoint()}/{repo}/resolve/{quote(revision, safe='')}/{quote(name)}"
    headers = dict(_PLAIN)
    if have:
        headers["Range"] = f"bytes={have}-"
    if name == _COUNTED:
        headers["X-HF-Download-Counter"] = "1"
    with client.get(address, token, headers) as response:
        if response.status_code >= 400:
            hf_raise_for_status(response)
        yield response
