"""Call huggingface_hub's client with a deadline, progress and cancellation.

huggingface_hub is imported when it is first needed: that takes a while, and most programs that use
charrnn never ask the Hub. It has no deadline of its own, so each piece of work runs in a thread
(`run`), which is abandoned when its deadline is over or the caller cancels.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from concurrent.futures import Future, wait
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from urllib.parse import quote, urlencode

from .._version import __version__
from ..checkpoint.format import MAX_FILE_BYTES
from ..errors import UserError
from .errors import deadline_exceeded, to_user_error
from .job import Job
from .request_hooks import tracking

if TYPE_CHECKING:
    from huggingface_hub import HfApi

T = TypeVar("T")
Token = str | Literal[False] | None
"""A user's token; False for none; None for that of the user who is logged in on this machine."""
Progress = Callable[[int, "int | None"], None]
"""Called with the bytes so far and the total, None while that is not known."""
Waiting = Callable[["int | None"], None]
"""Called with the seconds until the Hub may be asked again, 0 if it does not say; with None when it
is asked again."""
Cancelled = Callable[[], bool]

SILENCE_SECONDS = 10.0  # without a byte, after which a connection is given up
_POLL_SECONDS = 0.05  # between two checks of a job
_MAX_JSON_BYTES = 8 << 20  # of a response of the Hub's API
_CHUNK_BYTES = 1 << 18  # of a download between two reports of its progress
_PLAIN = {"Accept-Encoding": "identity"}


def run(
    work: Callable[[Job], T],
    *,
    seconds: float,
    repo: str | None = None,
    writing: bool = False,
    progress: Progress | None = None,
    waiting: Waiting | None = None,
    cancelled: Cancelled | None = None,
    unconfirmed_error: UserError | None = None,
) -> T:
    """Run `work` in a thread and return its result; it talks to the Hub about `repo`.

    `progress`, `waiting` and `cancelled` are called in the caller's thread. Raises UserError for
    everything that goes wrong with the Hub, after `seconds`, and when `cancelled` returns True;
    once the Hub was asked for a commit, the last two raise `unconfirmed_error` if it is given.
    """
    job, result = Job(seconds, retries=writing), Future[T]()
    last_progress: tuple[int, int | None] | None = None
    last_retry_in: int | None = None
    threading.Thread(target=_work, args=(work, job, result, repo, writing), daemon=True).start()
    try:
        while True:
            over = wait([result], _POLL_SECONDS).done
            now = (job.done, job.total)
            if progress is not None and job.total is not None and now != last_progress:
                progress(*now)
                last_progress = now
            if waiting is not None and (retry_in := job.retry_in) != last_retry_in:
                waiting(retry_in)
                last_retry_in = retry_in
            if over:
                return result.result()
            if cancelled is not None and cancelled():
                raise _unless_committing(job, UserError("Cancelled."), unconfirmed_error)
            if job.left() <= 0:
                raise _unless_committing(job, deadline_exceeded(seconds), unconfirmed_error)
    finally:
        job.cancel()


def _unless_committing(
    job: Job, error: UserError, unconfirmed_error: UserError | None
) -> UserError:
    """Return `error`, or `unconfirmed_error` if the commit may have been made already."""
    return unconfirmed_error if job.committing and unconfirmed_error is not None else error


def _work(
    work: Callable[[Job], T], job: Job, result: Future[T], repo: str | None, writing: bool
) -> None:
    try:
        with tracking(job):
            done = work(job)
        result.set_result(done)
    except Exception as error:  # noqa: BLE001  # raised again in the caller's thread
        result.set_exception(to_user_error(error, repo, writing=writing))


def api(token: Token) -> HfApi:
    """Return the Hub's client with this token."""
    from huggingface_hub import HfApi

    return HfApi(endpoint(), token=token, library_name="charrnn", library_version=__version__)


def endpoint() -> str:
    """Return the Hub's address: `$HF_ENDPOINT`, or https://huggingface.co."""
    from huggingface_hub import constants

    return constants.ENDPOINT


def own_token() -> str | None:
    """Return the token of the user who is logged in on this machine."""
    from huggingface_hub import get_token

    return get_token()


def forget_own_token(environment: MutableMapping[str, str] = os.environ) -> None:
    """Remove this machine's token from the environment.

    On a Space it is the Space's own, and users sign in with theirs.
    """
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        environment.pop(name, None)


def signed_in() -> bool:
    """Return whether a user is logged in to the Hub on this machine. Sends no request."""
    return own_token() is not None


def get_json(job: Job, path: str, parameters: Mapping[str, object], token: Token) -> Any:
    """Return the parsed answer of the Hub's interface to a GET; empty parameters are left out.

    Raises ValueError if it is no JSON, or a lot of it.
    """
    job.check()
    query = urlencode({name: value for name, value in parameters.items() if value != ""})
    with _opened(f"{endpoint()}{path}?{query}", token) as response:
        data = _read(job, response, _MAX_JSON_BYTES)
    if data is None:
        raise ValueError("a longer answer than was asked for")
    return json.loads(data)


def read_file(job: Job, repo: str, revision: str, name: str, token: Token) -> bytes | None:
    """Return the bytes of a small file of a repository; None if it has more than it may have."""
    job.check()
    address = f"{endpoint()}/{repo}/resolve/{quote(revision, safe='')}/{quote(name)}"
    with _opened(address, token) as response:
        return _read(job, response, MAX_FILE_BYTES[name])


def _read(job: Job, response: Any, most: int) -> bytes | None:
    data = bytearray()
    for piece in response.iter_raw():
        job.check()
        data += piece
        if len(data) > most:
            return None
    return bytes(data)


@contextmanager
def _opened(address: str, token: Token) -> Iterator[Any]:
    """Send a GET and yield the response, its body still to be read.

    Redirections are followed; the token goes to the Hub alone.
    """
    import httpx2
    from huggingface_hub import get_session, hf_raise_for_status
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

    with get_session().stream(
        "GET",
        address,
        headers=build_hf_headers(token=token, library_name="charrnn") | _PLAIN,
        timeout=httpx2.Timeout(SILENCE_SECONDS),
        follow_redirects=True,
    ) as response:
        if response.status_code >= 400:
            hf_raise_for_status(response)
        yield response


def quiet() -> None:
    """Set the client up for a program: no bars, no warnings, and progress in small steps.

    Warnings may hold signed addresses. Programs call it, not the library: it changes the whole
    process.
    """
    from huggingface_hub import constants
    from huggingface_hub.utils import disable_progress_bars  # type: ignore[attr-defined]

    disable_progress_bars()
    constants.DOWNLOAD_CHUNK_SIZE = _CHUNK_BYTES
    # For when its loggers are set up, which may be later, and for those that are already.
    os.environ["HF_HUB_VERBOSITY"] = "error"
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
