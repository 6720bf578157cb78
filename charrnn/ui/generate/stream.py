"""Stream passages, which are generated texts, as frames for the page: ten a second at most.

A passage is a JSON object. It has the `prefix`, the `text` after it, the key of the model as
`checkpoint`, and `tint`: the surprisal level of each character of the text, as one base-36 digit.
From frame to frame, text and tint only grow at their end. Gradio sends the difference between two
values of a stream, so it sends only what is new. `generate.js` draws the passages.
"""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from ...checkpoint import Checkpoint
from ...errors import UserError
from ...generation import iter_characters, iter_side_by_side, top_candidates
from ...generation.config import GenerationConfig
from ...utils.validation import clean_text
from ..page.tinted_text import surprisal_level
from ..services.time_slicer import FRAME_SECONDS, SLICER
from .random_draw import RandomDraw, draw_table

Passage = dict[str, Any]
T = TypeVar("T")

MAX_PASSAGE_CHARACTERS = 20_000  # the prefix included
# A browser may send two characters for each line end, and `clean_text` leaves one.
MAX_RAW_PASSAGE_CHARACTERS = 2 * MAX_PASSAGE_CHARACTERS
THREE_ALPHAS = (0.5, 1.0, 2.0)  # the α of three texts side by side
ALPHAS = (0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6,
          1.8, 2.0, 2.2, 2.5, 2.8, 3.0, 3.5, 4.0)  # fmt: skip
_SMALLEST_P = 1e-300  # its logarithm is finite


class FrameTimer:
    """Measures how fast characters are generated, and says when the next frame is due."""

    def __init__(self, characters_per_step: int = 1) -> None:
        """`characters_per_step` is how many characters each timed item stands for."""
        self._characters_per_step = characters_per_step
        self._characters = 0
        self._elapsed_seconds = 0.0
        self._next_frame = 0.0

    def timed(self, steps: Iterator[T]) -> Iterator[T]:
        """Yield the same items, and measure how long each of them takes except the first.

        The first one also waits for the prefix to be read. The time between two items, in which
        frames are made and sent, is not measured.
        """
        started = None
        while (step := next(steps, None)) is not None:
            if started is not None:
                self._elapsed_seconds += time.perf_counter() - started
                self._characters += self._characters_per_step
            yield step
            started = time.perf_counter()

    def frame_due(self) -> bool:
        """Return whether to show a frame now, and if so wait for the next one from now on.

        The first frame is due at once. Then one is due every 0.1 s, or less often where many texts
        are generated at the same time.
        """
        now = time.perf_counter()
        if now < self._next_frame:
            return False
        self._next_frame = now + FRAME_SECONDS * SLICER.load_factor
        return True

    @property
    def rate(self) -> float | None:
        """Characters per second, or None before anything was measured."""
        return self._characters / self._elapsed_seconds if self._elapsed_seconds > 0 else None


def new_passage(prefix: str, text: str = "", levels: str = "") -> Passage:
    """Return a passage to continue, with the prefix and a `text` that is there already.

    `levels` are the surprisal levels of the text. Raises UserError if prefix and text are too long.
    """
    if len(prefix) + len(text) > MAX_PASSAGE_CHARACTERS:
        raise _passage_full_error()
    return {
        "id": secrets.token_hex(6),
        "state": "writing",
        "prefix": prefix,
        "text": text,
        "tint": levels.ljust(len(text), "0")[: len(text)],
        "written": 0,
        "columns": None,
        "rate": None,
        "max_surprisal": 1.0,
        "problem": None,
    }


def checked_passage_text(value: object) -> str:
    """Return a text that a browser sent, cleaned; "" for a value that is not a text.

    Raises UserError if the text is too long for a passage, before anything else is done with it.
    """
    if isinstance(value, str) and len(value) > MAX_RAW_PASSAGE_CHARACTERS:
        raise _passage_full_error()
    text = clean_text(value)
    if len(text) > MAX_PASSAGE_CHARACTERS:
        raise _passage_full_error()
    return text


def _passage_full_error() -> UserError:
    return UserError(
        "A text and its prefix can have {most:,} characters together, and this one is full: copy "
        "it, or start again with a shorter prefix.",
        most=MAX_PASSAGE_CHARACTERS,
        field="prefix",
    )


def continue_passage(passage: Passage) -> Passage:
    """Return a new passage that continues one which a browser sent."""
    prefix, text, levels = (
        checked_passage_text(passage.get(name)) for name in ("prefix", "text", "tint")
    )
    return new_passage(prefix, text, levels)


def stream_passage(
    checkpoint: Checkpoint, passage: Passage, config: GenerationConfig, user: str = ""
) -> Generator[Passage, None, None]:
    """Continue a new passage. Yield it as it grows, at last with `state` "done".

    Without a seed in `config`, one is drawn, and the passage says which, so that every text can be
    generated again. `user` is the client id under which `time_slicer.SLICER` counts the work.
    """
    config = _with_seed(config)
    passage |= {
        "mode": config.mode,
        "alpha": config.alpha,
        "seed": config.seed,
        "max_surprisal": _max_surprisal(checkpoint),
    }
    text, levels, timer = [passage["text"]], [passage["tint"]], FrameTimer()
    before = passage["prefix"] + passage["text"]
    characters = iter_characters(checkpoint, before, config)
    with SLICER.stream(user) as stream:
        for written, generated in enumerate(stream.sliced(timer.timed(characters)), start=1):
            text.append(generated.character)
            levels.append(surprisal_level(generated.surprisal))
            if timer.frame_due():
                stream.release()
                passage |= {"text": "".join(text), "tint": "".join(levels), "written": written}
                yield dict(passage)
    passage |= {"text": "".join(text), "tint": "".join(levels), "written": len(text) - 1}
    yield passage | {"state": "done", "rate": timer.rate}


def stream_three_alphas(
    checkpoint: Checkpoint, passage: Passage, config: GenerationConfig, user: str = ""
) -> Generator[Passage, None, None]:
    """Continue a text with three α side by side, in columns; otherwise as `stream_passage`."""
    config = _with_seed(config)
    passage |= {
        "mode": "sample",
        "alpha": None,
        "seed": config.seed,
        "max_surprisal": _max_surprisal(checkpoint),
    }
    before, timer = (
        passage["prefix"] + passage["text"],
        FrameTimer(characters_per_step=len(THREE_ALPHAS)),
    )
    columns = [{"alpha": alpha, "text": "", "tint": ""} for alpha in THREE_ALPHAS]
    configs = [replace(config, mode="sample", alpha=alpha) for alpha in THREE_ALPHAS]
    steps = iter_side_by_side(checkpoint, before, configs)
    with SLICER.stream(user) as stream:
        for written, step in enumerate(stream.sliced(timer.timed(steps)), start=1):
            for column, generated in zip(columns, step, strict=True):
                if generated is None:  # this text has ended
                    continue
                column["text"] = str(column["text"]) + generated.character
                column["tint"] = str(column["tint"]) + surprisal_level(generated.surprisal)
            if timer.frame_due():
                stream.release()
                passage["written"] = written
                yield passage | {"columns": [dict(column) for column in columns]}
    passage["written"] = max(len(str(column["text"])) for column in columns)
    yield passage | {"columns": columns, "state": "done", "rate": timer.rate}


def next_char_table(
    checkpoint: Checkpoint,
    text: str,
    written: str | None = None,
    draw: RandomDraw | None = None,
    count: int = 10,
) -> dict[str, Any]:
    """Return which characters may follow `text`, as JSON for `next_char.js`.

    `candidates` are the `count` likeliest characters, each with its probability p. `totals` are
    Σ p^α over all characters, for each α of `ALPHAS`: with them the page computes q = p^α / Σ p^α
    for every α by itself. `entropy` is that of p, in bits. `written` is None, or the character that
    was written after `text`: the answer has the `character` and its probability `p`, which is 0 for
    one that the model does not know. `draw` is the `draw_table` of the draw that wrote it, or None.
    `unknown` are the characters of `text` that the model does not know, and `symbols` is how many
    it knows. `max_surprisal` is in bits.
    """
    vocabulary = checkpoint.vocabulary
    candidates = top_candidates(checkpoint, text, alpha=1.0, count=len(vocabulary))
    p = np.array([one.p for one in candidates])
    p_of = {one.character: one.p for one in candidates}
    return {
        "candidates": [[one.character, one.p] for one in candidates[:count]],
        "totals": [float((p**alpha).sum()) for alpha in ALPHAS],
        "entropy": float(-(p * np.log2(np.maximum(p, _SMALLEST_P))).sum()),
        "written": written
        and {
            "character": written,
            "p": p_of.get(written, 0.0),
        },
        "draw": draw_table(draw, vocabulary, p_of, written) if draw and written else None,
        "unknown": vocabulary.unknown(text),
        "symbols": vocabulary.symbol_count,
        "max_surprisal": _max_surprisal(checkpoint),
    }


def _max_surprisal(checkpoint: Checkpoint) -> float:
    """Return the surprisal in bits of a uniform guess, which gets the strongest tint."""
    return math.log2(max(2, checkpoint.vocabulary.symbol_count))


def _with_seed(config: GenerationConfig) -> GenerationConfig:
    """Return the config itself if it has a seed, else one with a random seed."""
    return replace(config, seed=secrets.randbelow(10_000)) if config.seed is None else config
