"""A checkpoint to the Hub: one commit, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..checkpoint import WEIGHTS
from ..checkpoint import card as modelcard
from ..checkpoint.files import CARD, MOST
from ..errors import UserError
from . import client
from .client import Cancelled, Progress, Waiting
from .errors import conflict, ended, hidden, in_vain, understood, unsure
from .job import Job
from .remote_file import RemoteFile
from .repo_id import Ref
from .upload import Body, unanswered, writing_token
from .upload_files import collect

if TYPE_CHECKING:
    from huggingface_hub import HfApi, ModelInfo

DEADLINE = 300.0  # seconds for a whole push


@dataclass(frozen=True)
class Upload:
    """A file that a push uploads: its name, and its size in bytes."""

    name: str
    size: int


@dataclass(frozen=True)
class Pushed:
    """Where a model is now: its page, and the commit.

    `created` says that the repository is new. `card_kept` says that the model card on the Hub was
    left as it was, since its owner has taken charrnn's marks out of it.
    """

    url: str
    revision: str
    created: bool
    card_kept: bool


def files(
    directory: Path, repo: str, *, licence: str | None = None, space: str | None = None
) -> list[Upload]:
    """Exactly what a push uploads, in this order; asks nobody. The card may come out longer, by
    what its owner has written around it on the Hub.

    Takes the time of writing the samples in the card, about a second. Raises UserError as `push`.
    """
    collected = collect(directory, str(_ref(repo)), licence=licence, space=space)
    return [Upload(name, len(data)) for name, data in collected.items()]


def push(
    directory: Path,
    repo: str,
    *,
    private: bool,
    token: str | None,
    licence: str | None = None,
    space: str | None = None,
    progress: Progress | None = None,
    waiting: Waiting | None = None,
    cancelled: Cancelled | None = None,
    deadline: float = DEADLINE,
) -> Pushed:
    """Upload the checkpoint in `directory` to `repo` (`owner/name`) on the Hub in one commit; the
    repository is made if there is none, and updated if there is.

    A new one is `private` or public; one that is there stays what it is, but a public one is
    refused where `private` was asked for. `token` is whose name this happens in: None stands for
    whoever is logged in on this machine, which is never a visitor of a Space. `licence` and `space`
    are for the card (`collect`). `progress` is told the bytes sent and their sum, `waiting` for how
    many seconds the Hub wants to be left alone (`client.Waiting`); `deadline` is in seconds.

    Raises UserError for what is not a sound checkpoint, and for all that goes wrong with the Hub:
    then the repository holds what it held before; a new one may be there, empty. UnsureUserError,
    which is one, says that this is not known: the Hub had been asked for the commit when the time
    was over or `cancelled` said so, and may make it yet. Where the line breaks at that moment, the
    Hub is asked whether it is there; UnsureUserError says that it was not, or that nobody knows.
    """
    name = _ref(repo)
    collected = collect(directory, name, licence=licence, space=space)

    def card(named: str | None) -> bytes:
        return collect(directory, name, licence=licence or named, space=space)[CARD]

    return client.run(
        lambda job: _push(job, collected, card, name, private, token),
        seconds=deadline,
        repo=name,
        writing=True,
        progress=progress,
        waiting=waiting,
        cancelled=cancelled,
        unsure=ended(name),
    )


def _ref(repo: str) -> str:
    ref = Ref.parse(repo)
    if ref.revision is not None:
        raise UserError("A push takes owner/name, without a revision.", field="model")
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

    token = writing_token(token)
    api = client.api(token)
    info, created = _repository(api, job, repo, private)
    job.check()
    there = {file.rfilename for file in info.siblings or []}
    contents, card_kept = dict(collected), False
    if CARD in there:
        card = _card(job, repo, info, token, collected[CARD], card_under)
        card_kept = card is None
        contents = {n: d for n, d in contents.items() if n != CARD}
        contents |= {} if card is None else {CARD: card}
    bodies = {name: Body(data, job) for name, data in contents.items()}
    adding = [CommitOperationAdd(name, body) for name, body in bodies.items()]
    job.total = sum(map(len, contents.values()))
    removing = [name for name in MOST if name in there and name not in collected]
    try:
        with understood():
            revision = api.create_commit(
                repo,
                [*adding, *map(CommitOperationDelete, removing)],
                commit_message="Update the model" if WEIGHTS in there else "Add the model",
                parent_commit=info.sha,
                num_threads=1,
            ).oid
    except Exception as error:
        if not job.committing or not unanswered(error):
            raise
        revision = _landed(api, job, repo, str(info.sha), contents)
    job.done = job.total
    return Pushed(f"{client.endpoint()}/{repo}", revision, created, card_kept)


def _landed(api: HfApi, job: Job, repo: str, before: str, contents: Mapping[str, bytes]) -> str:
    """The commit that nobody confirmed, if the Hub has it. Raises UserError if it has not, or if it
    cannot be asked either."""
    import httpx2

    try:
        with understood():
            info = api.model_info(repo, files_metadata=True, timeout=client.SILENCE)
            there = {file.rfilename: RemoteFile.of(file) for file in info.siblings or []}
    except (httpx2.HTTPError, OSError, UserError):
        raise unsure(repo) from None
    if info.sha == before:
        raise in_vain(repo)
    if not all(name in there and there[name].holds(data) for name, data in contents.items()):
        raise conflict(repo)
    return str(info.sha)


def _repository(api: HfApi, job: Job, repo: str, private: bool) -> tuple[ModelInfo, bool]:
    """What is in the repository, and whether it was made for this."""
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError

    try:
        with understood():
            info = api.model_info(repo, timeout=client.SILENCE)
    except GatedRepoError:
        raise
    except RepositoryNotFoundError:
        job.check()
        try:
            with understood():
                api.create_repo(repo, private=private, exist_ok=False)
        except HfHubHTTPError as error:
            if error.response.status_code == 409:  # as for a private one outside a sign-in's scope
                raise hidden(repo) from None
            raise
        with understood():
            return api.model_info(repo, timeout=client.SILENCE), True
    if private and info.private is not True:
        raise UserError(
            "{model} is on the Hub already, and public: make it private in its settings there, or "
            "push without asking for a private one.",
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
) -> bytes | None:
    """The card to upload where there is one already; None if its owner's is to stay."""
    old = client.read_file(job, repo, str(info.sha), CARD, token)
    if old is None:  # larger than any of ours
        return None
    try:
        text = old.decode()
    except UnicodeDecodeError:
        return None
    licence = modelcard.licence_in(text)
    if licence not in (None, modelcard.licence_in(new.decode())):
        new = card_under(licence)
    if modelcard.bare(text):
        return new
    card = modelcard.renewed(text, new.decode())
    return None if card is None else card.encode()
