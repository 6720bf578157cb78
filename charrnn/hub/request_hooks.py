"""What the Hub's client is doing while it is asked, told to the piece of work that asks it.

Where the Hub refuses for a while (429, or trouble of its own), the client waits by itself, minutes
if it is asked to, and asks again; nor does it say when it has come to the commit. Both show in the
requests and answers, which its session (httpx) tells to hooks. Those put there are for the threads
of `charrnn.hub` alone, and do nothing for whatever else this process asks.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from .errors import busy, no_answer, seconds_asked
from .job import Job

_JOB: ContextVar[Job] = ContextVar("charrnn_hub_job")
_ASKED_AGAIN = {429, 500, 502, 503, 504}  # where the client does so
_LOCK = threading.Lock()


@contextmanager
def heard(job: Job) -> Iterator[None]:
    """While the Hub is asked in this thread, `job` is told what becomes of it."""
    from huggingface_hub import get_session

    session = get_session()
    with _LOCK:
        hooks = session.event_hooks
        if _answered not in hooks["response"]:
            session.event_hooks = {
                "request": [*hooks["request"], _asked],
                "response": [*hooks["response"], _answered],
            }
    token = _JOB.set(job)
    try:
        yield
    finally:
        _JOB.reset(token)


def _asked(request: Any) -> None:
    job = _JOB.get(None)
    if job is None:
        return
    job.check()  # who is not waited for any more, asks for nothing
    job.go_on()
    if request.method == "HEAD" and not job.retries:
        if str(request.url) in job.heads:  # after silence the client asks again, for minutes
            raise no_answer()
        job.heads.add(str(request.url))
    if request.method == "POST" and "/commit/" in request.url.path:
        job.commit()


def _answered(response: Any) -> None:
    """Raises UserError rather than to let the client wait for longer than anybody else does."""
    job = _JOB.get(None)
    if job is None or response.status_code not in _ASKED_AGAIN:
        return
    seconds = seconds_asked(response)
    if not job.retries or (seconds is not None and seconds >= job.left()):
        raise busy(response)
    job.backoff(seconds)
