"""What the Generate page shows, as it is written: pages that grow, ten times a second at most.

A page is one JSON object: `prefix`, the `text` after it, and `tint`, one digit a character that
says how surprising it was. Text and tint only ever grow at their end, so that Gradio, which sends
the difference between two values of a stream, sends what is new and nothing else. Here is no
screen: `generate.js` draws the pages.
"""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from ...checkpoint import Checkpoint
from ...errors import UserError
from ...generation import GenerationConfig, iter_characters, iter_side_by_side, top_candidates
from ...utils.validation import clean_text as clean_text
from ..services.scheduler import FRAME_SECONDS, SLICER

Page = dict[str, Any]
T = TypeVar("T")

LONGEST_PAGE = 20_000  # characters, the prefix included
MAX_RAW_LENGTH = 2 * LONGEST_PAGE  # of what a browser sends: line ends may be two characters
TRIO = (0.5, 1.0, 2.0)  # the α's that are set side by side
ALPHAS = (0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6,
          1.8, 2.0, 2.2, 2.5, 2.8, 3.0, 3.5, 4.0)  # fmt: skip
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_PER_BIT = 3  # digits of tint for a bit of surprisal


@dataclass(frozen=True)
class Manner:
    """How to write on: `mode` "greedy" or "sample", q ∝ p^alpha, how many characters, which seed.

    Without a seed, one is drawn; the page says which, so any text can be written again.
    """

    mode: str = "sample"
    alpha: float = 1.0
    length: int = 200
    seed: int | None = None


class Pace:
    """Measures a stream of characters, and says when the next frame is due."""

    def __init__(self, at_once: int = 1) -> None:
        """Each of what is timed holds `at_once` characters."""
        self._at_once = at_once
        self._timed = 0
        self._spent = 0.0
        self._next_frame = 0.0

    def timed(self, characters: Iterator[T]) -> Iterator[T]:
        """The same characters; what each but the first takes is measured.

        The first also waits for the prefix to be read, and the time that frames take is not ours.
        """
        began = None
        while (one := next(characters, None)) is not None:
            if began is not None:
                self._spent += time.perf_counter() - began
                self._timed += self._at_once
            yield one
            began = time.perf_counter()

    def frame_due(self) -> bool:
        """Whether to show something: at once for the first character, then every 0.1 s, or where
        many are writing less often."""
        now = time.perf_counter()
        if now < self._next_frame:
            return False
        self._next_frame = now + FRAME_SECONDS * SLICER.load_factor
        return True

    @property
    def rate(self) -> float | None:
        """Characters per second, or None where too few were written to say."""
        return self._timed / self._spent if self._spent > 0 else None


def tint(surprisal: float) -> str:
    """A surprisal in bits as one digit in base 36: thirds of a bit, 11⅔ bits at most."""
    return _DIGITS[min(round(surprisal * _PER_BIT), len(_DIGITS) - 1)]


def blank(prefix: str, text: str = "", tints: str = "") -> Page:
    """A page on which nothing has been written yet, after `text` that stands there already.

    Raises UserError if it is more than a page holds.
    """
    if len(prefix) + len(text) > LONGEST_PAGE:
        raise _page_is_full()
    return {
        "id": secrets.token_hex(6),
        "state": "writing",
        "prefix": prefix,
        "text": text,
        "tint": tints.ljust(len(text), "0")[: len(text)],
        "written": 0,
        "columns": None,
        "rate": None,
        "full": 1.0,
        "problem": None,
    }


def page_text(given: object) -> str:
    """A text from a browser, cleaned; nothing is left of what is no text.

    Raises UserError, before anything is done with it, if it is more than a page holds.
    """
    if isinstance(given, str) and len(given) > MAX_RAW_LENGTH:
        raise _page_is_full()
    text = clean_text(given)
    if len(text) > LONGEST_PAGE:
        raise _page_is_full()
    return text


def _page_is_full() -> UserError:
    return UserError(
        "A page holds {most:,} characters and this one is full: copy the text, or start again "
        "with a shorter prefix.",
        most=LONGEST_PAGE,
        field="prefix",
    )


def following(page: Page) -> Page:
    """A new page that begins with all that stands on `page`, which comes from a browser."""
    prefix, text, tints = (page_text(page.get(name)) for name in ("prefix", "text", "tint"))
    return blank(prefix, text, tints)


def write(
    checkpoint: Checkpoint, page: Page, manner: Manner, user: str = ""
) -> Generator[Page, None, None]:
    """Write on, on a fresh page; yields it as it grows, and at last with `state` "done".

    `user` is the client whose turns at the desk it takes. Raises UserError for a manner of writing
    that there is not.
    """
    seed = _seed(manner)
    page |= {"mode": manner.mode, "alpha": manner.alpha, "seed": seed, "full": _full(checkpoint)}
    text, tints, pace = [page["text"]], [page["tint"]], Pace()
    before = page["prefix"] + page["text"]
    config = GenerationConfig(manner.length, manner.mode, manner.alpha, seed)
    characters = iter_characters(checkpoint, before, config)
    with SLICER.stream(user) as writer:
        for written, one in enumerate(writer.sliced(pace.timed(characters)), start=1):
            text.append(one.character)
            tints.append(tint(one.surprisal))
            if pace.frame_due():
                writer.release()
                page |= {"text": "".join(text), "tint": "".join(tints), "written": written}
                yield dict(page)
    page |= {"text": "".join(text), "tint": "".join(tints), "written": len(text) - 1}
    yield page | {"state": "done", "rate": pace.rate}


def write_trio(
    checkpoint: Checkpoint, page: Page, manner: Manner, user: str = ""
) -> Generator[Page, None, None]:
    """Go on from the same text at three α at once, a column each; frames as `write` yields them."""
    seed = _seed(manner)
    page |= {"mode": "sample", "alpha": None, "seed": seed, "full": _full(checkpoint)}
    before, pace = page["prefix"] + page["text"], Pace(at_once=len(TRIO))
    columns = [{"alpha": alpha, "text": "", "tint": ""} for alpha in TRIO]
    configs = [GenerationConfig(manner.length, alpha=alpha, seed=seed) for alpha in TRIO]
    characters = iter_side_by_side(checkpoint, before, configs)
    with SLICER.stream(user) as writer:
        for written, together in enumerate(writer.sliced(pace.timed(characters)), start=1):
            for column, one in zip(columns, together, strict=True):
                column["text"] = str(column["text"]) + one.character
                column["tint"] = str(column["tint"]) + tint(one.surprisal)
            if pace.frame_due():
                writer.release()
                page["written"] = written
                yield page | {"columns": [dict(column) for column in columns]}
    page["written"] = manner.length
    yield page | {"columns": columns, "state": "done", "rate": pace.rate}


def outlook(checkpoint: Checkpoint, text: str, count: int = 10) -> dict[str, Any]:
    """What may come after `text`: the `count` likeliest characters with p, and how p^α adds up.

    `totals` holds Σ p^α over all characters for each α of `ALPHAS`: with it the page has
    q = p^α / Σ p^α for every α at once, without asking again. `unknown` lists the characters of
    `text` that the model lacks, of its `symbols`.
    """
    vocabulary = checkpoint.vocabulary
    likely = top_candidates(checkpoint, text, alpha=1.0, count=len(vocabulary))
    p = np.array([one.p for one in likely])
    return {
        "likely": [[one.character, one.p] for one in likely[:count]],
        "totals": [float((p**alpha).sum()) for alpha in ALPHAS],
        "unknown": vocabulary.unknown(text),
        "symbols": vocabulary.symbol_count,
        "full": _full(checkpoint),
    }


def _full(checkpoint: Checkpoint) -> float:
    """The surprisal in bits of a character picked blindly: what the strongest tint stands for."""
    return math.log2(max(2, checkpoint.vocabulary.symbol_count))


def _seed(manner: Manner) -> int:
    return secrets.randbelow(10_000) if manner.seed is None else manner.seed
