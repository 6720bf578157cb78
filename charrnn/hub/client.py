"""The Hub's own client, asked so that nobody waits longer than promised.

huggingface_hub is imported when it is first needed: it takes a while, and most programs that use
charrnn never ask the Hub. It has no time limit of its own, so each piece of work runs in a thread
(`run`), which is given up when its time is over or when whoever asked has had enough.
"""

from __future__ import annotations

import logging
import math
import os
import threading
import time
from collections.abc import Callable, MutableMapping
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from .._version import __version__
from ..errors import UserError
from .errors import AwayUserError, in_words
from .hooks import heard

if TYPE_CHECKING:
    from huggingface_hub import HfApi

T = TypeVar("T")
Token = str | Literal[False] | None
"""Who asks: a token; False for nobody; None for whoever is logged in on this machine."""
Progress = Callable[[int, "int | None"], None]
"""Told the bytes so far and the total, None while that is not known."""
Waiting = Callable[["int | None"], None]
"""Told for how many seconds the Hub wants to be left alone, 0 if it does not say; None when it is
asked again."""
Cancelled = Callable[[], bool]

SILENCE = 10.0  # seconds without a byte after which a connection is given up
_POLL = 0.05  # seconds between looks at a piece of work


class Job:
    """A piece of work for the Hub: how long it may take, how far it is, whether it is wanted."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.until = time.monotonic() + seconds
        self.done = 0
        self.total: int | None = None
        self.committing = False  # the Hub is being told of the commit, or has been
        self._again: float | None = None  # when the Hub is asked again, if it has refused
        self._unwanted = threading.Event()

    def check(self) -> None:
        """To be asked between two steps. Raises UserError if the work is not wanted any more."""
        if self._unwanted.is_set():
            raise UserError("Cancelled.")
        if self.left() <= 0:
            raise too_slow(self.seconds)

    def left(self) -> float:
        """The seconds that are left."""
        return self.until - time.monotonic()

    def commit(self) -> None:
        """All is sent; from now on the commit may be there."""
        self.committing, self.done = True, self.total or 0

    def rest(self, seconds: int | None) -> None:
        """The Hub wants to be left alone."""
        self._again = time.monotonic() + (0 if seconds is None else seconds + 1)  # the client's one

    def go_on(self) -> None:
        """It is asked again."""
        self._again = None

    @property
    def resting(self) -> int | None:
        """Seconds until the Hub is asked again, 0 if it did not say; None if it has not refused."""
        again = self._again
        return None if again is None else max(0, math.ceil(again - time.monotonic()))

    def give_up(self) -> None:
        """From now on nobody waits for it."""
        self._unwanted.set()


def run(
    work: Callable[[Job], T],
    *,
    seconds: float,
    repo: str | None = None,
    writing: bool = False,
    progress: Progress | None = None,
    waiting: Waiting | None = None,
    cancelled: Cancelled | None = None,
    unsure: UserError | None = None,
) -> T:
    """What `work` returns; it talks to the Hub in a thread, about `repo`.

    `progress`, `waiting` and `cancelled` are called here, in the caller's thread. Raises UserError
    for all that goes wrong with the Hub, after `seconds`, and when `cancelled` says so: `unsure`,
    if there is one, once the Hub has been asked for a commit.
    """
    job, result, shown, rested = Job(seconds), Future[T](), None, None
    threading.Thread(target=_work, args=(work, job, result, repo, writing), daemon=True).start()
    try:
        while True:
            over = wait([result], _POLL).done
            if progress is not None and job.total is not None and shown != (job.done, job.total):
                shown = (job.done, job.total)
                progress(*shown)
            if waiting is not None and rested != (rests := job.resting):
                waiting(rested := rests)
            if over:
                return result.result()
            if cancelled is not None and cancelled():
                raise _unless_late(job, UserError("Cancelled."), unsure)
            if job.left() <= 0:
                raise _unless_late(job, too_slow(seconds), unsure)
    finally:
        job.give_up()


def _unless_late(job: Job, error: UserError, unsure: UserError | None) -> UserError:
    return unsure if job.committing and unsure is not None else error


def _work(
    work: Callable[[Job], T], job: Job, result: Future[T], repo: str | None, writing: bool
) -> None:
    try:
        with heard(job):
            done = work(job)
        result.set_result(done)
    except Exception as error:  # noqa: BLE001  # raised again by whoever waits
        result.set_exception(in_words(error, repo, writing=writing))


def too_slow(seconds: float) -> UserError:
    """That the time is over."""
    return AwayUserError(
        "The Hub is too slow: this was not done within {seconds:g} seconds. Try again later.",
        seconds=seconds,
        field="model",
    )


def api(token: Token) -> HfApi:
    """The Hub's client, for whoever `token` stands for."""
    from huggingface_hub import HfApi

    return HfApi(endpoint(), token=token, library_name="charrnn", library_version=__version__)


def endpoint() -> str:
    """The Hub's address: `$HF_ENDPOINT`, or https://huggingface.co."""
    from huggingface_hub import constants

    return constants.ENDPOINT


def own_token() -> str | None:
    """The token of whoever is logged in on this machine."""
    from huggingface_hub import get_token

    return get_token()


def forget_own_token(environment: MutableMapping[str, str] = os.environ) -> None:
    """Take the token of this machine out of the environment: on a Space it is the Space's, and
    visitors sign in with their own."""
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        environment.pop(name, None)


def signed_in() -> bool:
    """Whether somebody is logged in to the Hub on this machine. Asks nobody."""
    return own_token() is not None


def get(address: str, token: Token, headers: dict[str, str]) -> Any:
    """A context: the answer of a GET, its body still to be read. Redirections are followed, and the
    token goes to the Hub alone."""
    import httpx2
    from huggingface_hub import get_session
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

    return get_session().stream(
        "GET",
        address,
        headers=build_hf_headers(token=token, library_name="charrnn") | headers,
        timeout=httpx2.Timeout(SILENCE),
        follow_redirects=True,
    )


def quiet() -> None:
    """Let the client neither draw bars nor write warnings, which may hold signed addresses.

    For programs, not for the library: it changes the whole process.
    """
    from huggingface_hub.utils import disable_progress_bars  # type: ignore[attr-defined]

    disable_progress_bars()
    # For when its loggers are set up, which may be later, and for those that are already.
    os.environ["HF_HUB_VERBOSITY"] = "error"
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
