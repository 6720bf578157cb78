"""The Hub: push a trained model, pull one by name, search for models.

Everything that goes wrong with the Hub is a `UserError` without tokens and addresses in it.
`HubUnavailableError` says that the Hub could not be asked. No call waits longer than its
`deadline`; `preview_push` and `push` first take about a second, which cannot be cancelled, to
generate the samples in the card. huggingface_hub is imported when it is first needed.

    is_id(text) -> bool                    whether it reads owner/name[@revision]
    Ref.parse(text) -> Ref                 .repo, .revision; UserError for nonsense
    preview_push(directory, repo) -> [Upload]            .name, .size: exactly what a push uploads
    push(directory, repo, private=, token=) -> Pushed    .url, .revision, .created, .card_kept
    pull(ref, token=, own=, cache_dir=, local_files_only=) -> Path   a valid checkpoint here
    source_of(ref, directory) -> ModelSource             its repository, commit and license
    list_models(search=, sort=, author=, token=) -> [ListedModel]
    fetch_curve(repo, token=) -> [float] | None          a model's perplexities, for its sparkline
    signed_in() -> bool                    whether this machine has a token of its own
    quiet()                                once in a program: the client neither draws nor warns

`token` is a user's token, False for public models only, or None for the user who is logged in on
this machine. A page for several users passes the user's token or False, never None; a signed-in
user also gets a directory for private models as `own`.

`progress(done, total)` and `cancelled()` are called in the caller's thread, about twenty times a
second. So is `waiting(seconds)` of a push: after a 429 the client waits and asks again, five times;
a wait that is longer than the deadline fails at once. If the connection breaks at the commit,
`push` looks whether the commit is there. `CommitUnconfirmedError` says that it is not, or that this
is unknown, as when a push is cancelled after the Hub was asked for the commit.
"""

from .client import Token, forget_own_token, quiet, signed_in
from .errors import CommitUnconfirmedError, HubUnavailableError
from .pull_model import pull, source_of
from .push_model import Pushed, Upload, preview_push, push
from .repo_id import Ref, is_id
from .search import ListedModel, Sort, fetch_curve, list_models

__all__ = [
    "CommitUnconfirmedError",
    "HubUnavailableError",
    "ListedModel",
    "Pushed",
    "Ref",
    "Sort",
    "Token",
    "Upload",
    "fetch_curve",
    "forget_own_token",
    "is_id",
    "list_models",
    "preview_push",
    "pull",
    "push",
    "quiet",
    "signed_in",
    "source_of",
]
