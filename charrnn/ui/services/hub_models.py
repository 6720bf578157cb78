"""Models from the Hub, as each person may see them: asked for once, and remembered for a while.

What somebody has opened is found again without asking the Hub, for some minutes; then it is asked
anew whether they still may. A person is whoever their token stands for, and nobody finds here what
another has opened. What is private to a visitor lies in a directory of their own, which goes when
they have not been seen for an hour, and with the process; so does what was made of it.
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
from ...checkpoint import WEIGHTS
from ...errors import UserError
from ...hub import HubUnavailableError, Ref, Token
from ...runs.admission import directory_bytes
from ...utils.temporary import temporary_directory

Progress = Callable[[int, "int | None"], None]
Cancelled = Callable[[], bool]

TTL_SECONDS = 600.0  # seconds for which the Hub's word is taken
OFFLINE_TTL_SECONDS = 60.0  # and its last word, when it could not be asked
ERROR_TTL_SECONDS = 20.0  # and a no
IDLE_SECONDS = 3600.0  # seconds after which a person, and all that they opened, is forgotten
MAX_PRIVATE_BYTES = 2 << 30  # bytes of all that is private to someone
MAX_ENTRIES = 512  # models remembered, of all persons
OPEN_TIMEOUT_SECONDS = 120.0  # for a model that is opened
GET_TIMEOUT_SECONDS = 45.0  # for a model that is needed at once
MAX_CONCURRENT, MAX_CONCURRENT_PER_USER = 16, 4  # models that are being downloaded


@dataclass(frozen=True)
class _Entry:
    """What the Hub said and when: where the model is now, or why there is none."""

    answer: Path | UserError
    asked_at: float
    until: float  # when it has to be asked again


@dataclass
class _UserState:
    """When somebody was seen last, where what only they may see lies, and what was made of it."""

    last_seen: float
    private_directory: Path | None = None
    derived_files: set[Path] = field(default_factory=set)

    def remove(self) -> None:
        """Remove all that only they may see."""
        if self.private_directory is not None:
            shutil.rmtree(self.private_directory, ignore_errors=True)
        for file in self.derived_files:
            file.unlink(missing_ok=True)


def _remove_all(users: Iterable[_UserState]) -> None:
    for one in users:
        one.remove()


class HubModelCache:
    """The models that the people of an app have opened from the Hub."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` tells the seconds."""
        self._clock = clock
        self._salt = secrets.token_bytes(16)
        self._condition = threading.Condition()  # whose lock guards all that follows
        self._entries: OrderedDict[tuple[str, Ref], _Entry] = OrderedDict()
        self._users: dict[str, _UserState] = {}
        self._busy: Counter[str] = Counter()  # models on their way, by visitor
        self._root: Path | None = None

    def cached(self, ref: Ref, token: Token) -> Path | None:
        """The model, if whoever `token` stands for has opened it within the hour. Asks nobody."""
        with self._condition:
            return self._path((self._user_key(token), ref))

    def get(self, ref: Ref, token: Token, client_id: str) -> Path:
        """The model, for somebody who needs it now: what the Hub has said to them lately, or what
        it says. Raises UserError as `open`, and the last one again for a moment."""
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
        """The model, after asking the Hub; `client_id` is who asks, who can open a few at once.

        `progress` and `cancelled` are as in `charrnn.hub.pull`, and so is the UserError for all
        that goes wrong.
        """
        return self._fetch(
            ref, token, client_id, OPEN_TIMEOUT_SECONDS, progress, cancelled, fresh=True
        )

    def register_derived_file(self, directory: Path, file: Path) -> None:
        """Note that `file` was made of the model in `directory`: where that is somebody's own, the
        file goes with it."""
        with self._condition:
            for one in self._users.values():
                if one.private_directory is not None and directory.is_relative_to(
                    one.private_directory
                ):
                    one.derived_files.add(file)

    def forget_idle_users(self) -> None:
        """Forget who has not been seen for an hour, and remove what only they may see."""
        with self._condition:
            late = self._clock() - IDLE_SECONDS
            gone = self._forget([name for name, one in self._users.items() if one.last_seen < late])
        _remove_all(gone)

    def _forget(self, names: Collection[str]) -> list[_UserState]:
        """Forget these persons, and return them. Called with the lock held."""
        for key in [key for key in self._entries if key[0] in names]:
            del self._entries[key]
        return [self._users.pop(name) for name in names]

    def close(self) -> None:
        """Forget everybody."""
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
                return found  # another request has asked meanwhile
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
        """Forget whoever has not been seen for longest while what is private takes too much."""
        while self._root is not None and directory_bytes(self._root) > MAX_PRIVATE_BYTES:
            with self._condition:
                users = [
                    name for name, one in self._users.items() if one.private_directory is not None
                ]
                if len(users) < 2:
                    return
                gone = self._forget([min(users, key=lambda name: self._users[name].last_seen)])
            _remove_all(gone)

    def _fall_back(self, ref: Ref, token: Token, error: UserError) -> Path:
        """What there is when the Hub did not give a model: what it gave before, if it could not be
        asked now."""
        key, now = (self._user_key(token), ref), self._clock()
        with self._condition:
            found = self._path(key) if isinstance(error, HubUnavailableError) else None
            if found is not None:
                self._store(key, replace(self._entries[key], until=now + OFFLINE_TTL_SECONDS))
                return found
            # Not the error itself, whose traceback holds the token.
            said = type(error)(error.message, field=error.field)
            self._store(key, _Entry(said, now, now + ERROR_TTL_SECONDS))
        raise error

    def _store(self, key: tuple[str, Ref], known: _Entry) -> None:
        self._entries[key] = known
        self._entries.move_to_end(key)
        while len(self._entries) > MAX_ENTRIES:
            self._entries.popitem(last=False)

    def _recent(self, ref: Ref, token: Token) -> Path | None:
        """What the Hub said lately; None if it has to be asked. Raises UserError for a no."""
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
        """Whom a token stands for, without telling the token."""
        if not isinstance(token, str):
            return "whoever is here" if token is None else "nobody"
        return hashlib.blake2b(token.encode(), key=self._salt).hexdigest()

    def _private_directory(self, token: Token) -> Path | None:
        """A directory for what only this visitor may see; None for who has no token to give."""
        with self._condition:
            one = self._users.setdefault(self._user_key(token), _UserState(0.0))
            one.last_seen = self._clock()
            if isinstance(token, str) and one.private_directory is None:
                if self._root is None:
                    self._root = temporary_directory("visitors")
                    atexit.register(self.close)
                    threading.Thread(
                        target=self._tidy_loop, args=(self._root,), daemon=True
                    ).start()
                one.private_directory = self._root / secrets.token_hex(16)
            return one.private_directory

    def _tidy_loop(self, root: Path) -> None:
        """In a thread, for as long as there may be something private."""
        while root.is_dir():
            time.sleep(IDLE_SECONDS / 12)
            self.forget_idle_users()

    @contextmanager
    def _slot(self, client_id: str, until: float, cancelled: Cancelled | None) -> Iterator[None]:
        """One of a few models at once, waited for."""
        with self._condition:
            while (
                self._busy[client_id] >= MAX_CONCURRENT_PER_USER
                or self._busy.total() >= MAX_CONCURRENT
            ):
                if cancelled is not None and cancelled():
                    raise UserError("Cancelled.")
                if time.monotonic() > until:
                    raise UserError(
                        "Too many models are being opened at this moment: try again in a minute.",
                        field="model",
                    )
                self._condition.wait(0.1)
            self._busy[client_id] += 1
        try:
            yield
        finally:
            with self._condition:
                self._busy[client_id] -= 1
                self._busy += Counter()  # without those who have none on their way
                self._condition.notify_all()
