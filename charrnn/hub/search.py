"""The models on the Hub that charrnn can open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from ..checkpoint.files import LOG
from ..checkpoint.logs import curve_in
from ..errors import escape_invisible
from . import client
from .client import Token
from .errors import understood
from .job import Job
from .repo_id import Ref, is_id

if TYPE_CHECKING:
    from huggingface_hub import ModelInfo

Sort = Literal["updated", "downloads", "likes"]
DEADLINE = 15.0  # seconds
_TAG = "charrnn"
_SORTS = {"updated": "lastModified", "downloads": "downloads", "likes": "likes"}
_TITLE = 120  # characters
_POINTS = 100  # of a curve


@dataclass(frozen=True)
class Listed:
    """A model on the Hub: its `repo`, what it calls itself, its perplexity on held-out text or else
    on its training text, and what the Hub knows of it. All of it is a stranger's word.

    `updated` is None where the Hub does not say. Its curve is fetched apart (`charrnn.hub.curve`).
    """

    repo: str
    title: str
    perplexity: float | None
    updated: datetime | None
    downloads: int
    likes: int
    private: bool


def listed(
    *,
    search: str = "",
    sort: Sort = "updated",
    author: str | None = None,
    token: Token = False,
    limit: int = 24,
    deadline: float = DEADLINE,
) -> list[Listed]:
    """The models with the tag charrnn that `token` may see, by default those that everybody may:
    the newest, most downloaded or most liked first.

    `search` is looked for in their names; `author` keeps those of one user or organization.
    `deadline` is in seconds. Raises UserError if the Hub cannot be asked.
    """

    asked = {
        "filter": _TAG,
        "search": search.strip(),
        "author": author or "",
        "sort": _SORTS[sort],
        "limit": limit,
        "full": True,
        "cardData": True,
    }

    def ask(job: Job) -> list[Listed]:
        from huggingface_hub import ModelInfo

        with understood():
            found = client.get_json(job, "/api/models", asked, token)
            infos = [ModelInfo(**about) for about in found]  # type: ignore[no-untyped-call]
            return [_listed(info) for info in infos if is_id(info.id)]

    return client.run(ask, seconds=deadline)


def curve(repo: str, *, token: Token = False, deadline: float = DEADLINE) -> list[float] | None:
    """The perplexities of a model's training log, held-out where there are any, a hundred at most;
    None if it has no log. Raises UserError as `pull`."""
    ref = Ref.parse(repo)
    revision = ref.revision or "main"

    def ask(job: Job) -> bytes | None:
        from huggingface_hub.errors import EntryNotFoundError

        try:
            return client.read_file(job, ref.repo, revision, LOG, token)
        except EntryNotFoundError:
            return None

    data = client.run(ask, seconds=deadline, repo=str(ref))
    if data is None:
        return None
    return curve_in(data.decode("utf-8", "replace"), _POINTS)


def _listed(info: ModelInfo) -> Listed:
    name, perplexity = _results(info)
    return Listed(
        repo=info.id,
        title=escape_invisible(name or info.id.partition("/")[2], _TITLE),
        perplexity=perplexity,
        updated=info.last_modified,
        downloads=_count(info.downloads),
        likes=_count(info.likes),
        private=info.private is not False,
    )


def _results(info: ModelInfo) -> tuple[str | None, float | None]:
    """The name and the perplexity in the card's `model-index`, the first of it."""
    data: Any = info.card_data
    results = getattr(data, "eval_results", None) or []
    name = getattr(data, "model_name", None)
    for result in results if isinstance(results, list) else []:
        value: Any = getattr(result, "metric_value", None)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if getattr(result, "metric_type", None) == "perplexity" and number and 0 < value < 1e300:
            return name if isinstance(name, str) else None, float(value)
    return name if isinstance(name, str) else None, None


def _count(value: object) -> int:
    return value if isinstance(value, int) and value >= 0 else 0
