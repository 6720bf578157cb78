"""The Hub: a trained model goes there (`push`), and comes from there by name (`pull`, `listed`).

What the other parts of charrnn, the page among them, build on. Everything that goes wrong with the
Hub is a `UserError` in a sentence of ours, without tokens and addresses; `AwayUserError`, which is
one, says that the Hub could not be asked. Nothing here waits for the Hub for longer than its
`deadline`; the samples that `files` and `push` write into the card before they ask it take about a
second more, which nobody can cancel. huggingface_hub itself is imported when it is first needed.

    is_id(text) -> bool                    whether it reads owner/name[@revision]
    Ref.parse(text) -> Ref                 .repo, .revision; UserError for nonsense
    files(directory, repo) -> [Upload]     .name, .size: exactly what a push uploads
    push(directory, repo, private=, token=) -> Pushed    .url, .revision, .created, .card_kept
    pull(ref, token=, own=) -> Path        a sound checkpoint on this machine
    listed(search=, sort=, author=, token=) -> [Listed]
    curve(repo, token=) -> [float] | None  a listed model's perplexities, for its sparkline
    signed_in() -> bool                    whether this machine has a token of its own
    quiet()                                once in a program: the client neither draws nor warns

`token` says in whose name: a visitor's token, False for nobody, None for whoever is logged in on
this machine. A page that strangers see passes the visitor's token or False, never None; a visitor
who is signed in also gets a directory of their own as `own`, which goes when they go.

`progress(done, total)` and `cancelled()` are called in the caller's thread, about twenty times a
second. So is `waiting(seconds)` of a push: where the Hub asks to be left alone (429), its client
waits by itself and asks again, five times; what wants more time than the deadline leaves fails at
once, and `cancelled` ends it in any case. Where the line breaks at the commit, `push` looks whether
it is there; `UnsureUserError` says that it is not, or that nobody knows, as where a push is
cancelled, or its time over, once the Hub has been asked for the commit.
"""

from .client import Token, forget_own_token, quiet, signed_in
from .errors import AwayUserError, UnsureUserError
from .pull_model import pull
from .push_model import Pushed, Upload, files, push
from .repo_id import Ref, is_id
from .search import Listed, Sort, curve, listed

__all__ = [
    "AwayUserError",
    "Listed",
    "Pushed",
    "Ref",
    "Sort",
    "Token",
    "UnsureUserError",
    "Upload",
    "curve",
    "files",
    "forget_own_token",
    "is_id",
    "listed",
    "pull",
    "push",
    "quiet",
    "signed_in",
]
