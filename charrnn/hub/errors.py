"""Turn the errors of the Hub's client into messages for users.

The client's own messages hold signed addresses, and its tracebacks hold tokens: neither is ever
shown. Each error becomes a new `UserError`, without the old one as its cause.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import UserError, os_reason

_FIELD = "model"
_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO}


class HubUnavailableError(UserError):
    """The Hub could not be asked: out of reach, too slow, in trouble, or limiting requests."""


class CommitUnconfirmedError(HubUnavailableError):
    """It is not known whether a push has arrived."""


def to_user_error(error: Exception, repo: str | None = None, *, writing: bool = False) -> Exception:
    """Return the error for the user, for one of the Hub's client about `repo`.

    Any other error is a bug, and is returned as it is.
    """
    import httpx2
    from huggingface_hub.errors import LocalEntryNotFoundError

    wrappers = (RuntimeError, ValueError, LocalEntryNotFoundError)
    while isinstance(error, wrappers) and isinstance(error.__cause__, Exception):
        error = error.__cause__  # what a transfer was given up for
    if isinstance(error, UserError):
        error.__cause__ = error.__context__ = None  # whose tracebacks hold tokens, as its own does
        return error.with_traceback(None)
    if isinstance(error, httpx2.HTTPError | httpx2.InvalidURL | OSError):
        return _client_error(error, repo or "this model", writing)
    return error


@contextmanager
def unexpected_response_guard() -> Iterator[None]:
    """Turn the errors of an unexpected response into a UserError.

    Used around each request: a response of another shape makes the client raise what is otherwise
    the sign of a bug.
    """
    try:
        yield
    except UserError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError):
        raise HubUnavailableError(
            "The Hub sent an unexpected response: try again later.", field=_FIELD
        ) from None


def _client_error(error: BaseException, repo: str, writing: bool) -> UserError:
    import httpx2
    from huggingface_hub import errors

    if isinstance(error, errors.GatedRepoError):
        return repo_gated(repo)
    if isinstance(error, errors.RepositoryNotFoundError):
        return repo_not_found(repo)
    if isinstance(error, errors.RevisionNotFoundError):
        return UserError(
            "{model} has no such revision on the Hub: check the branch, tag or commit.",
            model=repo,
            field=_FIELD,
        )
    if isinstance(error, errors.DisabledRepoError):
        return UserError(
            "The Hub has disabled {model}: choose another model.", model=repo, field=_FIELD
        )
    if isinstance(error, errors.OfflineModeIsEnabled):
        return HubUnavailableError(
            "HF_HUB_OFFLINE is set, so the Hub is not contacted: unset it, or use a model that "
            "is on this machine.",
            field=_FIELD,
        )
    if isinstance(error, httpx2.TimeoutException):
        return no_answer()
    if isinstance(error, httpx2.HTTPStatusError | errors.HfHubHTTPError):
        return _http_error(error.response, repo, writing)
    if isinstance(error, httpx2.ConnectError):
        return HubUnavailableError(
            "The Hub cannot be reached: check this machine's network connection.", field=_FIELD
        )
    if isinstance(error, OSError) and (error.filename or error.errno in _DISK):
        return UserError(
            "The model could not be saved on this machine: {why}.",
            why=os_reason(error),
            field=_FIELD,
        )
    return connection_lost()


def _http_error(response: Any, repo: str, writing: bool) -> UserError:
    status = response.status_code
    if status == 401:
        return UserError("The Hub does not accept this token: sign in again.", field=_FIELD)
    if status == 403 and writing:
        return UserError(
            "You may not write to {model}: it must belong to you or to one of your "
            "organizations, and the token must have write access.",
            model=repo,
            field=_FIELD,
        )
    if status == 403:
        return UserError(
            "You may not see {model} on the Hub: sign in with an account that may.",
            model=repo,
            field=_FIELD,
        )
    if status == 404:
        return repo_not_found(repo)
    if status in (409, 412):
        return repo_changed(repo)
    if status == 429 or status >= 500:
        return busy(response)
    return UserError(
        "The Hub refused the request for {model} (status {status}): check the "
        "name, or try again later.",
        model=repo,
        status=status,
        field=_FIELD,
    )


def retry_delay(response: Any) -> int | None:
    """Return the seconds after which a response allows another request; None if unknown."""
    from huggingface_hub.utils import parse_ratelimit_headers  # type: ignore[attr-defined]

    limit = parse_ratelimit_headers(response.headers) if response.status_code == 429 else None
    if limit is not None and limit.remaining == 0:
        return int(limit.reset_in_seconds)
    wait = str(response.headers.get("Retry-After", "")).strip()
    return int(wait) if wait.isdecimal() and len(wait) <= 5 else None


def busy(response: Any) -> UserError:
    """Build the error for a Hub that refuses every request for a while: a 429, or a 5xx."""
    if response.status_code == 429:
        return rate_limited(retry_delay(response))
    return HubUnavailableError(
        "The Hub has an internal error ({status}): try again later.",
        status=response.status_code,
        field=_FIELD,
    )


def no_answer() -> UserError:
    """Build the error for a Hub that says nothing."""
    return HubUnavailableError("The Hub is not responding: try again later.", field=_FIELD)


def deadline_exceeded(seconds: float) -> UserError:
    """Build the error for work that was not done within its deadline."""
    return HubUnavailableError(
        "The Hub did not finish within {seconds:g} seconds: try again later.",
        seconds=seconds,
        field=_FIELD,
    )


def rate_limited(seconds: int | None) -> UserError:
    """Build the error for HTTP 429, with the retry delay if the Hub sent one."""
    if seconds is None:
        return HubUnavailableError(
            "Too many requests to the Hub: try again in a few minutes.",
            field=_FIELD,
        )
    return HubUnavailableError(
        "Too many requests to the Hub: try again in {seconds} seconds.",
        seconds=seconds,
        field=_FIELD,
    )


def repo_not_found(repo: str) -> UserError:
    """Build the error for a repository that does not exist, as far as the user may know."""
    return UserError(
        "There is no model {model} on the Hub, or it is private and you may not see it: check "
        "the name, or sign in with an account that may.",
        model=repo,
        field=_FIELD,
    )


def repo_hidden(repo: str) -> UserError:
    """Build the error for a repository whose name is taken, and which the token may not see."""
    return UserError(
        "{model} already exists on the Hub, and you may not see it: choose another name.",
        model=repo,
        field=_FIELD,
    )


def repo_gated(repo: str) -> UserError:
    """Build the error for a gated repository that the user has no access to."""
    return UserError(
        "{model} is gated: request access on its page on the Hub, and sign in.",
        model=repo,
        field=_FIELD,
    )


def repo_changed(repo: str) -> UserError:
    """Build the error for a repository that was changed during the push."""
    return UserError(
        "Somebody else changed {model} at the same moment, so nothing was pushed: try again.",
        model=repo,
        field=_FIELD,
    )


def commit_unconfirmed(repo: str) -> UserError:
    """Build the error for a connection lost at the commit, when the Hub is away since."""
    return CommitUnconfirmedError(
        "The connection to the Hub was lost at the last step, so {model} may or may not hold "
        "the model. Look at it on the Hub, or push again: nothing is uploaded twice.",
        model=repo,
        field=_FIELD,
    )


def commit_abandoned(repo: str) -> UserError:
    """Build the error for a push that ended while the Hub made the commit."""
    return CommitUnconfirmedError(
        "The push ended at the last step, so {model} may or may not hold the model. Look at it "
        "on the Hub, or push again: nothing is uploaded twice.",
        model=repo,
        field=_FIELD,
    )


def commit_lost(repo: str) -> UserError:
    """Build the error for a commit whose connection dropped and which was not made."""
    return CommitUnconfirmedError(
        "The connection to the Hub was lost at the last step, and {model} is unchanged. Push "
        "again: nothing is uploaded twice.",
        model=repo,
        field=_FIELD,
    )


def connection_lost() -> UserError:
    """Build the error for a connection that ended too early."""
    return HubUnavailableError("The connection to the Hub was lost: try again.", field=_FIELD)
