"""Push a checkpoint to the Hub in one commit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..checkpoint import owner_card
from ..checkpoint.format import CARD, WEIGHTS
from ..errors import UserError
from . import client
from .client import Cancelled, Progress, Waiting
from .errors import (
    commit_abandoned,
    commit_lost,
    commit_unconfirmed,
    repo_changed,
    repo_hidden,
    unexpected_response_guard,
)
from .job import Job
from .remote_file import MODEL_FILES, RemoteFile
from .repo_id import Ref
from .upload import ProgressReader, is_ambiguous_failure, write_token
from .upload_files import build

if TYPE_CHECKING:
    from huggingface_hub import HfApi, ModelInfo

DEADLINE_SECONDS = 300.0  # seconds for a whole push


@dataclass(frozen=True)
class Upload:
    """A file that a push uploads: its name, and its size in bytes."""

    name: str
    size: int


@dataclass(frozen=True)
class Pushed:
    """Where a model is now: the address of its page, and the commit.

    `created` says that the repository is new. `card_kept` says that the text of the model card on
    the Hub was left as it was, since it is its owner's: charrnn's sections are not in it.
    """

    url: str
    revision: str
    created: bool
    card_kept: bool


def preview_push(
    directory: Path,
    repo: str,
    *,
    license: str | None = None,
    space: str | None = None,
    line_hashes: bool = False,
) -> list[Upload]:
    """Return exactly what a push uploads, in order, without a request to the Hub.

    The card may become longer, by what its owner has written around it on the Hub. It takes about a
    second to generate the samples in the card. Raises UserError as `push`.
    """
    name = str(_ref(repo))
    collected = build(directory, name, license=license, space=space, line_hashes=line_hashes)
    return [Upload(name, len(data)) for name, data in collected.items()]


def push(
    directory: Path,
    repo: str,
    *,
    private: bool,
    token: str | None,
    license: str | None = None,
    space: str | None = None,
    line_hashes: bool = False,
    progress: Progress | None = None,
    waiting: Waiting | None = None,
    cancelled: Cancelled | None = None,
    deadline: float = DEADLINE_SECONDS,
) -> Pushed:
    """Upload the checkpoint in `directory` to `repo` (`owner/name`) on the Hub in one commit.

    The repository is created if need be.

    Args:
        directory: A checkpoint's directory.
        repo: The repository, `owner/name`.
        private: Whether a new repository is private. An existing one stays what it is, but a public
            one is refused if `private` is True.
        token: A user's token; None stands for the user who is logged in on this machine, never
            for a user of a Space.
        license: The model's license, such as `mit`.
        space: The `owner/name` of a Space for the card to link to.
        line_hashes: Whether the hashes of the lines that the model was trained on go with it. Names
            and other short lines can be guessed from them.
        progress: Called with the bytes sent and their sum.
        waiting: Called with the seconds until the Hub may be asked again (`client.Waiting`).
        cancelled: Asked whether to give up.
        deadline: Seconds.

    Raises:
        CommitUnconfirmedError: If the deadline was over, or `cancelled` returned True, when the Hub
            had been asked for the commit, which it may still make; or if the connection broke then
            and the commit is not there, or the Hub cannot be asked.
        UserError: For an invalid checkpoint, and for everything else that goes wrong with the Hub.
            The repository holds what it held before; a new one may be there, empty.
    """
    name = _ref(repo)
    collected = build(directory, name, license=license, space=space, line_hashes=line_hashes)

    def card(named: str | None) -> bytes:
        return build(directory, name, license=license or named, space=space)[CARD]

    return client.run(
        lambda job: _push(job, collected, card, name, private, token),
        seconds=deadline,
        repo=name,
        writing=True,
        progress=progress,
        waiting=waiting,
        cancelled=cancelled,
        unconfirmed_error=commit_abandoned(name),
    )


def _ref(repo: str) -> str:
    ref = Ref.parse(repo)
    if ref.revision is not None:
        raise UserError("A model is pushed to owner/name: leave out the revision.", field="model")
    return ref.repo


def _push(
    job: Job,
    collected: Mapping[str, bytes],
    card_under: Callable[[str | None], bytes],
    repo: str,
    private: bool,
    token: str | None,
) -> Pushed:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    token = write_token(token)
    api = client.api(token)
    info, created = _repository(api, job, repo, private)
    job.check()
    there = {file.rfilename for file in info.siblings or []}
    contents, card_kept = dict(collected), False
    if CARD in there:
        card, card_kept = _card(job, repo, info, token, collected[CARD], card_under)
        contents = {n: d for n, d in contents.items() if n != CARD}
        contents |= {} if card is None else {CARD: card}
    bodies = {name: ProgressReader(data, job) for name, data in contents.items()}
    adding = [CommitOperationAdd(name, body) for name, body in bodies.items()]
    job.total = sum(map(len, contents.values()))
    removing = [name for name in MODEL_FILES if name in there and name not in collected]
    try:
        with unexpected_response_guard():
            revision = api.create_commit(
                repo,
                [*adding, *map(CommitOperationDelete, removing)],
                commit_message="Update the model" if WEIGHTS in there else "Add the model",
                parent_commit=info.sha,
                num_threads=1,
            ).oid
    except Exception as error:
        if not job.committing or not is_ambiguous_failure(error):
            raise
        revision = _find_commit(api, job, repo, str(info.sha), contents)
    job.done = job.total
    return Pushed(f"{client.endpoint()}/{repo}", revision, created, card_kept)


def _find_commit(
    api: HfApi, job: Job, repo: str, before: str, contents: Mapping[str, bytes]
) -> str:
    """Return the commit that the Hub has not confirmed, if it is there.

    Raises UserError if it is not, or if the Hub cannot be asked.
    """
    import httpx2

    try:
        with unexpected_response_guard():
            info = api.model_info(repo, files_metadata=True, timeout=client.SILENCE_SECONDS)
            there = {file.rfilename: RemoteFile.of(file) for file in info.siblings or []}
    except (httpx2.HTTPError, OSError, UserError):
        raise commit_unconfirmed(repo) from None
    if info.sha == before:
        raise commit_lost(repo)
    if not all(name in there and there[name].holds(data) for name, data in contents.items()):
        raise repo_changed(repo)
    return str(info.sha)


def _repository(api: HfApi, job: Job, repo: str, private: bool) -> tuple[ModelInfo, bool]:
    """Return the repository's description, and whether it was created now."""
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError

    try:
        with unexpected_response_guard():
            info = api.model_info(repo, timeout=client.SILENCE_SECONDS)
    except GatedRepoError:
        raise
    except RepositoryNotFoundError:
        job.check()
        try:
            with unexpected_response_guard():
                api.create_repo(repo, private=private, exist_ok=False)
        except HfHubHTTPError as error:
            if error.response.status_code == 409:  # as for a private one outside a sign-in's scope
                raise repo_hidden(repo) from None
            raise
        with unexpected_response_guard():
            return api.model_info(repo, timeout=client.SILENCE_SECONDS), True
    if private and info.private is not True:
        raise UserError(
            "{model} is already on the Hub and public: make it private in its settings there, "
            "or push it as public.",
            model=repo,
            field="model",
        )
    api.auth_check(repo, write=True)
    return info, False


def _card(
    job: Job,
    repo: str,
    info: ModelInfo,
    token: str,
    new: bytes,
    card_under: Callable[[str | None], bytes],
) -> tuple[bytes | None, bool]:
    """Return the card to upload where there is one, and whether its text is its owner's and stays.

    The card is None if nothing of it changes.
    """
    old = client.read_file(job, repo, str(info.sha), CARD, token)
    if old is None:  # larger than any of ours
        return None, True
    try:
        text = old.decode()
    except UnicodeDecodeError:
        return None, True
    license = owner_card.license_in(text)
    if license not in (None, owner_card.license_in(new.decode())):
        new = card_under(license)
    card = owner_card.update_card(text, new.decode())
    if card is None:
        return None, True
    return card.encode(), owner_card.is_own_text(text)
