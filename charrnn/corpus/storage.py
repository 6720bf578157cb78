"""Write and read the two files of a saved corpus, `ids.npy` and `corpus.json`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tokenize import TokenError
from typing import IO, Any

import numpy as np

from ..errors import Message, UserError, reason
from ..utils.atomic import atomic_open
from ..vocabulary import Ids, Vocabulary
from .chunks import iter_chunks
from .documents import KINDS
from .split import END

IDS_FILE, DESCRIPTION_FILE = "ids.npy", "corpus.json"
_MAX_DESCRIPTION_BYTES = 8 << 20  # 100,000 symbols take two million


def hash_ids(ids: Ids, vocabulary: Vocabulary) -> str:
    """Return the SHA-256 of ids (N,) and vocabulary, which is the same on every machine."""
    digest = hashlib.sha256(json.dumps(vocabulary.symbols).encode())
    for chunk in iter_chunks(ids):
        digest.update(np.ascontiguousarray(chunk, chunk.dtype.newbyteorder("<")).data)
    return digest.hexdigest()


def write_files(directory: Path, ids: Ids, description: Mapping[str, Any]) -> None:
    """Write both files into a directory, each replaced atomically."""
    directory.mkdir(parents=True, exist_ok=True)
    with atomic_open(directory / IDS_FILE) as file:
        np.save(_WriteOnly(file), ids, allow_pickle=False)
    with atomic_open(directory / DESCRIPTION_FILE) as file:
        file.write(json.dumps(description, ensure_ascii=False, indent=1).encode())


def read_files(directory: Path) -> dict[str, Any]:
    """Return the arguments of `Corpus` from both files, the ids memory-mapped and read-only.

    Raises the exceptions that `damage_as_user_error` turns into UserError.
    """
    ids = np.lib.format.open_memmap(directory / IDS_FILE, mode="r")
    if (directory / DESCRIPTION_FILE).stat().st_size > _MAX_DESCRIPTION_BYTES:
        raise ValueError(Message("{path} is too large", path=DESCRIPTION_FILE))
    description = json.loads((directory / DESCRIPTION_FILE).read_bytes())
    vocabulary = Vocabulary(description["symbols"])
    _check_ids(ids, description["characters"], vocabulary)
    texts = {name: description[name] for name in ("name", "encoding", "line_ends")}
    prefixes = tuple(description["prefixes"])
    documents = description.get("documents", "none")  # version 0.1.0 wrote none
    if documents not in KINDS or not all(
        isinstance(text, str) for text in (*texts.values(), *prefixes)
    ):
        raise ValueError(Message("{path} is damaged", path=DESCRIPTION_FILE))
    title = description.get("title")  # version 0.1.0 wrote none
    return {
        **texts,
        "ids": ids,
        "vocabulary": vocabulary,
        "validation": description["validation"],
        "prefixes": prefixes,
        "title": title if isinstance(title, dict) else None,
        "documents": documents,
        "holdout": description.get("holdout", END),  # version 0.1.0 knew no other
        "holdout_seed": int(description.get("holdout_seed", 0)),
    }


@contextmanager
def damage_as_user_error(directory: Path) -> Iterator[None]:
    """Turn exceptions for missing or damaged files in a directory into UserError."""
    try:
        yield
    except FileNotFoundError as error:
        raise UserError(
            "There is no corpus in {path}: give the directory that a corpus was saved in.",
            path=directory,
            field="corpus",
        ) from error
    except (
        ValueError, KeyError, TypeError, EOFError, RecursionError, SyntaxError, TokenError,
        UserError,
    ) as error:  # fmt: skip  # SyntaxError, TokenError: numpy reads a file's head as Python
        given = reason(error)
        known = isinstance(given, Message) and not isinstance(error, UserError)
        why = given if known else Message("{path} is damaged", path=DESCRIPTION_FILE)
        raise UserError(
            "The corpus in {path} is damaged ({why}): train on the text again.",
            path=directory,
            why=why,
            field="corpus",
        ) from error


def _check_ids(ids: Ids, characters: object, vocabulary: Vocabulary) -> None:
    """Raise ValueError unless there are as many ids as described, all in the vocabulary."""
    if ids.shape != (characters,) or ids.dtype != vocabulary.dtype:
        raise ValueError(
            Message(
                "{path} and {other} do not belong together", path=IDS_FILE, other=DESCRIPTION_FILE
            )
        )
    if any(chunk.max() >= len(vocabulary) for chunk in iter_chunks(ids)):
        raise ValueError(
            Message(
                "{path} holds ids that {other} does not know",
                path=IDS_FILE,
                other=DESCRIPTION_FILE,
            )
        )


class _WriteOnly:
    """A file that numpy does not recognize as one, so that it is written by Python.

    numpy's own error for a full disk would not say that the disk is full.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self.write = file.write
