"""What can go wrong with the Hub, in sentences.

The client's own messages hold addresses with signatures, and its tracebacks hold tokens: nothing
of either is ever shown. Each error becomes a new `UserError`, without the old one as its cause.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import UserError, os_reason

_FIELD = "model"
_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO}


class AwayUserError(UserError):
    """The Hub could not be asked: it is out of reach, too slow, in trouble or has had enough."""


class UnsureUserError(AwayUserError):
    """It is not known whether a push has arrived."""


def in_words(error: Exception, repo: str | None = None, *, writing: bool = False) -> Exception:
    """What to tell of an error that the Hub's client raised when asked about `repo`; `error` itself
    if it is none of these, but a bug."""
    import httpx2
    from huggingface_hub.errors import LocalEntryNotFoundError

    wrappers = (RuntimeError, ValueError, LocalEntryNotFoundError)
    while isinstance(error, wrappers) and isinstance(error.__cause__, Exception):
        error = error.__cause__  # what a transfer was given up for
    if isinstance(error, UserError):
        error.__cause__ = error.__context__ = None  # whose tracebacks hold tokens, as its own does
        return error.with_traceback(None)
    if isinstance(error, httpx2.HTTPError | httpx2.InvalidURL | OSError):
        return _said(error, repo or "this model", writing)
    return error


@contextmanager
def understood() -> Iterator[None]:
    """Around each question to the Hub: an answer of another shape than expected makes its client
    raise what is otherwise a sign of a bug."""
    try:
        yield
    except UserError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError):
        raise AwayUserError(
            "The Hub gave an answer that makes no sense here: try again later.", field=_FIELD
        ) from None


def _said(error: BaseException, repo: str, writing: bool) -> UserError:
    import httpx2
    from huggingface_hub import errors

    if isinstance(error, errors.GatedRepoError):
        return gated(repo)
    if isinstance(error, errors.RepositoryNotFoundError):
        return missing(repo)
    if isinstance(error, errors.RevisionNotFoundError):
        return UserError("{model} has no such revision on the Hub.", model=repo, field=_FIELD)
    if isinstance(error, errors.DisabledRepoError):
        return UserError("The Hub has disabled {model}.", model=repo, field=_FIELD)
    if isinstance(error, errors.OfflineModeIsEnabled):
        return AwayUserError(
            "HF_HUB_OFFLINE is set, so the Hub is not asked: unset it, or use a model that is on "
            "this machine.",
            field=_FIELD,
        )
    if isinstance(error, httpx2.TimeoutException):
        return no_answer()
    if isinstance(error, httpx2.HTTPStatusError | errors.HfHubHTTPError):
        return _refused(error.response, repo, writing)
    if isinstance(error, httpx2.ConnectError):
        return AwayUserError("The Hub is out of reach: is this machine connected?", field=_FIELD)
    if isinstance(error, OSError) and (error.filename or error.errno in _DISK):
        return UserError(
            "The model cannot be kept on this machine: {why}.", why=os_reason(error), field=_FIELD
        )
    return broken_off()


def _refused(response: Any, repo: str, writing: bool) -> UserError:
    status = response.status_code
    if status == 401:
        return UserError("The Hub does not accept this token: sign in anew.", field=_FIELD)
    if status == 403 and writing:
        return UserError(
            "You may not write to {model}: it must be in your name or in that of an organization "
            "of yours, and the token must allow writing.",
            model=repo,
            field=_FIELD,
        )
    if status == 403:
        return UserError("You may not see {model} on the Hub.", model=repo, field=_FIELD)
    if status == 404:
        return missing(repo)
    if status in (409, 412):
        return conflict(repo)
    if status == 429 or status >= 500:
        return busy(response)
    return UserError("The Hub refused {model} ({status}).", model=repo, status=status, field=_FIELD)


def seconds_asked(response: Any) -> int | None:
    """For how long an answer asks to be left alone; None if it does not say."""
    from huggingface_hub.utils import parse_ratelimit_headers  # type: ignore[attr-defined]

    limit = parse_ratelimit_headers(response.headers) if response.status_code == 429 else None
    if limit is not None and limit.remaining == 0:
        return int(limit.reset_in_seconds)
    wait = str(response.headers.get("Retry-After", "")).strip()
    return int(wait) if wait.isdecimal() and len(wait) <= 5 else None


def busy(response: Any) -> UserError:
    """Build the error for a Hub that refuses every request for a while: a 429, or a 5xx."""
    if response.status_code == 429:
        return had_enough(seconds_asked(response))
    return AwayUserError(
        "The Hub is in trouble ({status}): try again later.",
        status=response.status_code,
        field=_FIELD,
    )


def no_answer() -> UserError:
    """Build the error for a Hub that says nothing."""
    return AwayUserError("The Hub does not answer: try again later.", field=_FIELD)


def deadline_exceeded(seconds: float) -> UserError:
    """Build the error for work that was not done within its deadline."""
    return AwayUserError(
        "The Hub is too slow: this was not done within {seconds:g} seconds. Try again later.",
        seconds=seconds,
        field=_FIELD,
    )


def had_enough(seconds: int | None) -> UserError:
    """That the Hub was asked too often, and when it may be asked again, if that is known."""
    if seconds is None:
        return AwayUserError(
            "The Hub has had too many requests from here: try again in some minutes.",
            field=_FIELD,
        )
    return AwayUserError(
        "The Hub has had too many requests from here: try again in {seconds} seconds.",
        seconds=seconds,
        field=_FIELD,
    )


def missing(repo: str) -> UserError:
    """That there is no such repository, as far as one may know."""
    return UserError(
        "There is no model {model} on the Hub, or it is private and your sign-in, if any, may not "
        "see it.",
        model=repo,
        field=_FIELD,
    )


def hidden(repo: str) -> UserError:
    """That there is a repository of this name, which the token may not even see."""
    return UserError(
        "{model} is there already, and this sign-in may not see it: choose another name.",
        model=repo,
        field=_FIELD,
    )


def gated(repo: str) -> UserError:
    """That only those whom its owner lets in may have it."""
    return UserError(
        "{model} is gated: ask for access on its page on the Hub, and sign in.",
        model=repo,
        field=_FIELD,
    )


def conflict(repo: str) -> UserError:
    """That the repository was changed between a look at it and the push."""
    return UserError(
        "{model} was changed by somebody else at the same moment: nothing was pushed. Try again.",
        model=repo,
        field=_FIELD,
    )


def unsure(repo: str) -> UserError:
    """That the line broke while the Hub made the commit, and that it could not be asked since."""
    return UnsureUserError(
        "The connection to the Hub broke off at the last step, so {model} may hold the model or "
        "not. Look there, or push again: nothing is uploaded twice.",
        model=repo,
        field=_FIELD,
    )


def ended(repo: str) -> UserError:
    """That nobody waited any more for the Hub to make the commit, which it may do yet."""
    return UnsureUserError(
        "The push ended at the last step, so {model} may hold the model or not. Look there, or "
        "push again: nothing is uploaded twice.",
        model=repo,
        field=_FIELD,
    )


def in_vain(repo: str) -> UserError:
    """That the line broke while the Hub made the commit, which is not there."""
    return UnsureUserError(
        "The connection to the Hub broke off at the last step, and {model} holds what it held "
        "before. Push again: nothing is uploaded twice.",
        model=repo,
        field=_FIELD,
    )


def broken_off() -> UserError:
    """That a connection ended before its time."""
    return AwayUserError("The connection to the Hub broke off: try again.", field=_FIELD)
