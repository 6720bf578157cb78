"""Cases for the readers of strangers' files: made by mutation, numbered, and judged one by one.

A case is told by its seed and its number alone, so whatever is found can be made again. Checkpoints
are mutated by their structure (header length, header, tensor entries, configuration, weights), and
so are archives; bytes at random are only one of the ways. `judge` reads a case as the app does, and
says how it went: read, refused in words, or something that should not be.
"""

from __future__ import annotations

import json
import random
import signal
import struct
import time
import unicodedata
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fuzz_checkpoints import mutated_checkpoint
from fuzz_texts import mutated_saved, mutated_text

from charrnn.checkpoint import load
from charrnn.checkpoint.model_card import card
from charrnn.corpus import Corpus
from charrnn.errors import UserError
from charrnn.generation import generate
from charrnn.text import decode, read_text

SECONDS = 2.0  # of processor time that reading a case may take
MEMORY = 200 << 20  # bytes beyond those before
_HANGS = 30  # seconds of processor time after which a case is given up

READERS = ("checkpoint", "corpus", "saved")


@dataclass(frozen=True)
class Verdict:
    """How it went: "read", "refused", or what was wrong in words (`problem`)."""

    outcome: str
    problem: str = ""
    seconds: float = 0.0
    memory: int | None = None  # bytes at most beyond those before; None where it is not measured


@dataclass(frozen=True)
class Case:
    """Some bytes, or a pasted text, and the encoding that a person says they are in."""

    reader: str
    what: str  # how it was made
    data: bytes | str
    encoding: str | None = None


def case(reader: str, seed: int, number: int) -> Case:
    """The case of that number."""
    dice = random.Random(f"{reader} {seed} {number}")
    if reader == "checkpoint":
        return Case(reader, *mutated_checkpoint(dice))
    if reader == "saved":
        return Case(reader, *mutated_saved(dice))
    return Case(reader, *mutated_text(dice))


def judge(one: Case, place: Path) -> Verdict:
    """Read a case as the app would, in the directory `place`, and say how it went.

    Its files are written before the time counts: a file of hundreds of MB takes seconds to write.
    """
    _write_files(one, place)
    read = {"checkpoint": _checkpoint, "corpus": _corpus, "saved": _saved}[one.reader]
    before = memory_of("VmRSS")
    forget_peak()
    began = time.thread_time()
    try:
        with warnings.catch_warnings(), _given_up():
            warnings.simplefilter("error")
            read(one, place)
        outcome, problem = "read", ""
    except UserError as error:
        outcome, problem = "refused", _unfit(error.message)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        outcome, problem = "failed", f"{type(error).__name__}: {error}"[:300]
    seconds = time.thread_time() - began
    peak = memory_of("VmHWM")
    memory = None if before is None or peak is None else max(0, peak - before)
    if not problem and seconds > SECONDS:
        problem = f"took {seconds:.1f} s"
    if not problem and memory is not None and memory > MEMORY:
        problem = f"took {memory >> 20} MB"
    return Verdict(outcome, problem, seconds, memory)


def run(
    reader: str,
    seed: int,
    numbers: Iterator[int],
    place: Path,
    *,
    until: Callable[[], bool],
) -> Iterator[tuple[int, Case, Verdict]]:
    """Judge case after case until told to stop."""
    for number in numbers:
        if until():
            return
        one = case(reader, seed, number)
        yield number, one, judge(one, place)


def _write_files(one: Case, place: Path) -> None:
    """Write the files that the readers of checkpoints and of saved texts open."""
    if one.reader == "checkpoint":
        assert isinstance(one.data, bytes)
        (place / "model.safetensors").write_bytes(one.data)
    elif one.reader == "saved":
        assert isinstance(one.data, bytes)
        (length,) = struct.unpack("<Q", one.data[:8])
        (place / "ids.npy").write_bytes(one.data[8 : 8 + length])
        (place / "corpus.json").write_bytes(one.data[8 + length :])


def _checkpoint(_one: Case, place: Path) -> None:
    opened = load(place / "model.safetensors")
    # What the page and the command line do with one that was opened.
    json.dumps(opened.config(), allow_nan=False, ensure_ascii=False).encode()
    card(opened, []).encode()
    assert opened.perplexity is None or opened.perplexity == opened.perplexity
    prefix = "".join(opened.vocabulary.symbols[1:3])
    text = generate(opened, prefix, 3, seed=0)
    assert len(text) == len(prefix) + 3
    text.encode()


def _corpus(one: Case, place: Path) -> None:
    if isinstance(one.data, str):
        text = read_text(one.data)
    else:
        text = decode(one.data, name="it", encoding=one.encoding)
    shown = f"{text.name} {text.encoding} {text.line_ends}"
    assert not _unfit(shown), shown
    corpus = Corpus.from_text(text)
    assert corpus.vocabulary.decode(corpus.ids[:1000]) == text.text[:1000]
    report = corpus.report()
    assert report.characters == len(text.text)
    report.preview.encode()


def _saved(_one: Case, place: Path) -> None:
    opened = Corpus.open(place)
    opened.report()
    opened.vocabulary.decode(opened.ids[:1000]).encode()


def _unfit(message: str) -> str:
    """Why a message cannot be shown as one clear line; nothing if it can."""
    categories = {unicodedata.category(c) for c in message if c not in "\u200c\u200d"}
    if categories & {"Cc", "Cf", "Cs", "Zl", "Zp"}:
        return f"a message with characters that cannot be shown: {message!r}"[:300]
    return f"a message of {len(message):,} characters" if len(message) > 600 else ""


@contextmanager
def _given_up() -> Iterator[None]:
    """Ends what hangs, where the system can."""

    def give_up(*_details: object) -> None:
        raise TimeoutError(f"hung for {_HANGS} s")

    before = signal.signal(signal.SIGPROF, give_up)
    signal.setitimer(signal.ITIMER_PROF, _HANGS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def memory_of(name: str) -> int | None:
    """A figure of this process's memory in bytes; None where Linux does not tell it."""
    try:
        status = Path("/proc/self/status").read_text("ascii")
    except OSError:
        return None
    line = next((line for line in status.splitlines() if line.startswith(f"{name}:")), None)
    return None if line is None else int(line.split()[1]) << 10


def forget_peak() -> None:
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return  # then the peak is that of the whole process, which no case may exceed either
