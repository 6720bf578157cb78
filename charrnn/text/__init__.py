"""Read what users have (files, archives, bytes from a pipe, pasted text) into one clean `Text`.

Clean means: line ends are LF, and of the control characters only LF and tab are left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..errors import Message, UserError, escape_invisible, os_reason, short_repr
from ..extraction.web_pages import declared_encoding
from ..utils import validation
from ..utils.yield_points import yield_point
from . import cleaning, gzip_files, zip_files
from .encoding import EncodingGuesser, decode_bytes
from .extracted import AS_IS, Extraction, Extractor, merge, name_with_column
from .file_types import NotTextError

__all__ = [
    "AS_IS",
    "MAX_TEXT_BYTES",
    "PASTED",
    "Extraction",
    "Text",
    "decode",
    "read_files",
    "read_text",
]

PASTED = Message("pasted text")  # the name of a text that is not a file
MAX_TEXT_BYTES = 100 << 20  # of a file, and of all chosen files together

_MAX_NAME_CHARACTERS = 80  # of a file's name in messages
_MAX_ENCODINGS_SHOWN = 6  # of the files of one text
_MAX_SKIPPED_SHOWN = 10  # files of an archive, by name


@dataclass(frozen=True)
class Text:
    """A text to train on, in memory, with what was found out while reading it.

    `name` is for people: "notes.txt", "3 files". `encoding` and `line_ends` ("LF", "CRLF", "CR",
    "mixed" or "none") are as found, before line ends were unified. `prefixes` are beginnings worth
    continuing, for the texts that come with the package. `files` are the characters of each of the
    files that it was joined from, with a line break between two; none for a single one.
    `extraction` is what the text was taken out of, None for plain text. `notes` say what was not
    read as expected, such as files of an archive that were skipped.
    """

    text: str
    name: str
    encoding: str = "UTF-8"
    line_ends: str = "LF"
    prefixes: tuple[str, ...] = ()
    files: tuple[int, ...] = field(default=(), compare=False)
    extraction: Extraction | None = None
    notes: tuple[Message, ...] = ()

    def __repr__(self) -> str:
        return f"<Text {short_repr(self.name)}: {len(self.text):,} characters, {self.encoding}>"


def decode(data: bytes, *, name: str, encoding: str | None = None, part: str | None = None) -> Text:
    """Decode some bytes, such as a file's or standard input's; an archive is unpacked.

    `encoding` overrides detection; any name that Python knows is accepted. `part` is what to take
    out of files that hold more than text, such as a column of a table: see `read_files`. `name`
    stands for the bytes in messages, and its ending may say what they are.

    Raises UserError if there is no text in the bytes: they are empty, binary or too many (over 100
    MB), a damaged archive, or do not fit the encoding.
    """
    _check_size(len(data), name)
    with Extractor(part) as extractor:
        reading = _Reading(encoding, extractor, MAX_TEXT_BYTES, only_one=True)
        text = reading.read(data, name, MAX_TEXT_BYTES)
        extractor.check_found(text.name)
        return replace(text, notes=reading.notes)


def read_files(
    paths: Sequence[Path],
    *,
    encoding: str | None = None,
    part: str | None = None,
    limit: int = MAX_TEXT_BYTES,
) -> Text:
    """Read one or several files into one text, joined by a newline in the order given.

    Each file is a text, or one that texts are taken out of: a zip archive, a gzip file, a table,
    JSON, subtitles, a web page, Markdown, a book or a document. `part` is what to take: the name of
    a column or of a field, "text", or `AS_IS`; by default the column or field with the most text,
    the text of other files, and Markdown as it is. Nothing is written to disk. `limit` is how many
    bytes the files may be together, unpacked, and no more than 100 MB.

    Raises UserError, which names the file, if one cannot be read or holds no text (`decode`), or if
    there is no such part.
    """
    if not paths:
        raise UserError("No file was chosen: choose at least one.", field="corpus")
    texts: list[Text] = []
    bytes_left = limit = min(limit, MAX_TEXT_BYTES)
    only_one = len(paths) == 1
    with Extractor(part) as extractor:
        reading = _Reading(encoding, extractor, limit, only_one=only_one)
        for path in paths:
            yield_point()
            data = _read_file(path, bytes_left, limit, only_one=only_one)
            name = escape_invisible(path.name, _MAX_NAME_CHARACTERS)
            texts.append(reading.read(data, name, bytes_left, filename=path.name))
            bytes_left -= max(len(data), len(texts[-1].text))
        several = Message("{count:,} files", count=len(texts))
        text = texts[0] if only_one else _join(texts, name=several)
        extractor.check_found(text.name)
        return replace(text, notes=reading.notes)


class _Reading:
    """Reads files that belong together; `notes` grows as they are read.

    `limit` is the total of bytes allowed for all of them, named in errors; `only_one` says that
    there is just one file.
    """

    def __init__(
        self, encoding: str | None, extractor: Extractor, limit: int, *, only_one: bool
    ) -> None:
        self._encoding, self._extractor = encoding, extractor
        self._limit, self._only_one = limit, only_one
        self._guesser = EncodingGuesser()
        self._skipped: list[Message] = []

    @property
    def notes(self) -> tuple[Message, ...]:
        """What there is to say about files that were not read as expected."""
        return (*self._skipped, *self._extractor.notes)

    def read(self, data: bytes, name: str, bytes_left: int, *, filename: str = "") -> Text:
        """Read one file, unpacking at most `bytes_left` bytes."""
        filename = filename or name
        if gzip_files.is_gzip(data):
            data = gzip_files.unpack(data, name=name, limit=bytes_left)
            filename = gzip_files.name_inside(filename)
        document = zip_files.document_format(data)
        if zip_files.is_zip(data) and not document:
            return self._read_archive(data, name, bytes_left)
        text = self._read_one(data, name, bytes_left, filename=filename)
        return replace(text, name=name_with_column(text.name, text.extraction))

    def _read_one(self, data: bytes, name: str, bytes_left: int, *, filename: str) -> Text:
        """Read a file that is no archive."""
        if document := zip_files.document_format(data):
            text, extraction = self._extractor.from_document(
                document, data, name=name, limit=bytes_left
            )
            return _clean(text, name=name, encoding="UTF-8", extraction=extraction)
        decoded, found = decode_bytes(
            data,
            name=name,
            encoding=self._encoding,
            declared=declared_encoding(data),
            guesser=self._guesser,
        )
        text, taken = self._extractor.from_text(decoded, filename=filename, name=name)
        return _clean(text, name=name, encoding=found, extraction=taken)

    def _read_archive(self, data: bytes, name: str, bytes_left: int) -> Text:
        texts: list[Text] = []
        skipped: list[Message] = []
        nested = ""
        for path, content in zip_files.read_members(data, name=name, limit=self._limit):
            yield_point()
            bytes_left -= len(content)
            if bytes_left < 0:
                raise _too_large_error(name, self._limit, only_one=self._only_one)
            member = escape_invisible(path, _MAX_NAME_CHARACTERS)
            inside = Message("{member} in {archive}", member=member, archive=name)
            try:
                text = self._read_one(content, inside, bytes_left, filename=path)
                texts.append(replace(text, name=member))
                if zip_files.is_zip(content):
                    bytes_left -= len(text.text)
            except (NotTextError, _EmptyError) as error:
                # Said in the name and the notes; refused if no text is left.
                skipped.append(_skipped(member, error))
                nested = nested or (member if zip_files.is_zip(content) else "")
        if not texts and nested:
            raise UserError(
                "{text} holds no text, only another zip archive ({name}). Unpack it, and choose "
                "that archive or the texts in it.",
                text=name,
                name=nested,
                field="corpus",
            )
        if not texts:
            raise UserError(
                "There is no text in {text}. Choose a .zip of text files (.txt).",
                text=name,
                field="corpus",
            )
        if skipped:
            self._skipped.append(_skipped_note(name, skipped))
        return _join(texts, name=_archive_name(name, len(texts), len(skipped)))


def read_text(text: str, *, name: str = PASTED) -> Text:
    """Clean a text that is characters already, as if it came from a file.

    Raises UserError if it is empty, or over 100 MB, or not a text.
    """
    _check_size(len(validation.as_text(text, "text")), name)
    return _clean(text, name=name, encoding="UTF-8")


class _EmptyError(UserError):
    """The text has nothing but white space."""


def _clean(text: str, *, name: str, encoding: str, extraction: Extraction | None = None) -> Text:
    cleaned, kinds = cleaning.clean(text)
    if cleaning.is_blank(cleaned):
        raise _EmptyError(
            "{text} is empty. Choose a text with something in it.", text=name, field="corpus"
        )
    return Text(cleaned, name, encoding, _common_line_end(kinds), extraction=extraction)


def _join(texts: Sequence[Text], *, name: str) -> Text:
    if len(texts) == 1:
        return replace(texts[0], name=name)
    encodings = list(dict.fromkeys(text.encoding for text in texts))
    if len(encodings) > _MAX_ENCODINGS_SHOWN:
        encodings[_MAX_ENCODINGS_SHOWN - 1 :] = ["…"]
    return Text(
        "\n".join(text.text for text in texts),
        name,
        encoding=Message("{names}", names=encodings) if len(encodings) > 1 else encodings[0],
        line_ends=_common_line_end(text.line_ends for text in texts),
        files=tuple(length for text in texts for length in text.files or (len(text.text),)),
        extraction=merge([text.extraction for text in texts]),
    )


def _archive_name(name: str, count: int, skipped: int) -> Message:
    contents = (
        Message("{count:,} text", count=count)
        if count == 1
        else Message("{count:,} texts", count=count)
    )
    if skipped:
        contents = Message("{texts}, {count:,} skipped", texts=contents, count=skipped)
    return Message("{archive} ({texts})", archive=name, texts=contents)


def _skipped(member: str, error: UserError) -> Message:
    """Return the name of a file in an archive, and why it is not read."""
    kind = error.values.get("kind")
    if isinstance(kind, Message):
        return Message("{name} ({kind})", name=member, kind=kind)
    if isinstance(error, _EmptyError):
        return Message("{name} (empty)", name=member)
    return Message("{name} (not a text)", name=member)


def _skipped_note(archive: str, skipped: Sequence[Message]) -> Message:
    shown = list(skipped[:_MAX_SKIPPED_SHOWN])
    more = len(skipped) - len(shown)
    if more:
        return Message(
            "{archive}: skipped {names} and {count:,} more",
            archive=archive,
            names=shown,
            count=more,
        )
    return Message("{archive}: skipped {names}", archive=archive, names=shown)


def _common_line_end(kinds: Iterable[str]) -> str:
    distinct = set(kinds) - {"none"}
    return "mixed" if len(distinct) > 1 else distinct.pop() if distinct else "none"


def _read_file(path: Path, bytes_left: int, limit: int, *, only_one: bool) -> bytes:
    try:
        with path.open("rb") as file:
            # One byte more than allowed: a pipe or a growing file does not know its size.
            data = file.read(bytes_left + 1)
    except (FileNotFoundError, ValueError):  # ValueError: a path with a NUL in it
        raise UserError(
            "There is no file {text}: check its name.", text=path, field="corpus"
        ) from None
    except IsADirectoryError:
        raise UserError(
            "{text} is a folder. Choose the files in it, or a .zip of them.",
            text=path,
            field="corpus",
        ) from None
    except OSError as error:
        raise UserError(
            "{text} could not be read: {why}.", text=path, why=os_reason(error), field="corpus"
        ) from error
    if len(data) > bytes_left:
        raise _too_large_error(
            escape_invisible(path.name, _MAX_NAME_CHARACTERS), limit, only_one=only_one
        )
    return data


def _check_size(size: int, name: str) -> None:
    if size > MAX_TEXT_BYTES:
        raise _too_large_error(name, MAX_TEXT_BYTES, only_one=True)


def _too_large_error(name: str, limit: int, *, only_one: bool) -> UserError:
    what = name if only_one else Message("With {text}, the selection", text=name)
    return UserError(
        "{text} is larger than {size} MB, the limit here. Choose a part of it.",
        text=what,
        size=limit >> 20,
        field="corpus",
    )
