"""Parse the name of a model on the Hub: `owner/name` or `owner/name@revision`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import UserError, short_repr

_PART = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_REPO = re.compile(rf"{_PART}/{_PART}")
_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,99}")
_MAX_REPO_CHARACTERS = 96  # characters of owner/name, as on the Hub


@dataclass(frozen=True)
class Ref:
    """A model on the Hub.

    `repo` is `owner/name`. `revision` is a branch, a tag or a commit; None is the newest state.
    """

    repo: str
    revision: str | None = None

    @classmethod
    def parse(cls, text: str) -> Ref:
        """Read `owner/name` or `owner/name@revision`.

        Raises UserError for anything else: addresses and paths on the disk among them.
        """
        repo, at, revision = text.strip().partition("@")
        if not _is_repo(repo):
            raise UserError(
                "{model} is not the name of a model on the Hub: write it as owner/name or "
                "owner/name@revision.",
                model=short_repr(text),
                field="model",
            )
        if at and not _is_revision(revision):
            raise UserError(
                "{revision} is not a revision: give a branch, a tag or a commit.",
                revision=short_repr(revision),
                field="model",
            )
        return cls(repo, revision or None)

    def __str__(self) -> str:
        return self.repo if self.revision is None else f"{self.repo}@{self.revision}"


def is_id(text: str) -> bool:
    """Return whether `text` has the form `owner/name[@revision]`. It may be a path as well."""
    repo, at, revision = text.partition("@")
    return _is_repo(repo) and (not at or _is_revision(revision))


def _is_repo(text: str) -> bool:
    odd = "--" in text or ".." in text or text.endswith(".git")  # which the Hub refuses
    return len(text) <= _MAX_REPO_CHARACTERS and _REPO.fullmatch(text) is not None and not odd


def _is_revision(text: str) -> bool:
    return _REVISION.fullmatch(text) is not None and ".." not in text and "//" not in text
