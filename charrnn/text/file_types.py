"""Tell text from other files, so that a picture is refused and not trained on."""

from __future__ import annotations

import re

from ..errors import Message, UserError

_CHECKED_BYTES = 64 * 1024  # whose control characters are counted
_MAX_CONTROL_SHARE = 0.02  # of control characters in a text
_MAX_NUL_SHARE = 0.001  # of NULs, which in a text are damage, and in other files the rule

# Without tab, line feed, vertical tab, form feed, carriage return; backspace and escape are
# left out as well, for terminal logs and manual pages are full of them.
_CONTROL_CHARACTERS = bytes([*range(8), *range(14, 27), *range(28, 32), 127])

_Kind = tuple[bytes, Message, Message]  # what a file begins with, what it is, the way out
_CHOOSE_TEXT = Message("choose text files (.txt), or a .zip of them")
SAVE_AS_TEXT = Message("save its text as a .txt file first")
_UNPACK = Message("unpack it first, or use a .zip")
_KINDS: tuple[_Kind, ...] = (
    (b"%PDF-", Message("a PDF"), SAVE_AS_TEXT),
    (b"{\\rtf", Message("a rich-text (RTF) document"), SAVE_AS_TEXT),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Message("an old Office document"), SAVE_AS_TEXT),
    (b"\x89PNG\r\n\x1a\n", Message("a PNG picture"), _CHOOSE_TEXT),
    (b"\xff\xd8\xff", Message("a JPEG picture"), _CHOOSE_TEXT),
    (b"GIF87a", Message("a GIF picture"), _CHOOSE_TEXT),
    (b"GIF89a", Message("a GIF picture"), _CHOOSE_TEXT),
    (b"\x1f\x8b\x08", Message("a gzip archive"), _UNPACK),
    (b"BZh91AY&SY", Message("a bzip2 archive"), _UNPACK),
    (b"\xfd7zXZ\x00", Message("an xz archive"), _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", Message("a 7z archive"), _UNPACK),
    (b"Rar!\x1a\x07", Message("a RAR archive"), _UNPACK),
    (b"\x7fELF", Message("a program"), _CHOOSE_TEXT),
    (b"SQLite format 3\x00", Message("an SQLite database"), Message("export its text first")),
    (b"fLaC\x00", Message("a sound file"), _CHOOSE_TEXT),
    (b"OggS\x00", Message("a sound file"), _CHOOSE_TEXT),
)
# Beginnings that a text could have too: checked only if the bytes are not text.
_WEAK_KINDS: tuple[_Kind, ...] = (
    (b"PK", Message("a zip archive inside another file"), Message("unpack it first")),
    (b"MZ", Message("a Windows program"), _CHOOSE_TEXT),
    (b"RIFF", Message("a sound, picture or film file"), _CHOOSE_TEXT),
    (b"ID3", Message("an MP3 sound file"), _CHOOSE_TEXT),
    (b"BM", Message("a BMP picture"), _CHOOSE_TEXT),
)
_TAR_MARK = slice(257, 262)  # where a tar archive has b"ustar"
# A folder in an Office document, what the document is, and the way out.
_OFFICE = (
    ("word", Message("a {name} document", name="Word"), SAVE_AS_TEXT),
    (
        "xl",
        Message("an {name} document", name="Excel"),
        Message("save its sheet as a .csv file first"),
    ),
    ("ppt", Message("a {name} document", name="PowerPoint"), SAVE_AS_TEXT),
)
_OTHER_OFFICE = Message("an {name} document", name="Office")


class NotTextError(UserError):
    """The bytes are not text; the message says what they seem to be."""


def refuse_known_kinds(data: bytes, name: str) -> None:
    """Raise NotTextError for bytes that begin like some well-known kind of file."""
    _refuse(data, name, _KINDS)
    if data[_TAR_MARK] == b"ustar":
        _refuse(data, name, ((b"", Message("a tar archive"), _UNPACK),))


def refuse_binary(data: bytes, name: str, *, shifts: bool = False) -> None:
    """Raise NotTextError for bytes in a one-byte or multi-byte encoding that are not text.

    Signs are more than 2 % of control characters in the beginning, or more NULs than a stray one or
    one in a thousand bytes. `shifts`: SO and SI belong to the encoding. UTF-16 and UTF-32 are full
    of NULs: they must be recognized before.
    """
    piece = data[:_CHECKED_BYTES]
    unwanted = _CONTROL_CHARACTERS.translate(None, b"\x0e\x0f") if shifts else _CONTROL_CHARACTERS
    controls = len(piece) - len(piece.translate(None, unwanted))
    nuls_allowed = max(1, _MAX_NUL_SHARE * len(data))
    if controls <= _MAX_CONTROL_SHARE * len(piece) and data.count(0) <= nuls_allowed:
        return
    _refuse(data, name, _WEAK_KINDS)
    raise NotTextError(
        "{text} is not plain text: it is full of bytes that do not occur in text. Choose text "
        "files (.txt), or a .zip of them.",
        text=name,
        field="corpus",
    )


def _refuse(data: bytes, name: str, kinds: tuple[_Kind, ...]) -> None:
    for start, kind, advice in kinds:
        if data.startswith(start):
            raise NotTextError(
                "{text} is {kind}, not a text: {advice}.",
                text=name,
                kind=kind,
                advice=advice,
                field="corpus",
            )


def zipped_format(members: list[str]) -> str | None:
    """Return the format of a document with these members, if its text can be taken out."""
    names = set(members)
    if "[Content_Types].xml" in names and any(name.startswith("word/") for name in names):
        return "docx"
    return "epub" if "META-INF/container.xml" in names else None


def zipped_document(members: list[str]) -> tuple[Message, Message] | None:
    """Return what an archive with these members is, and the way out, if it is no archive of texts.

    That is a document, or a checkpoint.
    """
    names = set(members)
    if "[Content_Types].xml" in names:
        folders = {name.partition("/")[0] for name in names}
        for folder, kind, advice in _OFFICE:
            if folder in folders:
                return kind, advice
        return _OTHER_OFFICE, SAVE_AS_TEXT
    if "META-INF/container.xml" in names:
        return Message("an EPUB book"), SAVE_AS_TEXT
    if "mimetype" in names and "content.xml" in names:
        return Message("an OpenDocument file"), SAVE_AS_TEXT
    if any(re.fullmatch(r"[^/]+/data\.pkl", name) for name in names):
        return Message("a PyTorch checkpoint"), SAVE_AS_TEXT
    return None
