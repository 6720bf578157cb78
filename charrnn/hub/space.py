"""Deploy an app as a Space: one commit, after which it holds the given files and no others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import UserError, short_repr
from ..utils.space import ZEROGPU
from . import client
from .client import Cancelled, Progress
from .errors import CommitUnconfirmedError, unexpected_response_guard
from .job import Job
from .remote_file import RemoteFile
from .repo_id import is_id
from .upload import ProgressReader, is_ambiguous_failure, write_token

if TYPE_CHECKING:
    from huggingface_hub import HfApi, SpaceInfo

DEADLINE_SECONDS = 600.0  # for all requests of a deployment

_DEFAULT_HARDWARE = "cpu-basic"
_WRITTEN_BY_THE_HUB = {".gitattributes"}  # which names the files that are stored as large ones
_NEW_SPACE_FILES = {*_WRITTEN_BY_THE_HUB, "README.md"}  # all files of a Space that was just created
_APP_FILE = "charrnn/__init__.py"  # a Space with this file holds the app, and may be overwritten


@dataclass(frozen=True)
class Deployed:
    """A finished deployment: the address of the Space, and the files that changed or were removed.

    If there are none, no commit was made.
    """

    url: str
    changed: tuple[str, ...]
    removed: tuple[str, ...]


def deploy(
    files: Mapping[str, bytes],
    space: str,
    *,
    private: bool = False,
    hardware: str | None = None,
    token: str | None = None,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
    deadline: float = DEADLINE_SECONDS,
) -> Deployed:
    """Make a Space hold exactly these files, in one commit; create it if it does not exist.

    By `create_commit`: `upload_folder` splits an upload into several commits, each of which would
    rebuild the Space, and reports no progress.

    Args:
        files: The contents by name.
        space: The Space, `owner/name`.
        private: Whether a new Space is private. An existing one stays what it is, but a public one
            is refused if `private` is True.
        hardware: The Hub's name of the hardware, such as `zero-a10g`. None keeps what the Space
            has, and takes `cpu-basic` for a new one.
        token: A token with write access; by default that of the user who is logged in.
        progress: Called with the bytes sent and their total.
        cancelled: Returns True to give up.
        deadline: Seconds for all of it.

    Raises:
        CommitUnconfirmedError: If the connection broke, or the caller stopped waiting, when the Hub
            had been asked for the commit.
        UserError: For a Space that holds something else, and for every other error of the Hub. The
            files of the Space are unchanged; a new one may have been created, empty.
    """
    check(space, hardware)
    return client.run(
        lambda job: _deploy(job, files, space, private, hardware, token),
        seconds=deadline,
        repo=space,
        writing=True,
        progress=progress,
        cancelled=cancelled,
        unconfirmed_error=_commit_unconfirmed(space),
    )


def check(space: str, hardware: str | None = None) -> None:
    """Raise UserError for a malformed name of a Space, or unknown hardware. Sends no request."""
    if "@" in space or not is_id(space):
        raise UserError(
            "{space} is not the name of a Space: write it as owner/name.",
            space=short_repr(space),
            field="space",
        )
    if hardware is None:
        return
    from huggingface_hub import SpaceHardware

    known = [one.value for one in SpaceHardware]
    if hardware not in known:
        raise UserError(
            "There is no Space hardware called {hardware}: give one of {known}.",
            hardware=short_repr(hardware),
            known=known,
            field="hardware",
        )


def _deploy(
    job: Job,
    files: Mapping[str, bytes],
    space: str,
    private: bool,
    hardware: str | None,
    token: str | None,
) -> Deployed:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    api = client.api(write_token(token))
    info = _get_or_create(api, job, space, private, hardware)
    job.check()
    there = {file.rfilename: RemoteFile.of(file) for file in info.siblings or []}
    changed = [n for n, data in files.items() if n not in there or not there[n].holds(data)]
    removed = sorted(there.keys() - files.keys() - _WRITTEN_BY_THE_HUB)
    if changed or removed:
        adding = [CommitOperationAdd(name, ProgressReader(files[name], job)) for name in changed]
        job.total = sum(len(files[name]) for name in changed)
        try:
            with unexpected_response_guard():
                api.create_commit(
                    space,
                    [*adding, *map(CommitOperationDelete, removed)],
                    repo_type="space",
                    commit_message="Add the app" if _APP_FILE not in there else "Update the app",
                    parent_commit=info.sha,
                    num_threads=1,
                )
        except Exception as error:
            if job.committing and is_ambiguous_failure(error):
                raise _commit_unconfirmed(space) from None
            raise
        job.done = job.total
    return Deployed(f"{client.endpoint()}/spaces/{space}", tuple(changed), tuple(removed))


def _commit_unconfirmed(space: str) -> UserError:
    """Build the error for a commit that the Hub has not confirmed."""
    return CommitUnconfirmedError(
        "The Hub has not confirmed the last step, so {space} may or may not hold the new app. "
        "Look at it on the Hub, or deploy again: nothing is uploaded twice.",
        space=space,
        field="space",
    )


def _get_or_create(
    api: HfApi, job: Job, space: str, private: bool, hardware: str | None
) -> SpaceInfo:
    """Return the metadata of the Space; create the Space if it does not exist."""
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        with unexpected_response_guard():
            info = api.space_info(space, files_metadata=True, timeout=client.SILENCE_SECONDS)
    except RepositoryNotFoundError:
        job.check()
        _create(api, space, private, hardware)
        with unexpected_response_guard():
            return api.space_info(space, files_metadata=True, timeout=client.SILENCE_SECONDS)
    _check_replaceable(info, space, private)
    api.auth_check(space, repo_type="space", write=True)
    if hardware is not None:
        _request_hardware(api, info, space, hardware)
    return info


def _check_replaceable(info: SpaceInfo, space: str, private: bool) -> None:
    """Raise UserError for a Space whose files the app must not replace."""
    if info.sdk not in (None, "gradio"):
        raise UserError(
            "{space} is a {sdk} Space, not a gradio one: choose another name.",
            space=space,
            sdk=info.sdk,
            field="space",
        )
    there = {file.rfilename for file in info.siblings or []}
    if _APP_FILE not in there and there - _NEW_SPACE_FILES:
        raise UserError(
            "{space} is a Space that holds something else, which would be removed: choose "
            "another name.",
            space=space,
            field="space",
        )
    if private and info.private is not True:
        raise UserError(
            "{space} is already on the Hub and public: make it private in its settings there, "
            "or deploy without --private.",
            space=space,
            field="space",
        )


def _create(api: HfApi, space: str, private: bool, hardware: str | None) -> None:
    from huggingface_hub import SpaceHardware
    from huggingface_hub.errors import HfHubHTTPError

    try:
        with unexpected_response_guard():
            api.create_repo(
                space,
                repo_type="space",
                space_sdk="gradio",
                space_hardware=None if hardware is None else SpaceHardware(hardware),
                private=private,
                exist_ok=False,
            )
    except HfHubHTTPError as error:
        status = error.response.status_code
        if status == 409:
            raise UserError(
                "{space} already exists, and this token may not see it: choose another name.",
                space=space,
                field="space",
            ) from None
        if status == 402 or (status == 403 and _is_own_namespace(api, space)):
            raise _hardware_refused(space, hardware) from None
        raise


def _request_hardware(api: HfApi, info: SpaceInfo, space: str, hardware: str) -> None:
    """Request other hardware for an existing Space, unless it has it already."""
    from huggingface_hub import SpaceHardware
    from huggingface_hub.errors import HfHubHTTPError

    runtime = info.runtime
    if runtime is not None and hardware == (runtime.requested_hardware or runtime.hardware):
        return
    try:
        with unexpected_response_guard():
            api.request_space_hardware(space, SpaceHardware(hardware))
    except HfHubHTTPError as error:
        if error.response.status_code in (402, 403):
            raise _hardware_refused(space, hardware) from None
        raise


def _is_own_namespace(api: HfApi, space: str) -> bool:
    """Return whether the Space belongs to the user or to an organization of theirs."""
    with unexpected_response_guard():
        account = api.whoami()
        names = {account["name"], *(one["name"] for one in account.get("orgs", []))}
    return space.partition("/")[0] in names


def _hardware_refused(space: str, hardware: str | None) -> UserError:
    """Build the error for hardware that the account may not have, naming what it may have."""
    if hardware == ZEROGPU:
        way = (
            "two Spaces on ZeroGPU are free for an account that has a verified e-mail address and "
            "is older than 30 days; a paid plan allows more"
        )
    elif hardware in (None, _DEFAULT_HARDWARE):
        way = (
            "a Space on CPU Basic needs a paid plan, while two Spaces on ZeroGPU are free: add "
            f"--hardware {ZEROGPU}"
        )
    else:
        way = f"{hardware} has to be paid for, while --hardware {ZEROGPU} is free"
    return UserError(
        "The Hub does not allow this account {space}: {way}. (The token also needs write access.)",
        space=space,
        way=way,
        field="hardware",
    )
