"""Read what users have (files, archives, bytes from a pipe, pasted text) into one clean `Text`.

Clean means: line ends are LF, and of the control characters only LF and tab are left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..errors import Message, UserError, escape_invisible, os_reason
from ..utils import validation
from ..utils.yield_points import yield_point
from . import cleaning, zip_files
from .encoding import EncodingGuesser, decode_bytes
from .file_types import NotTextError

PASTED = Message("pasted text")  # the name of a text that is not a file
MAX_TEXT_BYTES = 100 << 20  # of a file, and of all chosen files together

_MAX_NAME_CHARACTERS = 80  # of a file's name in messages
_MAX_ENCODINGS_SHOWN = 6  # of the files of one text


@dataclass(frozen=True)
class Text:
    """A text to train on, in memory, with what was found out while reading it.

    `name` is for people: "notes.txt", "3 files". `encoding` and `line_ends` ("LF", "CRLF", "CR",
    "mixed" or "none") are as found, before line ends were unified. `prefixes` are beginnings worth
    continuing, for the texts that come with the package. `files` are the characters of each of the
    files that it was joined from, with a line break between two; none for a single one.
    """

    text: str
    name: str
    encoding: str = "UTF-8"
    line_ends: str = "LF"
    prefixes: tuple[str, ...] = ()
    files: tuple[int, ...] = field(default=(), compare=False)


def decode(data: bytes, *, name: str, encoding: str | None = None) -> Text:
    """Decode some bytes, such as a file's or standard input's; a zip archive is unpacked.

    `encoding` overrides detection; any name that Python knows is accepted.

    Raises UserError if there is no text in the bytes: they are empty, binary or too many (over 100
    MB), a damaged archive, or do not fit the encoding.
    """
    _check_size(len(data), name)
    return _decode(
        data, name, encoding, EncodingGuesser(), MAX_TEXT_BYTES, MAX_TEXT_BYTES, only_one=True
    )


def _decode(
    data: bytes,
    name: str,
    encoding: str | None,
    guesser: EncodingGuesser,
    bytes_left: int,
    limit: int,
    *,
    only_one: bool,
) -> Text:
    """Decode some bytes as `decode` does, unpacking at most `bytes_left` bytes.

    `limit` is the total allowed for all chosen files, named in errors; `only_one` says that there
    is just one of them.
    """
    if not zip_files.is_zip(data):
        decoded, found = decode_bytes(data, name=name, encoding=encoding, guesser=guesser)
        return _clean(decoded, name=name, encoding=found)
    texts: list[Text] = []
    skipped, nested = 0, ""
    for path, content in zip_files.read_members(data, name=name, limit=limit):
        yield_point()
        bytes_left -= len(content)
        if bytes_left < 0:
            raise _too_large_error(name, limit, only_one=only_one)
        member = escape_invisible(path, _MAX_NAME_CHARACTERS)
        try:
            decoded, found = decode_bytes(
                content,
                name=Message("{member} in {archive}", member=member, archive=name),
                encoding=encoding,
                guesser=guesser,
            )
            texts.append(_clean(decoded, name=member, encoding=found))
        except (NotTextError, _EmptyError):
            skipped += 1  # said in the name below; refused if no text is left
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
    return _join(texts, name=_archive_name(name, len(texts), skipped))


def read_files(
    paths: Sequence[Path], *, encoding: str | None = None, limit: int = MAX_TEXT_BYTES
) -> Text:
    """Read one or several files into one text, joined by a newline in the order given.

    Each file is a text or a zip archive of texts. Nothing is written to disk. `limit` is how many
    bytes they may be together, unpacked, and no more than 100 MB.

    Raises UserError, which names the file, if one cannot be read or holds no text (`decode`).
    """
    if not paths:
        raise UserError("No file was chosen: choose at least one.", field="corpus")
    texts: list[Text] = []
    bytes_left = limit = min(limit, MAX_TEXT_BYTES)
    guesser, only_one = EncodingGuesser(), len(paths) == 1
    for path in paths:
        yield_point()
        data = _read_file(path, bytes_left, limit, only_one=only_one)
        name = escape_invisible(path.name, _MAX_NAME_CHARACTERS)
        texts.append(_decode(data, name, encoding, guesser, bytes_left, limit, only_one=only_one))
        bytes_left -= max(len(data), len(texts[-1].text))
    return (
        texts[0]
        if len(texts) == 1
        else _join(texts, name=Message("{count:,} files", count=len(texts)))
    )


def read_text(text: str, *, name: str = PASTED) -> Text:
    """Clean a text that is characters already, as if it came from a file.

    Raises UserError if it is empty, or over 100 MB, or not a text.
    """
    _check_size(len(validation.as_text(text, "text")), name)
    return _clean(text, name=name, encoding="UTF-8")


class _EmptyError(UserError):
    """The text has nothing but white space."""


def _clean(text: str, *, name: str, encoding: str) -> Text:
    cleaned, kinds = cleaning.clean(text)
    if cleaning.is_blank(cleaned):
        raise _EmptyError(
            "{text} is empty. Choose a text with something in it.", text=name, field="corpus"
        )
    return Text(cleaned, name, encoding, line_ends=_common_line_end(kinds))


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
