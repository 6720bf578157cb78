"""Download a model from the Hub: ask about it, check its sizes, fetch it and validate it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import checkpoint
from ..checkpoint.format import WEIGHTS
from ..checkpoint.source import ModelSource
from ..errors import UserError
from . import cache, client
from .client import Cancelled, Progress, Token
from .errors import HubUnavailableError, repo_gated, unexpected_response_guard
from .job import Job
from .remote_file import MODEL_FILES, RemoteFile
from .repo_id import Ref

if TYPE_CHECKING:
    from huggingface_hub import ModelInfo

DEADLINE_SECONDS = 120.0  # seconds for all of it


def pull(
    ref: str,
    *,
    token: Token = None,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
    deadline: float = DEADLINE_SECONDS,
    own: Path | None = None,
    cache_dir: Path | None = None,
    local_files_only: bool = False,
) -> Path:
    """Download the model `owner/name[@revision]`, check it, and return its directory.

    The directory belongs to a cache: read it, copy it, but do not change it.

    Args:
        ref: The model's name on the Hub.
        token: A user's token, whose rights the Hub checks each time. False opens public models
            only. None stands for the user who is logged in on this machine, never for a user of
            a Space: models are kept in the Hub's own cache then, as with `hf download`. While the
            Hub is out of reach, a model that is on this machine is opened: a public one, and with
            None any.
        progress: Called with the bytes so far and their sum.
        cancelled: Asked about twenty times a second whether to give up.
        deadline: Seconds for all of it.
        own: A directory for this user's private and gated models, which the caller removes; it
            holds 256 MB at most. Without one they go to a directory that ends with the process.
        cache_dir: A directory to use instead of the Hub's own cache; nothing is deleted there.
        local_files_only: Send no request, and open what is on this machine.

    Raises:
        UserError: For everything that goes wrong with the Hub, for an invalid checkpoint, and when
            `cancelled` returns True.
    """
    wanted = Ref.parse(ref)
    if local_files_only:
        if (here := _find_local(wanted, token, cache_dir)) is None:
            raise UserError(
                "{model} is not on this machine: download it first, or leave out local_files_only.",
                model=wanted,
                field="model",
            )
        return here
    try:
        return client.run(
            lambda job: _pull(job, wanted, token, own, cache_dir),
            seconds=deadline,
            repo=str(wanted),
            progress=progress,
            cancelled=cancelled,
        )
    except HubUnavailableError:
        kept = _find_local(wanted, token, cache_dir)
        if kept is None:
            raise
        return kept


def source_of(ref: str, directory: Path) -> ModelSource:
    """Return where the model `owner/name[@revision]` comes from that `pull` put into a directory.

    The revision is a commit, whatever `ref` names.
    """
    commit = directory.name if cache.COMMIT.fullmatch(directory.name) else None
    return ModelSource.of(directory, Ref.parse(ref).repo, commit)


def _find_local(ref: Ref, token: Token, cache_dir: Path | None) -> Path | None:
    """Return the model as it is on this machine, if `token` may see it without asking the Hub."""
    shared = _shared_cache(token, None, cache_dir)
    caches = [place for place in (shared, cache.public()) if place is not None]
    found = (cache.find(place, ref) for place in caches)
    return next((model for model in found if model is not None and _is_valid(model)), None)


def _shared_cache(token: Token, own: Path | None, cache_dir: Path | None) -> Path | None:
    """Return the cache that other programs use too, or None for one of charrnn's own."""
    if cache_dir is not None:
        return cache_dir
    return cache.of_this_machine() if token is None and own is None else None


def _pull(job: Job, ref: Ref, token: Token, own: Path | None, cache_dir: Path | None) -> Path:
    with unexpected_response_guard():
        info = _info(job, ref, token)
        commit, files = str(info.sha), _files(info, ref)
        if not cache.COMMIT.fullmatch(commit):
            raise ValueError("not a commit")
    open_to_all = _is_public(info)
    if token is False and not open_to_all:  # before there is a place for it
        raise repo_gated(ref.repo)
    shared = _shared_cache(token, own, cache_dir)
    if shared is not None:
        return _pull_into_shared(job, shared, ref, commit, files, token)
    root = cache.public() if open_to_all else cache.private(own)
    model = cache.snapshot(root, ref.repo, commit)
    job.total = sum(file.size for file in files)
    try:
        with cache.lock(root, ref.repo, job):
            if not all((model / file.name).is_file() for file in files) or not _is_valid(model):
                try:
                    _download(job, root, ref.repo, commit, files, token)
                except _UnexpectedFilesError as error:  # nothing of the commit is kept
                    cache.discard(root, ref.repo, commit)
                    raise error.reason from None
            cache.touch(model)
            cache.store_ref(root, ref, commit)
    finally:
        if root == own:
            cache.tidy(root, cache.MAX_OWN_BYTES, recent=0.0)
        else:
            cache.tidy(root, cache.MAX_PUBLIC_BYTES)
    job.done = job.total
    return model


def _pull_into_shared(
    job: Job, root: Path, ref: Ref, commit: str, files: list[RemoteFile], token: Token
) -> Path:
    """Return the model in a cache that other programs use too: nothing is deleted there.

    A model whose other files are missing, as after `hf download` of one file, is not completed.
    """
    model = cache.snapshot(root, ref.repo, commit)
    if not _is_valid(model):
        job.total = sum(file.size for file in files)
        with cache.lock(root, ref.repo, job):
            try:
                _download(job, root, ref.repo, commit, files, token)
            except _UnexpectedFilesError as error:
                raise error.reason from None
        job.done = job.total
    with suppress(OSError):  # a cache may be read-only
        cache.store_ref(root, ref, commit)
    return model


def _info(job: Job, ref: Ref, token: Token) -> ModelInfo:
    """Return the Hub's description of the model, if `token` may see it."""
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        info = client.api(token).model_info(
            ref.repo,
            revision=ref.revision,
            files_metadata=True,
            timeout=min(client.SILENCE_SECONDS, job.seconds),
        )
    except RepositoryNotFoundError:
        cache.forget(ref.repo)
        raise
    if not _is_public(info):
        cache.forget(ref.repo)
    return info


def _is_public(info: ModelInfo) -> bool:
    return info.private is False and not info.gated


def _files(info: ModelInfo, ref: Ref) -> list[RemoteFile]:
    """Return the files of the repository that belong to a checkpoint, the smallest first.

    Raises UserError if there are no weights, or if a file is larger than allowed.
    """
    found = []
    for name, most in MODEL_FILES.items():
        for there in info.siblings or []:
            if there.rfilename != name:
                continue
            file = RemoteFile.of(there)
            size = file.size if file.size >= 0 else most + 1
            if size > most:
                raise UserError(
                    "{model} has a {file} of {size:,.1f} MB, and the limit is {most} MB: choose "
                    "another model.",
                    model=ref.repo,
                    file=name,
                    size=size / 2**20,
                    most=most >> 20,
                    field="model",
                )
            found.append(file)
    if WEIGHTS not in (file.name for file in found):
        raise UserError(
            "{model} is not a charrnn model: it has no {file}.",
            model=ref.repo,
            file=WEIGHTS,
            field="model",
        )
    return sorted(found, key=lambda file: file.size)


class _UnexpectedFilesError(Exception):
    """The files are not those that the Hub described, or no valid checkpoint (`reason`)."""

    def __init__(self, reason: UserError) -> None:
        super().__init__(reason)
        self.reason = reason


def _download(
    job: Job, root: Path, repo: str, commit: str, files: list[RemoteFile], token: Token
) -> None:
    """Download the files into the cache `root`, and check them.

    Raises _UnexpectedFilesError for files that are not what the Hub described and for an invalid
    checkpoint.

    File by file: `snapshot_download` works in threads of its own, which neither the deadline nor
    the hooks of `request_hooks.py` would reach.
    """
    for file in files:
        before = job.done
        _download_file(job, root, repo, commit, file, token)
        job.done = before + file.size
    try:
        checkpoint.load(cache.snapshot(root, repo, commit))
    except UserError as error:
        raise _UnexpectedFilesError(error) from None


def _download_file(
    job: Job, root: Path, repo: str, commit: str, file: RemoteFile, token: Token
) -> None:
    from huggingface_hub import hf_hub_download

    before = job.done
    for again in (False, True):  # the second time if the file in the cache is damaged
        job.check()
        job.done = before
        job.heads.clear()
        try:
            path = hf_hub_download(
                repo,
                file.name,
                revision=commit,
                cache_dir=root,
                token=token,
                endpoint=client.endpoint(),
                library_name="charrnn",
                etag_timeout=client.SILENCE_SECONDS,
                force_download=again,
                tqdm_class=_progress_bar(job),
            )
        except OSError as error:
            if type(error) is not OSError or error.errno is not None:
                raise
            continue  # the client raises this if the length differs from the expected one
        data = Path(path).read_bytes()
        if len(data) == file.size and (file.holds(data) or not file.described):
            return
    raise _UnexpectedFilesError(
        UserError(
            "The Hub sent a {file} that differs from the one in {model}: try again.",
            file=file.name,
            model=repo,
            field="model",
        )
    )


def _progress_bar(job: Job) -> type:
    """Make a class of progress bars that draw nothing and count the bytes in `job.done`.

    They raise UserError, which ends the transfer, when the job is cancelled or too late.
    """
    from tqdm.auto import tqdm

    class ProgressBar(tqdm):  # type: ignore[misc]
        def __init__(self, *_: Any, **options: Any) -> None:
            super().__init__(disable=True, total=options.get("total"))

        def update(self, n: float | None = 1) -> None:
            job.check()
            job.done += int(n or 0)

        def update_transfer(self, _: float | None = 1) -> None:  # bytes that are not yet written
            job.check()

    return ProgressBar


def _is_valid(model: Path) -> bool:
    try:
        checkpoint.load(model)
    except UserError:
        return False
    return True
