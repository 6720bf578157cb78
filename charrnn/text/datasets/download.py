"""Download one file over HTTP: with a time-out, a size limit, progress and a SHA-1 check."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from ...errors import Message, os_reason
from ...utils.atomic import atomic_open

TIMEOUT_SECONDS = 15.0  # without a byte
DEADLINE_SECONDS = 300.0  # for the whole file: a byte now and then is not enough

MAX_DOWNLOAD_BYTES = 20 << 20  # the largest dataset has about one million
_CHUNK_BYTES = 1 << 16


class DownloadError(Exception):
    """Why a file could not be downloaded, in a few words."""

    def __init__(self, template: str, /, **values: object) -> None:
        """Fill in the template of the message (`Message`)."""
        self.message = Message(template, **values)
        super().__init__(self.message)


def cache_directory() -> Path:
    """Return where downloads are cached: `$CHARRNN_CACHE`, or `~/.cache/charrnn`."""
    chosen = os.environ.get("CHARRNN_CACHE")
    if chosen:
        return Path(chosen)
    try:
        return Path.home() / ".cache" / "charrnn"
    except RuntimeError:  # a container's user may have no home
        return Path(tempfile.gettempdir()) / "charrnn"


def fetch(
    url: str,
    *,
    sha1: str,
    progress: Callable[[int, int | None], None] | None = None,
    timeout: float = TIMEOUT_SECONDS,
    deadline: float = DEADLINE_SECONDS,
) -> bytes:
    """Download the bytes at `url`, whose SHA-1 must be `sha1` (in hexadecimal).

    `progress` is called with the bytes so far and the total, None if the server does not say.
    `timeout` and `deadline` are in seconds: for each step of the connection, and for all.

    Raises DownloadError if the server cannot be reached, refuses or stalls, or if what it sends is
    something else.
    """
    host = urlsplit(url).hostname
    request = urllib.request.Request(url, headers={"User-Agent": "charrnn"})
    data = bytearray()
    give_up = time.monotonic() + deadline
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:
            total: int | None = response.length
            # read1 returns after each packet, so that a slow server shows and can be given up.
            while piece := response.read1(_CHUNK_BYTES):
                data += piece
                if len(data) > MAX_DOWNLOAD_BYTES:
                    raise DownloadError(
                        "{host} sent more than {size} MB", host=host, size=MAX_DOWNLOAD_BYTES >> 20
                    )
                if time.monotonic() > give_up:
                    raise DownloadError("{host} is too slow", host=host)
                if progress is not None:
                    progress(len(data), total)
    except urllib.error.HTTPError as error:
        error.close()
        raise DownloadError(
            "{host} answered {code} {reason}", host=host, code=error.code, reason=error.reason
        ) from error
    except TimeoutError as error:
        raise DownloadError(
            "{host} did not respond within {seconds:g} seconds", host=host, seconds=timeout
        ) from error
    except urllib.error.URLError as error:
        if isinstance(error.reason, TimeoutError):
            raise DownloadError(
                "{host} did not respond within {seconds:g} seconds", host=host, seconds=timeout
            ) from error
        cause = error.reason
        why = os_reason(cause) if isinstance(cause, OSError) else str(cause)
        raise DownloadError("no connection to {host}: {why}", host=host, why=why) from error
    except (OSError, http.client.HTTPException) as error:
        raise DownloadError(
            "the connection to {host} was lost: {why}", host=host, why=str(error)
        ) from error
    if total is not None and len(data) < total:
        raise DownloadError(
            "the connection to {host} was lost after {count:,} bytes", host=host, count=len(data)
        )
    if hashlib.sha1(data, usedforsecurity=False).hexdigest() != sha1:
        raise DownloadError(
            "{host} sent a different file from the one expected: its SHA-1 differs", host=host
        )
    return bytes(data)


def store(data: bytes, filename: str) -> None:
    """Write a file into the cache atomically; without disk space or permission, do nothing."""
    directory = cache_directory()
    # The text is in memory anyway: without a cache it is just downloaded again.
    with contextlib.suppress(OSError):
        directory.mkdir(parents=True, exist_ok=True)
        with atomic_open(directory / filename) as file:
            file.write(data)
