"""Limits of one user, one run and all runs together, read from CHARRNN_* environment variables.

The defaults are generous on a private machine and strict on a Hugging Face Space, which strangers
share. Each limit has a variable of its own, such as CHARRNN_SECONDS, that overrides both; `none`
removes a limit. The command line has no limits but those of a model and of a text.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from ..checkpoint.format import MAX_PARAMETERS
from ..errors import Message, UserError
from ..text import MAX_TEXT_BYTES
from ..utils.process import available_cores
from ..utils.space import space_id
from ..vocabulary import MAX_SYMBOLS

_MB = 1 << 20


def _limit(own: Any, space: Any, hint: str, *, low: float = 1, high: float = 1e15) -> Any:
    """Declare a limit: its defaults, what it limits, and the range of its variable.

    `own` is the default on a private machine, `space` the one on a Space. None is no limit.
    """
    rule = {"space": space, "hint": hint, "low": low, "high": high}
    return field(default=own, metadata=rule)


@dataclass(frozen=True)
class Limits:
    """The limits of an app. None is no limit."""

    workers: int = _limit(1, 1, "runs that train at once; by default one for each core", high=256)
    upload_mb: int = _limit(
        MAX_TEXT_BYTES // _MB, 40, "MB of the files, or the text, of one run", high=2048
    )
    characters: int | None = _limit(None, 5_000_000, "characters of a text", low=100)
    symbols: int | None = _limit(MAX_SYMBOLS - 1, 20_000, "different characters of a text", low=2)
    parameters: int | None = _limit(MAX_PARAMETERS, 8_000_000, "parameters of a model", low=100)
    seconds: float | None = _limit(
        None, 1800.0, "seconds that a run trains each time it is started or continued"
    )
    runs_per_visitor: int | None = _limit(None, 3, "runs of a user that wait or train at once")
    uploads_per_visitor: int | None = _limit(None, 10, "checkpoints of a user that are kept")
    visitors_per_address: int = _limit(
        40, 40, "users behind one address who have a share of their own", high=10_000
    )
    disk_mb_per_visitor: int | None = _limit(
        None, 1_000, "MB of the runs, uploaded files and downloads of a user", low=10
    )
    disk_mb: int | None = _limit(
        None, 10_000, "MB that all runs take together with uploaded checkpoints", low=10
    )
    memory_mb: int | None = _limit(None, 3_000, "MB of memory of the process of a run", low=300)
    silence: float | None = _limit(
        3600.0, 180.0, "seconds without an event after which a run is taken to hang", low=5
    )
    keep_hours: float | None = _limit(
        None, 24.0, "hours that a run is kept after its end, unless it is starred", low=0.0
    )
    proxies: int = _limit(0, 1, "whether proxies say who asks (X-Forwarded-For)", low=0, high=1)

    @property
    def upload_bytes(self) -> int:
        """The maximal size of an upload in bytes."""
        return self.upload_mb * _MB

    @property
    def disk_bytes_per_visitor(self) -> int | None:
        """The maximal bytes of one user's runs, uploads and downloads together."""
        return None if self.disk_mb_per_visitor is None else self.disk_mb_per_visitor * _MB

    @property
    def disk_bytes(self) -> int | None:
        """The maximal bytes of all runs and uploaded checkpoints together.

        The same holds for Gradio's folder, where uploads and downloads stay for a day.
        """
        return None if self.disk_mb is None else self.disk_mb * _MB

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Limits:
        """Read the limits from environment variables.

        Raises UserError, which names the variable, for an invalid value.
        """
        shared = space_id(environment) is not None
        values: dict[str, Any] = {}
        for limit in fields(cls):
            name = variable_name(limit.name)
            given = environment.get(name, "").strip()
            if given:
                values[limit.name] = _parsed(name, given, limit.metadata, "None" in str(limit.type))
            elif limit.name == "workers":
                values[limit.name] = available_cores()
            else:
                values[limit.name] = limit.metadata["space"] if shared else limit.default
            if "float" not in str(limit.type) and values[limit.name] is not None:
                values[limit.name] = int(values[limit.name])
        return cls(**values)


def address_of(client_id: str) -> str:
    """Return the part of a client id that all clients of one network address share.

    Of "address:…/browser" this is the part before the slash. Other clients, such as a user who has
    signed in, share nothing.
    """
    return client_id.partition("/")[0] if client_id.startswith("address:") else client_id


def variable_name(name: str) -> str:
    """Return the name of the environment variable of a limit."""
    return f"CHARRNN_{name.upper()}"


def _parsed(name: str, given: str, rule: Mapping[str, Any], optional: bool) -> float | None:
    if optional and given.lower() == "none":
        return None
    try:
        value = float(given.replace("_", ""))
    except ValueError:
        value = math.nan
    if not rule["low"] <= value <= rule["high"]:
        wanted: dict[str, object] = {"low": rule["low"], "high": rule["high"]}
        clause = Message("a number of at least {low:g}", **wanted)
        if rule["high"] < 1e15:
            clause = Message("a number from {low:g} to {high:g}", **wanted)
        if optional:
            clause = Message("{wanted}, or none", wanted=clause)
        raise UserError(
            "{name}={value}: give {wanted} ({hint}).",
            name=name,
            value=given[:40],
            wanted=clause,
            hint=rule["hint"],
            field=name,
        )
    return value
