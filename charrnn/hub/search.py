"""Search the Hub for models that charrnn can open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from ..checkpoint.format import LOG
from ..checkpoint.logs import curve_in
from ..errors import escape_invisible
from . import client
from .client import Token
from .errors import unexpected_response_guard
from .job import Job
from .repo_id import Ref, is_id

if TYPE_CHECKING:
    from huggingface_hub import ModelInfo

Sort = Literal["updated", "downloads", "likes"]
DEADLINE_SECONDS = 15.0  # seconds
_TAG = "charrnn"
_SORTS = {"updated": "lastModified", "downloads": "downloads", "likes": "likes"}
_MAX_TITLE_CHARACTERS = 120  # characters
_MAX_CURVE_POINTS = 100  # of a curve


@dataclass(frozen=True)
class ListedModel:
    """A model on the Hub, as its owner describes it: nothing of it is checked.

    `perplexity` is on held-out text, or else on the training text. `updated` is None if the Hub
    does not say. The model's curve is fetched apart (`charrnn.hub.fetch_curve`).
    """

    repo: str
    title: str
    perplexity: float | None
    updated: datetime | None
    downloads: int
    likes: int
    private: bool


def list_models(
    *,
    search: str = "",
    sort: Sort = "updated",
    author: str | None = None,
    token: Token = False,
    limit: int = 24,
    deadline: float = DEADLINE_SECONDS,
) -> list[ListedModel]:
    """List the models with the tag charrnn that `token` may see, by default the public ones.

    Args:
        search: Part of the models' names.
        sort: The newest, most downloaded or most liked first.
        author: A user or an organization, whose models alone are listed.
        token: A user's token, False, or None for the user who is logged in on this machine.
        limit: The most models to return.
        deadline: Seconds.

    Raises:
        UserError: If the Hub cannot be asked.
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

    def ask(job: Job) -> list[ListedModel]:
        from huggingface_hub import ModelInfo

        with unexpected_response_guard():
            found = client.get_json(job, "/api/models", asked, token)
            infos = [ModelInfo(**info) for info in found]  # type: ignore[no-untyped-call]
            return [_to_hub_model(info) for info in infos if is_id(info.id)]

    return client.run(ask, seconds=deadline)


def fetch_curve(
    repo: str, *, token: Token = False, deadline: float = DEADLINE_SECONDS
) -> list[float] | None:
    """Return a hundred perplexities at most of a model's training log; None without a log.

    They are those on held-out text, if there are any. Raises UserError as `pull`.
    """
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
    return curve_in(data.decode("utf-8", "replace"), _MAX_CURVE_POINTS)


def _to_hub_model(info: ModelInfo) -> ListedModel:
    name, perplexity = _results(info)
    return ListedModel(
        repo=info.id,
        title=escape_invisible(name or info.id.partition("/")[2], _MAX_TITLE_CHARACTERS),
        perplexity=perplexity,
        updated=info.last_modified,
        downloads=_count(info.downloads),
        likes=_count(info.likes),
        private=info.private is not False,
    )


def _results(info: ModelInfo) -> tuple[str | None, float | None]:
    """Return the name and the first perplexity in a card's `model-index`."""
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
