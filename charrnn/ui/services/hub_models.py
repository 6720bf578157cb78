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
from ...runs.admission import taken
from ...utils.temporary import temporary_directory

Progress = Callable[[int, "int | None"], None]
Cancelled = Callable[[], bool]

FRESH = 600.0  # seconds for which the Hub's word is taken
AWAY = 60.0  # and its last word, when it could not be asked
REFUSED = 20.0  # and a no
IDLE = 3600.0  # seconds after which a person, and all that they opened, is forgotten
OWN_ROOM = 2 << 30  # bytes of all that is private to someone
KEPT = 512  # models remembered, of all persons
LONGEST, FINDING = 120.0, 45.0  # seconds for a model that is opened, for one that is needed at once
AT_ONCE, OF_ONE = 16, 4  # models on their way at once, of all visitors and of one


@dataclass(frozen=True)
class _Known:
    """What the Hub said and when: where the model is now, or why there is none."""

    answer: Path | UserError
    asked: float
    until: float  # when it has to be asked again


@dataclass
class _Person:
    """When somebody was seen last, where what only they may see lies, and what was made of it."""

    seen: float
    own: Path | None = None
    made: set[Path] = field(default_factory=set)

    def remove(self) -> None:
        """Remove all that only they may see."""
        if self.own is not None:
            shutil.rmtree(self.own, ignore_errors=True)
        for file in self.made:
            file.unlink(missing_ok=True)


def _remove_all(persons: Iterable[_Person]) -> None:
    for one in persons:
        one.remove()


class Fetched:
    """The models that the people of an app have opened from the Hub."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` tells the seconds."""
        self._clock = clock
        self._salt = secrets.token_bytes(16)
        self._turns = threading.Condition()  # whose lock guards all that follows
        self._known: OrderedDict[tuple[str, Ref], _Known] = OrderedDict()
        self._persons: dict[str, _Person] = {}
        self._busy: Counter[str] = Counter()  # models on their way, by visitor
        self._root: Path | None = None

    def known(self, ref: Ref, token: Token) -> Path | None:
        """The model, if whoever `token` stands for has opened it within the hour. Asks nobody."""
        with self._turns:
            return self._path((self._name(token), ref))

    def find(self, ref: Ref, token: Token, visitor: str) -> Path:
        """The model, for somebody who needs it now: what the Hub has said to them lately, or what
        it says. Raises UserError as `open`, and the last one again for a moment."""
        return self._lately(ref, token) or self._ask(ref, token, visitor, FINDING, fresh=False)

    def open(
        self,
        ref: Ref,
        token: Token,
        visitor: str,
        *,
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
    ) -> Path:
        """The model, after asking the Hub; `visitor` is who asks, who can open a few at once.

        `progress` and `cancelled` are as in `charrnn.hub.pull`, and so is the UserError for all
        that goes wrong.
        """
        return self._ask(ref, token, visitor, LONGEST, progress, cancelled, fresh=True)

    def made_of(self, directory: Path, file: Path) -> None:
        """Note that `file` was made of the model in `directory`: where that is somebody's own, the
        file goes with it."""
        with self._turns:
            for one in self._persons.values():
                if one.own is not None and directory.is_relative_to(one.own):
                    one.made.add(file)

    def tidy(self) -> None:
        """Forget who has not been seen for an hour, and remove what only they may see."""
        with self._turns:
            late = self._clock() - IDLE
            gone = self._forget([name for name, one in self._persons.items() if one.seen < late])
        _remove_all(gone)

    def _forget(self, names: Collection[str]) -> list[_Person]:
        """Forget these persons, and return them. Called with the lock held."""
        for key in [key for key in self._known if key[0] in names]:
            del self._known[key]
        return [self._persons.pop(name) for name in names]

    def close(self) -> None:
        """Forget everybody."""
        atexit.unregister(self.close)
        with self._turns:
            root, self._root = self._root, None
            persons, self._persons = self._persons, {}
            self._known.clear()
        _remove_all(persons.values())
        if root is not None:
            shutil.rmtree(root, ignore_errors=True)

    def _ask(
        self,
        ref: Ref,
        token: Token,
        visitor: str,
        seconds: float,
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
        *,
        fresh: bool,
    ) -> Path:
        own = self._own(token)
        until = time.monotonic() + seconds
        with self._turn(visitor, until, cancelled):
            if not fresh and (found := self._lately(ref, token)):
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
                return self._without(ref, token, error)
        now = self._clock()
        with self._turns:
            self._keep((self._name(token), ref), _Known(answer, now, now + FRESH))
        if own is not None:
            self._make_room()
        return answer

    def _make_room(self) -> None:
        """Forget whoever has not been seen for longest while what is private takes too much."""
        while self._root is not None and taken(self._root) > OWN_ROOM:
            with self._turns:
                persons = [name for name, one in self._persons.items() if one.own is not None]
                if len(persons) < 2:
                    return
                gone = self._forget([min(persons, key=lambda name: self._persons[name].seen)])
            _remove_all(gone)

    def _without(self, ref: Ref, token: Token, error: UserError) -> Path:
        """What there is when the Hub did not give a model: what it gave before, if it could not be
        asked now."""
        key, now = (self._name(token), ref), self._clock()
        with self._turns:
            found = self._path(key) if isinstance(error, HubUnavailableError) else None
            if found is not None:
                self._keep(key, replace(self._known[key], until=now + AWAY))
                return found
            # Not the error itself, whose traceback holds the token.
            said = type(error)(error.message, field=error.field)
            self._keep(key, _Known(said, now, now + REFUSED))
        raise error

    def _keep(self, key: tuple[str, Ref], known: _Known) -> None:
        self._known[key] = known
        self._known.move_to_end(key)
        while len(self._known) > KEPT:
            self._known.popitem(last=False)

    def _lately(self, ref: Ref, token: Token) -> Path | None:
        """What the Hub said lately; None if it has to be asked. Raises UserError for a no."""
        key = self._name(token), ref
        with self._turns:
            if key[0] in self._persons:
                self._persons[key[0]].seen = self._clock()
            known = self._known.get(key)
            if known is None or self._clock() > known.until:
                return None
            self._known.move_to_end(key)
            if isinstance(known.answer, UserError):
                raise type(known.answer)(known.answer.message, field=known.answer.field)
            return self._path(key)

    def _path(self, key: tuple[str, Ref]) -> Path | None:
        known = self._known.get(key)
        if known is None or self._clock() - known.asked > IDLE:
            return None
        found = known.answer
        return found if isinstance(found, Path) and (found / WEIGHTS).is_file() else None

    def _name(self, token: Token) -> str:
        """Whom a token stands for, without telling the token."""
        if not isinstance(token, str):
            return "whoever is here" if token is None else "nobody"
        return hashlib.blake2b(token.encode(), key=self._salt).hexdigest()

    def _own(self, token: Token) -> Path | None:
        """A directory for what only this visitor may see; None for who has no token to give."""
        with self._turns:
            one = self._persons.setdefault(self._name(token), _Person(0.0))
            one.seen = self._clock()
            if isinstance(token, str) and one.own is None:
                if self._root is None:
                    self._root = temporary_directory("visitors")
                    atexit.register(self.close)
                    threading.Thread(
                        target=self._keep_tidy, args=(self._root,), daemon=True
                    ).start()
                one.own = self._root / secrets.token_hex(16)
            return one.own

    def _keep_tidy(self, root: Path) -> None:
        """In a thread, for as long as there may be something private."""
        while root.is_dir():
            time.sleep(IDLE / 12)
            self.tidy()

    @contextmanager
    def _turn(self, visitor: str, until: float, cancelled: Cancelled | None) -> Iterator[None]:
        """One of a few models at once, waited for."""
        with self._turns:
            while self._busy[visitor] >= OF_ONE or self._busy.total() >= AT_ONCE:
                if cancelled is not None and cancelled():
                    raise UserError("Cancelled.")
                if time.monotonic() > until:
                    raise UserError(
                        "Too many models are being opened at this moment: try again in a minute.",
                        field="model",
                    )
                self._turns.wait(0.1)
            self._busy[visitor] += 1
        try:
            yield
        finally:
            with self._turns:
                self._busy[visitor] -= 1
                self._busy += Counter()  # without those who have none on their way
                self._turns.notify_all()
