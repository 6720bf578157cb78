"""Bytes in any common encoding become the same text, and what is no text is refused."""

import codecs
import random
import re

import pytest
from paragraphs import ENCODED, PARAGRAPHS, paragraph

from charrnn.errors import UserError
from charrnn.text.encoding import decode_bytes
from charrnn.text.file_types import NotTextError
from charrnn.text.guessing import SAMPLE_BYTES

ENGLISH = "The tide clock was right, and the almanac was wrong.\n"
CHINESE = PARAGRAPHS["Simplified Chinese"]


def decode(data, encoding=None):
    return decode_bytes(data, name="notes.txt", encoding=encoding)


@pytest.mark.parametrize(("language", "codec", "name"), ENCODED)
def test_the_encoding_of_a_paragraph_is_found(language, codec, name):
    text = paragraph(language, codec)
    assert decode(text.encode(codec)) == (text, name)


@pytest.mark.parametrize("language", PARAGRAPHS)
@pytest.mark.parametrize(
    ("mark", "codec", "name"),
    [
        (b"", "utf-8", "UTF-8"),
        (codecs.BOM_UTF8, "utf-8", "UTF-8 with BOM"),
        (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
        (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
        (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32"),
        (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32"),
    ],
)
def test_unicode_is_read_with_and_without_a_mark(language, mark, codec, name):
    text = PARAGRAPHS[language]
    assert decode(mark + text.encode(codec)) == (text, name)


@pytest.mark.parametrize("text", [ENGLISH, CHINESE + "\n", PARAGRAPHS["Russian"], "海 🌊 a\n" * 9])
@pytest.mark.parametrize(
    ("codec", "name"),
    [
        ("utf-16-le", "UTF-16 LE"),
        ("utf-16-be", "UTF-16 BE"),
        ("utf-32-le", "UTF-32 LE"),
        ("utf-32-be", "UTF-32 BE"),
    ],
)
def test_utf16_and_utf32_without_a_mark_are_known_by_their_nuls(text, codec, name):
    assert decode(text.encode(codec)) == (text, name)


def test_accents_are_found_after_megabytes_of_plain_ascii():
    text = ENGLISH * 40_000 + "Un élève répétait la leçon à voix basse.\n"
    assert decode(text.encode("cp1252")) == (text, "Windows-1252")


def test_accents_are_found_late_in_a_single_long_line():
    text = "no line ends " * 10_000 + "Un élève répétait la leçon à voix basse."
    assert decode(text.encode("cp1252")) == (text, "Windows-1252")


@pytest.mark.parametrize("codec", ["gb18030", "big5", "shift_jis"])
def test_a_long_line_without_ascii_is_not_cut_within_a_character(codec):
    language = {"gb18030": "Simplified Chinese", "big5": "Traditional Chinese"}
    text = PARAGRAPHS[language.get(codec, "Japanese")] * 250
    assert len(text.encode(codec)) > SAMPLE_BYTES, "else nothing is cut"
    for start in ("", "a"):  # so that one of the two cuts falls within a character
        assert decode((start + text).encode(codec))[0] == start + text


def test_one_damaged_byte_does_not_change_the_encoding():
    lines = (CHINESE + "\n") * 20
    data = bytearray(lines.encode("gb18030"))
    data[0] = 0xFF
    text, name = decode(bytes(data))
    assert text.partition("\n")[2] == lines.partition("\n")[2]
    assert re.fullmatch(r"GB18030 \(\d unreadable characters? replaced\)", name)


def test_a_utf8_file_cut_within_a_character_is_still_utf8():
    text, name = decode(CHINESE.encode()[:-1])
    assert text == CHINESE[:-1] + "\ufffd"
    assert name == "UTF-8 (1 unreadable character replaced)"


def test_replacement_characters_that_were_in_the_file_are_not_counted_as_unreadable():
    text, name = decode((CHINESE + "\ufffd\ufffd").encode() + b"\xff")
    assert text == CHINESE + "\ufffd" * 3
    assert name == "UTF-8 (1 unreadable character replaced)"


def test_escapes_of_a_terminal_are_not_taken_for_japanese():
    text = "\x1b[31mred\x1b[0m \x1b$ plain\n" * 10
    assert decode(text.encode()) == (text, "UTF-8")


@pytest.mark.parametrize(
    ("told", "codec", "name"),
    [
        ("koi8-r", "koi8-r", "KOI8-R"),
        ("WINDOWS-1251", "cp1251", "Windows-1251"),
        ("utf8", "utf-8", "UTF-8"),
        ("utf-16-be", "utf-16-be", "UTF-16 BE"),
        ("gb2312", "gb18030", "GB18030"),
        (" gbk ", "gb18030", "GB18030"),
    ],
)
def test_an_encoding_that_is_told_is_used(told, codec, name):
    text = "Он сказал: «да»" if codec == "cp1251" else "Он сказал - да"
    assert decode(text.encode(codec), told) == (text, name)


def test_an_encoding_that_is_told_overrides_what_would_be_found():
    data = "Ночь".encode("koi8-r") * 50
    assert decode(data, "cp1251") == (data.decode("cp1251"), "Windows-1251")


def test_latin1_is_read_as_browsers_do_where_that_fits():
    assert decode("“naïve”".encode("cp1252"), "latin-1") == ("“naïve”", "Windows-1252")
    assert decode(b"na\xefve \x81", "latin-1") == ("naïve \x81", "ISO-8859-1")


def test_a_mark_is_dropped_when_utf8_is_told():
    assert decode(codecs.BOM_UTF8 + b"abc", "utf-8") == ("abc", "UTF-8 with BOM")


@pytest.mark.parametrize("told", ["latin-99", "hex", "rot13", "", "\0"])
def test_an_unknown_encoding_is_refused_beside_its_field(told):
    if not told:
        assert decode(b"abc", told) == ("abc", "UTF-8")  # an empty field means: find it
        return
    with pytest.raises(UserError, match="encoding") as refusal:
        decode(b"abc", told)
    assert refusal.value.field == "encoding"


def test_bytes_that_do_not_fit_what_was_told_are_refused_and_located():
    with pytest.raises(
        UserError, match=r"notes.txt is not in UTF-8: byte 4 is not valid in it"
    ) as refusal:
        decode(b"caf\xe9 au lait", "utf-8")
    assert refusal.value.field == "encoding"


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"%PDF-1.7\n1 0 obj << /Type /Catalog >>\n", r"a PDF.*save its text as a \.txt"),
        (b"{\\rtf1\\ansi Hello}", "rich-text"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "PNG picture"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0", "JPEG picture"),
        (b"GIF89a\1\0\1\0", "GIF picture"),
        (b"\x1f\x8b\x08\0\0\0\0\0", "gzip archive.*unpack it first"),
        (b"\x7fELF\2\1\1\0", "program"),
        (b"MZ\x90\0\3\0\0\0", "Windows program"),
        (b"SQLite format 3\0", "SQLite"),
        (b"RIFF\x24\0\0\0WAVE", "sound"),
        (b"one\0two\0three", "bytes that do not occur in text"),
        (b"text, then \1\2\3\4\5\6", "bytes that do not occur in text"),
        (bytes(random.Random(0).randbytes(4000)), "bytes that do not occur in text"),
        (bytes(random.Random(0).choices(range(1, 256), k=4000)), "bytes that do not occur in text"),
    ],
)
@pytest.mark.parametrize("told", [None, "latin-1"])
def test_binary_data_is_refused_by_what_it_is(data, what, told):
    with pytest.raises(NotTextError, match=rf"notes\.txt is .*{what}") as refusal:
        decode(data, told)
    assert refusal.value.field == "corpus"


def test_binary_data_behind_a_mark_of_utf16_is_refused():
    with pytest.raises(NotTextError):
        decode(codecs.BOM_UTF16_LE + random.Random(0).randbytes(4000))


@pytest.mark.parametrize("start", ["MZ", "BM", "ID3", "RIFF", "PK", "GIF8"])
def test_a_text_that_begins_like_a_kind_of_file_is_a_text(start):
    text = f"{start} was written on the door in chalk, café style.\n"
    assert decode(text.encode("cp1252")) == (text, "Windows-1252")


def test_bytes_that_fit_no_encoding_are_refused_with_a_way_out():
    data = bytes(random.Random(0).choices([*range(32, 127), *range(128, 256)], k=4000))
    with pytest.raises(UserError, match="could not be detected") as refusal:
        decode(data)
    assert refusal.value.field == "encoding"
