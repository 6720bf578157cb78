"""Event hooks of the Hub client's HTTP session: rate-limit waits, and the moment of the commit.

After a 429 or a 5xx the client waits by itself, for minutes if it is told to, and asks again; it
does not report that, nor when it comes to the commit. Both show in its requests and responses. The
hooks act in the threads of `charrnn.hub` only, and ignore the process's other requests.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from .errors import busy, no_answer, retry_delay
from .job import Job

_JOB: ContextVar[Job] = ContextVar("charrnn_hub_job")
_RETRIED_STATUS = {429, 500, 502, 503, 504}  # after which the client asks again by itself
_LOCK = threading.Lock()


@contextmanager
def tracking(job: Job) -> Iterator[None]:
    """Report this thread's rate-limit waits and its commit request to `job`."""
    from huggingface_hub import get_session

    session = get_session()
    with _LOCK:
        hooks = session.event_hooks
        if _on_response not in hooks["response"]:
            session.event_hooks = {
                "request": [*hooks["request"], _on_request],
                "response": [*hooks["response"], _on_response],
            }
    token = _JOB.set(job)
    try:
        yield
    finally:
        _JOB.reset(token)


def _on_request(request: Any) -> None:
    job = _JOB.get(None)
    if job is None:
        return
    job.check()  # a cancelled job sends no request
    job.go_on()
    if request.method == "HEAD" and not job.retries:
        if str(request.url) in job.heads:  # after silence the client asks again, for minutes
            raise no_answer()
        job.heads.add(str(request.url))
    if request.method == "POST" and "/commit/" in request.url.path:
        job.commit()


def _on_response(response: Any) -> None:
    """Report a refusal. Raises UserError if the job does not wait for the next attempt."""
    job = _JOB.get(None)
    if job is None or response.status_code not in _RETRIED_STATUS:
        return
    seconds = retry_delay(response)
    if not job.retries or (seconds is not None and seconds >= job.left()):
        raise busy(response)
    job.backoff(seconds)
