"""Directories in which models from the Hub are kept: public ones shared, private ones apart.

The user who is logged in on this machine has the Hub's own cache, or one that they name, and
charrnn deletes nothing there. The users of an app share a cache of public models, of which the
oldest are removed. Each directory has the layout of the Hub's own cache, and its client writes
there:

    models--<owner>--<name>/snapshots/<commit>/   the files of a commit, links into blobs/
                            refs/<branch>         the commit that a branch or tag named last

A private or gated model of an app's user never enters the public cache. It goes to a directory of
the caller's, or to one that ends with the process.
"""

from __future__ import annotations

import logging
import os
import re
import time
from contextlib import ExitStack, suppress
from pathlib import Path

from ..checkpoint.format import WEIGHTS
from ..text.datasets.download import cache_directory
from ..utils.atomic import atomic_rmtree, atomic_write, remove_deleted
from ..utils.file_locks import try_lock
from ..utils.temporary import temporary_directory
from .job import Job
from .repo_id import Ref

logger = logging.getLogger(__name__)

MAX_PUBLIC_BYTES = 2 << 30  # bytes of the public cache
MAX_OWN_BYTES = 256 << 20  # bytes of the private models of one user
COMMIT = re.compile("[0-9a-f]{40}")
RECENT_SECONDS = 3600.0  # seconds after its last use in which a model of the public cache stays


def public() -> Path:
    """Return the cache of the models that everybody may see."""
    return cache_directory() / "hub"


def private(own: Path | None) -> Path:
    """Return the cache for private and gated models: the caller's directory `own`, if given."""
    return temporary_directory("hub") if own is None else own


def of_this_machine() -> Path:
    """Return the Hub's own cache, which all programs of this user share, `hf download` among them.

    It may hold private models: only the user of this machine may open any of it.
    """
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)


def snapshot(cache: Path, repo: str, commit: str) -> Path:
    """Return the directory of a commit's files, which need not be there yet."""
    return _repository(cache, repo) / "snapshots" / commit


def find(cache: Path, ref: Ref) -> Path | None:
    """Return the model that a branch, tag or commit named last; None if it is not in the cache."""
    from huggingface_hub import try_to_load_from_cache

    weights = try_to_load_from_cache(ref.repo, WEIGHTS, cache_dir=cache, revision=ref.revision)
    return Path(weights).parent if isinstance(weights, str) else None


def store_ref(cache: Path, ref: Ref, commit: str) -> None:
    """Note the commit that a branch or tag names now."""
    path = _repository(cache, ref.repo) / "refs" / (ref.revision or "main")
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, commit.encode(), durable=False)


def forget(repo: str) -> None:
    """Remove a repository from the public cache, as one that has become private."""
    atomic_rmtree(_repository(public(), repo))


def discard(cache: Path, repo: str, commit: str) -> None:
    """Remove a commit's files that turned out to be invalid."""
    from huggingface_hub import scan_cache_dir

    path = _repository(cache, repo)
    for found in scan_cache_dir(cache).repos:
        if found.repo_path == path.resolve() and len(found.revisions) > 1:
            scan_cache_dir(cache).delete_revisions(commit).execute()
            return
    atomic_rmtree(path)


def lock(cache: Path, repo: str, job: Job) -> ExitStack:
    """Wait for the right to write a repository's files, in a directory for this user's eyes only.

    Raises UserError when the job is cancelled or its deadline is over.
    """
    cache.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = cache / ".locks" / f"{_repository(cache, repo).name}.lock"
    path.parent.mkdir(exist_ok=True)
    while (taken := try_lock(path, timeout=0.2)) is None:
        job.check()
    return taken


def touch(model: Path) -> None:
    """Note that a model is used now."""
    os.utime(model)


def tidy(cache: Path, room: int = MAX_PUBLIC_BYTES, recent: float = RECENT_SECONDS) -> None:
    """Remove the models that were not used for longest until all take `room` bytes at most.

    A model that was used in the last `recent` seconds stays. What cannot be removed stays too, and
    is logged: the caller has the model that was asked for.
    """
    try:
        _tidy(cache, room, recent)
    except OSError as error:
        logger.warning("the models of the Hub could not be tidied: %s", error.strerror)


def _tidy(cache: Path, room: int, recent: float) -> None:
    from huggingface_hub import scan_cache_dir

    remove_deleted(cache)
    for old in cache.glob("*--*"):  # in the layout of charrnn 0.1
        if not old.name.startswith("models--"):
            atomic_rmtree(old)
    if not cache.is_dir():
        return
    found, now = scan_cache_dir(cache), time.time()
    for part in found.incomplete_files:
        with suppress(FileNotFoundError):
            if now - part.file_path.stat().st_mtime > RECENT_SECONDS:  # its process was killed
                part.file_path.unlink()
    chosen: list[str] = []
    for used, commit in sorted(
        (_last_use(revision.snapshot_path), revision.commit_hash)
        for repository in found.repos
        for revision in repository.revisions
    ):
        freed = found.delete_revisions(*chosen).expected_freed_size
        if found.size_on_disk - freed <= room or now - used < recent:
            break
        chosen.append(commit)
    found.delete_revisions(*chosen).execute()


def _last_use(snapshot: Path) -> float:
    """Return the time of a model's last use; 0 if another process has just removed it."""
    try:
        return snapshot.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _repository(cache: Path, repo: str) -> Path:
    return cache / f"models--{repo.replace('/', '--')}"
