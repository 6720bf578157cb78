"""Find out whose token it is."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict

from . import client
from .client import Token
from .errors import unexpected_response_guard
from .job import Job

_TIMEOUT_SECONDS = 3.0  # that it may take


class Accounts:
    """LRU cache of account names by token, `most` at most: the Hub limits the rate of `whoami`.

    Tokens are kept as hashes only.
    """

    def __init__(self, most: int = 1000) -> None:
        self._most = most
        self._names: OrderedDict[bytes, str] = OrderedDict()
        self._lock = threading.Lock()

    def name(self, token: Token) -> str | None:
        """Return the user name that `token` belongs to; None without a token.

        Raises UserError for everything that goes wrong with the Hub, which is asked if need be.
        """
        given = client.own_token() if token is None else token
        if not given:
            return None
        key = hashlib.sha256(f"{client.endpoint()} {given}".encode()).digest()
        with self._lock:
            name = self._names.get(key)
        if name is None:
            name = client.run(lambda job: _ask(job, given), seconds=_TIMEOUT_SECONDS)
        with self._lock:
            self._names[key] = name
            self._names.move_to_end(key)
            while len(self._names) > self._most:
                self._names.popitem(last=False)
        return name


account = Accounts().name


def _ask(job: Job, token: str) -> str:
    with unexpected_response_guard():
        return str(client.api(token).whoami()["name"])
