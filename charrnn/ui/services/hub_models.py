"""HubModelCache: per-user cache of models opened from the Hub.

A model that a user has opened is found again for some minutes without a request to the Hub; then
the Hub is asked again whether the user may still read it. A user is identified by the token, and no
user finds what another one has opened. Private models lie in a directory of their user, which is
deleted when the user has been idle for an hour, and when the process ends; so are the files made
from them.
"""

from __future__ import annotations

import atexit
import hashlib
import secrets
import shutil
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from ... import hub
from ...checkpoint.format import WEIGHTS
from ...errors import UserError
from ...hub import HubUnavailableError, Ref, Token
from ...runs.admission import directory_bytes
from ...utils.temporary import temporary_directory

Progress = Callable[[int, "int | None"], None]
Cancelled = Callable[[], bool]

TTL_SECONDS = 600.0  # of a model
OFFLINE_TTL_SECONDS = 60.0  # of the previous answer, if the Hub is unreachable
ERROR_TTL_SECONDS = 20.0
IDLE_SECONDS = 3600.0  # after which a user and their models are forgotten
MAX_PRIVATE_BYTES = 2 << 30  # of the private models of all users
MAX_ENTRIES = 512  # answers of the Hub, for all users
OPEN_TIMEOUT_SECONDS = 120.0  # when the user opens a model
GET_TIMEOUT_SECONDS = 45.0  # when a request needs a model
MAX_CONCURRENT_DOWNLOADS, MAX_CONCURRENT_DOWNLOADS_PER_USER = 16, 4


@dataclass(frozen=True)
class _Entry:
    """The Hub's latest answer and its time: the directory of the model, or the error."""

    answer: Path | UserError
    asked_at: float
    until: float  # when the Hub must be asked again


@dataclass
class _UserState:
    """A user's state: time of the last request, private models, and the files made from them."""

    last_seen: float
    private_directory: Path | None = None
    derived_files: set[Path] = field(default_factory=set)

    def remove(self) -> None:
        """Delete the user's private models and the files made from them."""
        if self.private_directory is not None:
            shutil.rmtree(self.private_directory, ignore_errors=True)
        for file in self.derived_files:
            file.unlink(missing_ok=True)


def _remove_all(users: Iterable[_UserState]) -> None:
    for user in users:
        user.remove()


class HubModelCache:
    """The models that the users of an app have opened from the Hub. Thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Create an empty cache; `clock` returns the time in seconds."""
        self._clock = clock
        self._salt = secrets.token_bytes(16)
        self._condition = threading.Condition()  # its lock guards all fields below
        self._entries: OrderedDict[tuple[str, Ref], _Entry] = OrderedDict()
        self._users: dict[str, _UserState] = {}
        self._busy: Counter[str] = Counter()  # downloads by client id
        self._root: Path | None = None

    def cached(self, ref: Ref, token: Token) -> Path | None:
        """Return the model if the user opened it within the hour, else None. Sends no request."""
        with self._condition:
            return self._path((self._user_key(token), ref))

    def get(self, ref: Ref, token: Token, client_id: str) -> Path:
        """Return a model that is needed now: the Hub's recent answer, or a new user.

        Raises UserError as `open` does; a recent error is raised again for some seconds.
        """
        return self._recent(ref, token) or self._fetch(
            ref, token, client_id, GET_TIMEOUT_SECONDS, fresh=False
        )

    def open(
        self,
        ref: Ref,
        token: Token,
        client_id: str,
        *,
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
    ) -> Path:
        """Return a model after asking the Hub. Each client, `client_id`, may open a few at once.

        `progress` and `cancelled` are as in `charrnn.hub.pull`, and so is the UserError for all
        errors.
        """
        return self._fetch(
            ref, token, client_id, OPEN_TIMEOUT_SECONDS, progress, cancelled, fresh=True
        )

    def register_derived_file(self, directory: Path, file: Path) -> None:
        """Record that `file` was made from the model in `directory`.

        It is deleted together with a private model.
        """
        with self._condition:
            for user in self._users.values():
                if user.private_directory is not None and directory.is_relative_to(
                    user.private_directory
                ):
                    user.derived_files.add(file)

    def forget_idle_users(self) -> None:
        """Forget users who have been idle for an hour, and delete their private files."""
        with self._condition:
            late = self._clock() - IDLE_SECONDS
            gone = self._forget(
                [name for name, user in self._users.items() if user.last_seen < late]
            )
        _remove_all(gone)

    def _forget(self, names: Collection[str]) -> list[_UserState]:
        """Remove these users from the cache and return them. Called with the lock held."""
        for key in [key for key in self._entries if key[0] in names]:
            del self._entries[key]
        return [self._users.pop(name) for name in names]

    def close(self) -> None:
        """Forget all users, and delete all private files."""
        atexit.unregister(self.close)
        with self._condition:
            root, self._root = self._root, None
            users, self._users = self._users, {}
            self._entries.clear()
        _remove_all(users.values())
        if root is not None:
            shutil.rmtree(root, ignore_errors=True)

    def _fetch(
        self,
        ref: Ref,
        token: Token,
        client_id: str,
        seconds: float,
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
        *,
        fresh: bool,
    ) -> Path:
        own = self._private_directory(token)
        until = time.monotonic() + seconds
        with self._slot(client_id, until, cancelled):
            if not fresh and (found := self._recent(ref, token)):
                return found  # another request has fetched it meanwhile
            try:
                answer = hub.pull(
                    str(ref),
                    token=token,
                    own=own,
                    progress=progress,
                    cancelled=cancelled,
                    deadline=max(1.0, until - time.monotonic()),
                )
            except UserError as error:
                if cancelled is not None and cancelled():
                    raise
                return self._fall_back(ref, token, error)
        now = self._clock()
        with self._condition:
            self._store((self._user_key(token), ref), _Entry(answer, now, now + TTL_SECONDS))
        if own is not None:
            self._make_room()
        return answer

    def _make_room(self) -> None:
        """Forget the users idle for longest while private models take too much room."""
        while self._root is not None and directory_bytes(self._root) > MAX_PRIVATE_BYTES:
            with self._condition:
                users = [
                    name for name, user in self._users.items() if user.private_directory is not None
                ]
                if len(users) < 2:
                    return
                gone = self._forget([min(users, key=lambda name: self._users[name].last_seen)])
            _remove_all(gone)

    def _fall_back(self, ref: Ref, token: Token, error: UserError) -> Path:
        """Return the previous answer if the Hub was unreachable; else store and raise the error."""
        key, now = (self._user_key(token), ref), self._clock()
        with self._condition:
            found = self._path(key) if isinstance(error, HubUnavailableError) else None
            if found is not None:
                self._store(key, replace(self._entries[key], until=now + OFFLINE_TTL_SECONDS))
                return found
            # A copy, because the error's traceback holds the token.
            stored = type(error)(error.message, field=error.field)
            self._store(key, _Entry(stored, now, now + ERROR_TTL_SECONDS))
        raise error

    def _store(self, key: tuple[str, Ref], known: _Entry) -> None:
        self._entries[key] = known
        self._entries.move_to_end(key)
        while len(self._entries) > MAX_ENTRIES:
            self._entries.popitem(last=False)

    def _recent(self, ref: Ref, token: Token) -> Path | None:
        """Return the Hub's recent answer, or None. Raises UserError for a recent error."""
        key = self._user_key(token), ref
        with self._condition:
            if key[0] in self._users:
                self._users[key[0]].last_seen = self._clock()
            known = self._entries.get(key)
            if known is None or self._clock() > known.until:
                return None
            self._entries.move_to_end(key)
            if isinstance(known.answer, UserError):
                raise type(known.answer)(known.answer.message, field=known.answer.field)
            return self._path(key)

    def _path(self, key: tuple[str, Ref]) -> Path | None:
        known = self._entries.get(key)
        if known is None or self._clock() - known.asked_at > IDLE_SECONDS:
            return None
        found = known.answer
        return found if isinstance(found, Path) and (found / WEIGHTS).is_file() else None

    def _user_key(self, token: Token) -> str:
        """Return a key for the user of a token, from which the token cannot be computed."""
        if not isinstance(token, str):
            return "stored token" if token is None else "anonymous"
        return hashlib.blake2b(token.encode(), key=self._salt).hexdigest()

    def _private_directory(self, token: Token) -> Path | None:
        """Return the directory for private models of the token's user; None without a token."""
        with self._condition:
            user = self._users.setdefault(self._user_key(token), _UserState(0.0))
            user.last_seen = self._clock()
            if isinstance(token, str) and user.private_directory is None:
                if self._root is None:
                    self._root = temporary_directory("users")
                    atexit.register(self.close)
                    threading.Thread(
                        target=self._tidy_loop, args=(self._root,), daemon=True
                    ).start()
                user.private_directory = self._root / secrets.token_hex(16)
            return user.private_directory

    def _tidy_loop(self, root: Path) -> None:
        """Forget idle users regularly while `root` exists. Runs in a thread."""
        while root.is_dir():
            time.sleep(IDLE_SECONDS / 12)
            self.forget_idle_users()

    @contextmanager
    def _slot(self, client_id: str, until: float, cancelled: Cancelled | None) -> Iterator[None]:
        """Wait for a slot among the concurrent downloads, and hold it throughout the block."""
        with self._condition:
            while (
                self._busy[client_id] >= MAX_CONCURRENT_DOWNLOADS_PER_USER
                or self._busy.total() >= MAX_CONCURRENT_DOWNLOADS
            ):
                if cancelled is not None and cancelled():
                    raise UserError("Cancelled.")
                if time.monotonic() > until:
                    raise UserError(
                        "Too many models are being opened right now: try again in a minute.",
                        field="model",
                    )
                self._condition.wait(0.1)
            self._busy[client_id] += 1
        try:
            yield
        finally:
            with self._condition:
                self._busy[client_id] -= 1
                self._busy += Counter()  # drop users without downloads
                self._condition.notify_all()
