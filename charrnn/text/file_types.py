"""Telling text from what is not, so that a picture is refused and not trained on."""

from __future__ import annotations

import re

from ..errors import UserError

_CHECKED = 64 * 1024  # bytes whose control characters are counted
_CONTROLS_ALLOWED = 0.02  # share of control characters that a text may hold
_NULS_ALLOWED = 0.001  # and of NULs, which in a text are damage, and in other files the rule

# Without tab, line feed, vertical tab, form feed, carriage return; backspace and escape are
# left out as well, for terminal logs and manual pages are full of them.
_CONTROLS = bytes([*range(8), *range(14, 27), *range(28, 32), 127])

_SAVE_AS_TEXT = "save its text as a .txt file first"
# What a file begins with, what it is, and the way out.
_KINDS: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF-", "a PDF", _SAVE_AS_TEXT),
    (b"{\\rtf", "a rich-text (RTF) document", _SAVE_AS_TEXT),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document", _SAVE_AS_TEXT),
    (b"\x89PNG\r\n\x1a\n", "a PNG picture", ""),
    (b"\xff\xd8\xff", "a JPEG picture", ""),
    (b"GIF87a", "a GIF picture", ""),
    (b"GIF89a", "a GIF picture", ""),
    (b"\x1f\x8b\x08", "a gzip archive", "unpack it first, or use a .zip"),
    (b"BZh91AY&SY", "a bzip2 archive", "unpack it first, or use a .zip"),
    (b"\xfd7zXZ\x00", "an xz archive", "unpack it first, or use a .zip"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it first, or use a .zip"),
    (b"Rar!\x1a\x07", "a RAR archive", "unpack it first, or use a .zip"),
    (b"\x7fELF", "a program", ""),
    (b"SQLite format 3\x00", "an SQLite database", "export its text first"),
    (b"fLaC\x00", "a sound file", ""),
    (b"OggS\x00", "a sound file", ""),
)
# Beginnings that a text could have too: believed only of bytes that are not text.
_WEAK_KINDS: tuple[tuple[bytes, str, str], ...] = (
    (b"PK", "a zip archive inside another file", "unpack it first"),
    (b"MZ", "a Windows program", ""),
    (b"RIFF", "a sound, picture or film file", ""),
    (b"ID3", "an MP3 sound file", ""),
    (b"BM", "a BMP picture", ""),
)


class NotTextError(UserError):
    """The bytes are no text; the message says what they seem to be."""


def refuse_known_kinds(data: bytes, name: str) -> None:
    """Raise NotTextError for bytes that begin as some well-known kind of file does."""
    _refuse(data, name, _KINDS)


def refuse_binary(data: bytes, name: str, *, shifts: bool = False) -> None:
    """Raise NotTextError for bytes in a one-byte or multi-byte encoding that are no text.

    More than 2 % of control characters in the beginning give them away, or NULs where they are
    more than a stray one, or one in a thousand bytes. `shifts`: SO and SI belong to the encoding.
    UTF-16 and UTF-32 are full of NULs: they are recognised before this is asked.
    """
    piece = data[:_CHECKED]
    unwanted = _CONTROLS.translate(None, b"\x0e\x0f") if shifts else _CONTROLS
    controls = len(piece) - len(piece.translate(None, unwanted))
    nuls_allowed = max(1, _NULS_ALLOWED * len(data))
    if controls <= _CONTROLS_ALLOWED * len(piece) and data.count(0) <= nuls_allowed:
        return
    _refuse(data, name, _WEAK_KINDS)
    raise NotTextError(
        f"{name} is not a plain text: it is full of bytes that no text has. "
        "Choose a text file (.txt), or a .zip of them.",
        field="corpus",
    )


def _refuse(data: bytes, name: str, kinds: tuple[tuple[bytes, str, str], ...]) -> None:
    for start, kind, way_out in kinds:
        if data.startswith(start):
            advice = way_out or "choose a text file (.txt), or a .zip of them"
            raise NotTextError(f"{name} is {kind}, not a text: {advice}.", field="corpus")


def zipped_document(members: list[str]) -> str | None:
    """What a zip archive with these members is, if it is a document rather than an archive."""
    names = set(members)
    if "[Content_Types].xml" in names:
        folders = {name.partition("/")[0] for name in names}
        for folder, kind in (("word", "Word"), ("xl", "Excel"), ("ppt", "PowerPoint")):
            if folder in folders:
                article = "an" if kind == "Excel" else "a"
                return f"{article} {kind} document"
        return "an Office document"
    if "META-INF/container.xml" in names:
        return "an EPUB book"
    if "mimetype" in names and "content.xml" in names:
        return "an OpenDocument file"
    if any(re.fullmatch(r"[^/]+/data\.pkl", name) for name in names):
        return "a PyTorch checkpoint"
    return None
