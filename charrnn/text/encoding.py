"""Decode bytes to characters, in the encoding that was requested or detected.

In this order: the requested encoding; a byte order mark; UTF-16 and UTF-32 without a mark, known by
their NULs; ISO-2022, known by its escapes; UTF-8, also with halves of surrogate pairs (CESU-8); and
then the most likely of the older encodings (`charrnn.text.guessing`). A few bytes that do not fit
are replaced by U+FFFD and counted in the name of the encoding; many of them mean that the encoding
is another one.

Guessing takes a tenth of a second or more, and an archive may hold a thousand texts. So only a
limited number of bytes is guessed at (`EncodingGuesser`); the rest is read in the encodings found.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from dataclasses import dataclass, field

from ..errors import Message, UserError, short_repr
from . import guessing, pieces
from .file_types import refuse_binary, refuse_known_kinds

_MAX_LOST_SHARE = 0.01  # of the characters, undecodable
_MAX_NAME_CHARACTERS = 40  # of an encoding's name
_MAX_CANDIDATES = 4  # encodings that are tried
_GUESS_BUDGET_BYTES = 2 * guessing.SAMPLE_BYTES  # for all texts that belong together
_GUESS_OVERHEAD_BYTES = 1_024  # bytes that take as long to guess at as the call itself
_MIN_SAMPLE_BYTES = 4_096  # of each text once the budget is spent
_SHORT_SAMPLE_BYTES = 256  # too few to be a sample of a longer text
# Codecs from bytes to text that do not encode texts, but names or Python's source.
_NOT_FOR_TEXTS = frozenset({"idna", "punycode", "undefined", "unicode-escape",
                            "raw-unicode-escape"})  # fmt: skip

_BYTE_ORDER_MARKS = (  # the longer first: the mark of UTF-32 begins with that of UTF-16
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDE_CODECS = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
# Matches nearly all characters of any modern text, but not UTF-16 read in the wrong byte order.
_MODERN_CHARACTER = re.compile(
    "[\t\n\r -~\u00a0-\u06ff\u0900-\u0dff\u0e00-\u0e7f\u1e00-\u1fff\u2010-\u203f"
    "\u3000-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff00-\uffef\U0001f000-\U0002ffff]"
)
# Escapes that switch ISO-2022 to two bytes a character; some codecs also use SO and SI for that.
_ESCAPES = (
    (re.compile(rb"\x1b\$\)C"), "iso2022_kr"),
    (re.compile(rb"\x1b\$[@B][!-~]"), "iso2022_jp"),
)
_CODECS_WITH_SHIFTS = ("iso2022_kr",)
_SURROGATE_HALF = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")  # of a surrogate pair, in UTF-8
_MULTIBYTE = re.compile("[\u0800-\ufffc\U00010000-\U0010ffff]")  # three bytes and more in UTF-8
_MIN_SPLICED_CHARACTERS = 5  # multibyte characters that do not occur by chance
_PRINTABLE_ASCII = bytes([9, 10, 13, *range(32, 127)])

_DISPLAY_NAMES = {  # Python's names, as people write them
    "utf-8": "UTF-8",
    "utf-8-sig": Message("UTF-8 with BOM"),
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16 LE",
    "utf-16-be": "UTF-16 BE",
    "utf-32": "UTF-32",
    "utf-32-le": "UTF-32 LE",
    "utf-32-be": "UTF-32 BE",
    "gb18030": "GB18030",
    "big5": "Big5",
    "big5hkscs": "Big5",
    "cp932": "Shift JIS",
    "euc_jp": "EUC-JP",
    "iso2022_jp": "ISO-2022-JP",
    "iso2022_kr": "ISO-2022-KR",
    "cp949": Message("Korean (CP949)"),
    "koi8-r": "KOI8-R",
    "koi8-u": "KOI8-U",
    "mac-roman": Message("Mac Roman"),
    "mac-cyrillic": Message("Mac Cyrillic"),
    "cp866": Message("DOS Cyrillic (CP866)"),
    "cp437": Message("DOS Latin (CP437)"),
    "cp850": Message("DOS Latin (CP850)"),
    "cp852": Message("DOS Latin (CP852)"),
    "cp874": Message("Thai (CP874)"),
}


@dataclass
class EncodingGuesser:
    """Guesses the encodings of texts that belong together, within a budget of bytes.

    `left` is what remains of the budget; `found` counts the encodings so far.
    """

    left: int = _GUESS_BUDGET_BYTES  # bytes
    found: Counter[str] = field(default_factory=Counter)

    def rank(self, data: bytes) -> list[str]:
        """Return the encodings that a text may be in, best first; empty if none is likely."""
        most = min(max(self.left, _MIN_SAMPLE_BYTES), guessing.SAMPLE_BYTES)
        whole = guessing.sample(data, most)
        piece = whole[: max(0, self.left)]
        self.left -= len(piece) + _GUESS_OVERHEAD_BYTES
        if len(piece) >= min(len(whole), _SHORT_SAMPLE_BYTES):
            likely = guessing.rank(piece)
        else:
            often = [codec for codec, _ in self.found.most_common(_MAX_CANDIDATES)]
            likely = [codec for codec in often if guessing.is_convincing(whole, codec)]
        read = guessing.decode_sample(whole, "utf-8", cut=len(whole) == most)
        if _is_spliced_utf8(read):
            return ["utf-8"]
        return (
            ["utf-8", *likely][:_MAX_CANDIDATES]
            if _is_damaged_utf8(read)
            else likely[:_MAX_CANDIDATES]
        )


def decode_bytes(
    data: bytes,
    *,
    name: str,
    encoding: str | None = None,
    declared: str | None = None,
    guesser: EncodingGuesser | None = None,
) -> tuple[str, str]:
    """Return the characters of `data`, and the display name of the encoding they were in.

    `name` stands for the data in messages. A byte order mark is not part of the text. `declared` is
    the encoding that the text says it has, as a web page does; it is not trusted. Texts that belong
    together share a `guesser`.

    Raises UserError with `field="encoding"` if `encoding` is unknown or does not fit, or if none
    was given and none can be found; NotTextError (`charrnn.text.file_types`) for binary data.
    """
    refuse_known_kinds(data, name)
    if encoding is not None and encoding.strip():
        return _decode_as_requested(data, name, encoding.strip())
    for mark, codec in _BYTE_ORDER_MARKS:
        if data.startswith(mark) and (decoded := _decode_with_replacement(data, codec)):
            return decoded
    if (
        b"\0" in data
        and (wide_codec := _detect_utf16_or_32(data))
        and (decoded := _decode_with_replacement(data, wide_codec))
    ):
        return decoded
    codec = next(
        (codec for escape, codec in _ESCAPES if pieces.search(escape, data) is not None), "utf-8"
    )
    refuse_binary(data, name, shifts=codec in _CODECS_WITH_SHIFTS)
    try:
        return pieces.decode(data, codec), display_name(codec)
    except UnicodeDecodeError:
        return (
            _decode_cesu8(data, name)
            or _decode_as_declared(data, declared)
            or _decode_guessing(data, name, guesser or EncodingGuesser())
        )


def display_name(codec: str) -> str:
    """Return the common name of one of Python's codecs: "cp1252" is "Windows-1252"."""
    name = codecs.lookup(codec).name
    if name in _DISPLAY_NAMES:
        return _DISPLAY_NAMES[name]
    if re.fullmatch(r"cp125\d", name):
        return name.replace("cp", "Windows-")
    return name.replace("iso8859", "ISO-8859").upper().replace("_", "-")


def _decode_as_requested(data: bytes, name: str, encoding: str) -> tuple[str, str]:
    try:
        if len(encoding) > _MAX_NAME_CHARACTERS:  # Python caches every name that is looked up
            raise LookupError(encoding)
        codec = codecs.lookup(encoding).name
    except (LookupError, ValueError, UnicodeError):
        raise UserError(
            "There is no encoding called {encoding}. Choose one such as utf-8, utf-16, gb18030, "
            "big5, shift_jis, euc-kr, koi8-r, windows-1251, windows-1252.",
            encoding=short_repr(encoding),
            field="encoding",
        ) from None
    if codec.replace("_", "-") in _NOT_FOR_TEXTS:
        raise _not_an_encoding_error(encoding)
    if codec == "utf-8" and data.startswith(codecs.BOM_UTF8):
        codec = "utf-8-sig"
    misfit: int | None = None  # the first byte that does not fit, from 1
    for candidate in dict.fromkeys((guessing.SUPERSETS.get(codec, codec), codec)):
        try:
            b"\0".decode(candidate, "replace")  # LookupError unless it is a text codec
            text = pieces.decode(data, candidate)
        except LookupError:  # Python's codecs from bytes to bytes, such as "hex"
            raise _not_an_encoding_error(encoding) from None
        except UnicodeDecodeError as error:
            misfit = error.start + 1
            continue
        except UnicodeError:  # a few codecs say no more than that
            continue
        if candidate.startswith(("utf-16", "utf-32")):
            refuse_binary(text.encode("utf-8", "replace"), name)
        else:
            refuse_binary(data, name, shifts=candidate in _CODECS_WITH_SHIFTS)
        return text, display_name(candidate)
    raise _misfit(name, display_name(codec), misfit)


def _misfit(name: str, encoding: str, byte: int | None) -> UserError:
    if byte is None:
        return UserError(
            "{text} is not in {encoding}. Choose another encoding, or let it be detected.",
            text=name,
            encoding=encoding,
            field="encoding",
        )
    return UserError(
        "{text} is not in {encoding}: byte {byte:,} is not valid in it. Choose another "
        "encoding, or let it be detected.",
        text=name,
        encoding=encoding,
        byte=byte,
        field="encoding",
    )


def _not_an_encoding_error(name: str) -> UserError:
    return UserError(
        "{encoding} is not a text encoding: choose another one, such as utf-8.",
        encoding=short_repr(name),
        field="encoding",
    )


def _detect_utf16_or_32(data: bytes) -> str | None:
    """Return the codec of UTF-16 or UTF-32 without a mark, None if it is neither."""
    piece = data[: guessing.SAMPLE_BYTES]
    shares = {codec: _modern_share(piece, codec) for codec in _WIDE_CODECS}
    codec = max(shares, key=lambda codec: shares[codec])
    # ASCII with a few NULs reads as Chinese in UTF-16; ASCII in UTF-16 is half NULs.
    others = piece.replace(b"\0", b"")
    is_ascii = len(others.translate(None, _PRINTABLE_ASCII)) < 0.05 * len(others)
    if shares[codec] < 0.95 or (is_ascii and len(others) > 0.7 * len(piece)):
        return None
    return codec


def _modern_share(piece: bytes, codec: str) -> float:
    text = guessing.decode_sample(piece, codec)
    return len(_MODERN_CHARACTER.findall(text)) / max(len(text), 1)


def _decode_guessing(data: bytes, name: str, guesser: EncodingGuesser) -> tuple[str, str]:
    for codec in guesser.rank(data):
        if decoded := _decode_with_replacement(data, codec):
            guesser.found[codec] += 1
            return decoded
    raise _encoding_not_found_error(name)


def _decode_as_declared(data: bytes, declared: str | None) -> tuple[str, str] | None:
    """Decode in the encoding that a text says it has; None if it names none, or another one."""
    try:
        codec = codecs.lookup(declared or "").name
        b"\0".decode(codec, "replace")  # LookupError unless it is a text codec
    except (LookupError, ValueError):
        return None
    if codec.replace("_", "-") in _NOT_FOR_TEXTS or codec in ("utf-8", "ascii"):
        return None
    return _decode_with_replacement(data, guessing.SUPERSETS.get(codec, codec))


def _encoding_not_found_error(name: str) -> UserError:
    return UserError(
        "The encoding of {text} could not be detected. Choose it, or save the file as UTF-8.",
        text=name,
        field="encoding",
    )


def _decode_cesu8(data: bytes, name: str) -> tuple[str, str] | None:
    """Decode UTF-8 with separately encoded surrogate halves; None if it is not that.

    Java and Oracle write an emoji like that (CESU-8), or a pair was cut. Raises UserError if hardly
    anything but single halves is in it.
    """
    if pieces.search(_SURROGATE_HALF, data) is None:
        return None
    joined, lost = pieces.join_surrogates(data)
    try:
        text = pieces.decode(joined, "utf-8")
    except UnicodeDecodeError:
        return None
    if lost > max(1, _MAX_LOST_SHARE * len(text)):
        raise _encoding_not_found_error(name)
    return text, _label("utf-8", lost) if lost else "CESU-8"


def _is_spliced_utf8(text: str) -> bool:
    """Check whether a good part of the bytes is UTF-8, and another part is not.

    In a text in another encoding, three bytes in a row hardly ever make a character by chance.
    """
    whole = len(_MULTIBYTE.findall(text))
    return whole >= _MIN_SPLICED_CHARACTERS and whole > 0.2 * text.count("\ufffd")


def _is_damaged_utf8(text: str) -> bool:
    """Check whether far more characters are whole than broken.

    That holds for a UTF-8 file that was cut or spliced; text in another encoding has hardly any
    characters that are whole by chance.
    """
    broken = text.count("\ufffd")
    whole = len(text) - len(text.encode("ascii", "ignore")) - broken
    return whole > 4 * broken


def _decode_with_replacement(data: bytes, codec: str) -> tuple[str, str] | None:
    """Decode with U+FFFD for the few bytes that cannot be read; None if they are not few.

    Returns the text, and the display name of its encoding.
    """
    decoded = pieces.decode_replacing(data, codec, max_lost_share=_MAX_LOST_SHARE)
    return None if decoded is None else (decoded[0], _label(codec, decoded[1]))


def _label(codec: str, lost: int) -> str:
    name = display_name(codec)
    if lost == 1:
        return Message("{encoding} (1 unreadable character replaced)", encoding=name)
    if lost:
        return Message(
            "{encoding} ({count:,} unreadable characters replaced)", encoding=name, count=lost
        )
    return name
