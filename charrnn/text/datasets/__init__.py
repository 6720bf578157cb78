"""Datasets by name: texts that come with charrnn, and texts that it can download.

Embedded: original lyrics and an original story, and Python's own manual, which every Python has
(and which differs a little from version to version). Downloaded once, checked by SHA-1 and cached:
the two classics that textbooks and tutorials train on.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import resources

from ...errors import UserError, short_repr
from .. import Text, decode
from . import download

_FILES = {"songs": "songs.txt", "tide-clock": "tide_clock.txt"}


@dataclass(frozen=True)
class Dataset:
    """A text with a name.

    `title` and `title_zh` are for people, in English and in Chinese; `language` is the text's.
    `url` and `sha1` (of the file's bytes) are None for embedded texts. `prefixes` are beginnings
    worth continuing, in the text as it stands; recipes that prepare it have their own. `size` is
    the number of characters of a text to download, whose length is known beforehand.
    """

    name: str
    title: str
    title_zh: str
    language: str
    embedded: bool
    url: str | None = None
    sha1: str | None = None
    prefixes: tuple[str, ...] = ()
    size: int | None = None

    @property
    def characters(self) -> int:
        """The length of the text; that of an embedded one is measured on first use."""
        return _length(self.name) if self.size is None else self.size


DATASETS: tuple[Dataset, ...] = (
    Dataset(
        "tide-clock", "The Tide Clock", "潮汐钟", "English", True,
        prefixes=("The tide clock ", "Ada "),
    ),
    Dataset("songs", "Songs", "歌", "Chinese", True, prefixes=("分开", "不分开")),
    Dataset(
        "python-manual", "Python's manual", "Python 手册", "English", True,
        prefixes=("The following ", "If the "),
    ),
    Dataset(
        "time-machine", "The Time Machine", "时间机器", "English", False,
        url="http://d2l-data.s3-accelerate.amazonaws.com/timemachine.txt",
        sha1="090b5e7e70c295757f55df93cb0a180b9691891a",
        prefixes=("The Time Traveller ", "I "),
        size=178_979,
    ),
    Dataset(
        "tiny-shakespeare", "Tiny Shakespeare", "小莎士比亚", "English", False,
        url="https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
        sha1="04486597058d11dcc2c556b1d0433891eb639d2e",
        prefixes=("ROMEO:\n", "First Citizen:\n"),
        size=1_115_394,
    ),
)  # fmt: skip


def find_dataset(name: str) -> Dataset:
    """Return the dataset of that name. Raises UserError, listing the names, if there is none."""
    for entry in DATASETS:
        if entry.name == name:
            return entry
    names = [entry.name for entry in DATASETS]
    raise UserError(
        "There is no text called {name}. The texts are {names}.",
        name=short_repr(name),
        names=names,
        field="corpus",
    )


def load(name: str, *, progress: Callable[[int, int | None], None] | None = None) -> Text:
    """Load the text of that name; download it unless it is embedded or cached.

    `progress` is called with the bytes downloaded so far, and the total (None if the server does
    not say).

    Raises UserError for an unknown name, and for a text that could not be downloaded.
    """
    entry = find_dataset(name)
    data = (
        _read_embedded(entry)
        if entry.embedded
        else _read_cached(entry) or _download(entry, progress)
    )
    return replace(decode(data, name=entry.title, encoding="utf-8"), prefixes=entry.prefixes)


def is_local(name: str) -> bool:
    """Check whether `load` needs no network for the text of that name."""
    entry = find_dataset(name)
    return entry.embedded or _read_cached(entry) is not None


def _read_embedded(entry: Dataset) -> bytes:
    if entry.name in _FILES:
        return resources.files(__name__).joinpath(_FILES[entry.name]).read_bytes()
    try:
        from pydoc_data.topics import topics  # half a megabyte: only when asked for
    except ImportError as error:
        raise UserError(
            "This Python was installed without its manual. Choose another text.", field="corpus"
        ) from error
    return "\n".join(topics[topic] for topic in sorted(topics)).encode()


@functools.cache
def _length(name: str) -> int:
    return len(load(name).text)


def _read_cached(entry: Dataset) -> bytes | None:
    """Return the downloaded text from the cache, if it is there and whole."""
    try:
        data = (download.cache_directory() / f"{entry.name}.txt").read_bytes()
    except OSError:
        return None
    return data if hashlib.sha1(data, usedforsecurity=False).hexdigest() == entry.sha1 else None


def _download(entry: Dataset, progress: Callable[[int, int | None], None] | None) -> bytes:
    assert entry.url is not None and entry.sha1 is not None
    try:
        data = download.fetch(entry.url, sha1=entry.sha1, progress=progress)
    except download.DownloadError as error:
        embedded = [other.name for other in DATASETS if other.embedded]
        raise UserError(
            "{title} could not be downloaded ({why}). Use a text that needs no network ({names}"
            "), or a file of your own.",
            title=entry.title,
            why=error.message,
            names=embedded,
            field="corpus",
        ) from error
    download.store(data, f"{entry.name}.txt")
    return data
