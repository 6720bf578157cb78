"""Read the texts that arguments name: files, standard input and datasets; describe how."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from ..corpus import Corpus
from ..corpus.document_report import is_list, report_documents
from ..corpus.documents import document_noun
from ..errors import UserError, escape_invisible
from ..recipes import find_recipe
from ..text import AS_IS, MAX_TEXT_BYTES, Text, datasets, decode, read_files
from .output import note

_MAX_NAMES = 8  # of columns, in a note
_MAX_LINE_CHARACTERS = 400


@dataclass(frozen=True)
class ReadOptions:
    """How to read files.

    Attributes:
        encoding: Their encoding, None to detect it.
        part: The part to read of a file that holds more than text, such as a column of a table;
            `AS_IS` for the file with all its marks, None for the part with the most text.
    """

    encoding: str | None = None
    part: str | None = None

    @classmethod
    def of(cls, column: str | None, as_is: bool, encoding: str | None = None) -> ReadOptions:
        """Make them from the options --column, --as-is and --encoding.

        Raises UserError for the first two together.
        """
        if column is not None and as_is:
            raise UserError("Give --column or --as-is, not both.", field="column")
        return cls(encoding, AS_IS if as_is else column)


def read_corpus(names: list[str], recipe: str, reading: ReadOptions, *, quiet: bool) -> Text:
    """Read the text to train on: files, standard input ("-"), or a dataset by name.

    Without names it is the dataset of the recipe. Raises UserError if there is none, and for a text
    that cannot be read.
    """
    default = find_recipe(recipe).corpus
    if not names and default is None:
        raise UserError(
            "There is no text to train on: give a file, - for standard input, or one of {names}.",
            names=[entry.name for entry in datasets.DATASETS],
            field="corpus",
        )
    names = names or [str(default)]
    if _is_dataset(names):
        if reading.part not in (None, AS_IS):
            raise UserError(
                "{text} has no column {column}: it is not a table.",
                text=names[0],
                column=reading.part,
                field="column",
            )
        entry = datasets.find_dataset(names[0])
        if not quiet and not datasets.is_local(names[0]) and not entry.embedded:
            note(f"downloading {entry.title} …")
        return datasets.load(names[0])
    return read_named(names, reading)


def read_named(names: list[str], reading: ReadOptions) -> Text:
    """Read files, or standard input for "-". Raises UserError if that fails."""
    if names == ["-"]:
        data = sys.stdin.buffer.read(MAX_TEXT_BYTES + 1)  # one byte more than `decode` takes
        return decode(data, name="standard input", encoding=reading.encoding, part=reading.part)
    paths = [Path(name) for name in names]
    return read_files(paths, encoding=reading.encoding, part=reading.part)


def show_reading(text: Text, names: list[str]) -> None:
    """Print a note on how the files of these names were read; none for a dataset."""
    if names and not _is_dataset(names):
        note(escape_invisible(f"read {_description(text)}", _MAX_LINE_CHARACTERS))
        for line in text.notes:
            note(line)


def describe_documents(corpus: Corpus) -> str | None:
    """Return a note on the documents of a text, or the lines of a list; None if it has neither."""
    listed = is_list(corpus)
    found = report_documents(corpus) if listed or corpus.documents != "none" else None
    if found is None:
        return None
    name = document_noun(found.kind, found.count)
    again = f", {found.repeated:,} of them again" if found.repeated else ""
    facts = f"{found.count:,} {name}, {found.median:,} characters long as a rule, "
    facts += f"{found.longest:,} at most{again}"
    if not listed:
        return facts
    return f"this looks like a list ({facts}): --set documents=lines learns each line by itself"


def _is_dataset(names: list[str]) -> bool:
    """Return whether names are that of one dataset; a file of the same name takes precedence."""
    own = Path(names[0])
    known = {entry.name for entry in datasets.DATASETS}
    return len(names) == 1 and names[0] in known and (own.is_dir() or not own.exists())


def _description(text: Text) -> str:
    """Describe what was read: "title of tides.csv (a table (CSV); also: id, text), UTF-8"."""
    facts = [text.encoding]
    if text.line_ends not in ("none", "LF"):
        facts.append(f"{text.line_ends} line ends")
    extraction = text.extraction
    if extraction is not None:
        whole = " as it is" if extraction.part == AS_IS else ""
        facts.insert(0, f"{extraction.kind}{whole}")
        others = [part.name for part in extraction.parts if part.name != extraction.part]
        if others:
            more = ", …" if len(others) > _MAX_NAMES else ""
            facts.append(f"--column takes {', '.join(others[:_MAX_NAMES])}{more} instead")
    return f"{text.name}: {', '.join(facts)}"
