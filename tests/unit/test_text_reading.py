"""Files, archives, pipes and pasted text become one clean text, or are refused in words."""

import os
import struct
import zipfile
from pathlib import Path

import pytest
from bad_input import zipped

from charrnn import text as texts
from charrnn.errors import UserError
from charrnn.text import Text, decode, read_files, read_text, zip_files

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"


@pytest.mark.parametrize(
    ("raw", "clean", "line_ends"),
    [
        ("a\nb\n", "a\nb\n", "LF"),
        ("a\r\nb\r\n", "a\nb\n", "CRLF"),
        ("a\rb\r", "a\nb\n", "CR"),
        ("a\r\nb\n\nc\rd", "a\nb\n\nc\nd", "mixed"),
        ("a\r\n\r\nb\r\rc", "a\n\nb\n\nc", "mixed"),
        ("a b", "a b", "none"),
        ("a\x85b\u2028c\u2029d\fe\vf", "a\nb\nc\nd\ne\nf", "none"),
    ],
)
def test_every_kind_of_line_end_becomes_a_newline(raw, clean, line_ends):
    text = read_text(raw)
    assert (text.text, text.line_ends) == (clean, line_ends)
    assert decode(raw.encode(), name="x").text == clean


def test_control_characters_go_and_tabs_stay():
    assert read_text("\ufeffa\x07\tb\x00\x1b[0m\x7f\x9fc\ufeff").text == "a\tb[0mc"


def test_half_surrogate_pairs_are_replaced():
    text = read_text("a\ud83dz\udc00").text
    assert text == "a\ufffdz\ufffd"
    assert text.encode()


def test_other_scripts_and_symbols_are_left_alone():
    text = "不分开 — naïve \u00a0 🌊 e\u0301 \u200d ａ\n"
    assert read_text(text).text == text


def test_pasted_text_says_so():
    assert read_text("hello") == Text("hello", "pasted text", "UTF-8", "none", ())


@pytest.mark.parametrize("nothing", ["", " \n\t\r\n", "\ufeff", "\x1b"])
def test_a_text_with_nothing_in_it_is_refused(nothing):
    with pytest.raises(UserError, match="pasted text is empty") as refusal:
        read_text(nothing)
    assert refusal.value.field == "corpus"
    with pytest.raises(UserError, match="standard input is empty"):
        decode(nothing.encode(), name="standard input")


def test_one_file_keeps_its_name(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_bytes("Ночь.\r\nУлица, и фонарь.\r\n".encode("cp1251"))
    expected = Text("Ночь.\nУлица, и фонарь.\n", "notes.txt", "Windows-1251", "CRLF")
    assert read_files([path]) == expected


def test_several_files_are_joined_by_a_newline_in_the_order_given(tmp_path):
    (tmp_path / "b.txt").write_bytes(b"first")
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe" + "second\r\nline".encode("utf-16-le"))
    text = read_files([tmp_path / "b.txt", tmp_path / "a.txt"])
    assert text == Text("first\nsecond\nline", "2 files", "UTF-8, UTF-16", "CRLF")


def test_the_encoding_that_is_told_holds_for_every_file(tmp_path):
    (tmp_path / "a.txt").write_bytes("ночь".encode("koi8-r"))
    (tmp_path / "b.zip").write_bytes(zipped({"b.txt": "день".encode("koi8-r")}))
    text = read_files([tmp_path / "a.txt", tmp_path / "b.zip"], encoding="koi8-r")
    assert (text.text, text.encoding) == ("ночь\nдень", "KOI8-R")


def test_a_zip_of_texts_is_one_text_in_natural_order():
    data = zipped(
        {
            "songs/10.txt": "ten",
            "songs/9.txt": "neun für".encode("cp1252"),
            "songs/": "",
            "songs/B.txt": "b",
            "songs/a.txt": "a",
            "__MACOSX/songs/._9.txt": "resource fork",
            "songs/.DS_Store": "x",
            "cover.png": PNG,
            "empty.txt": "",
        }
    )
    text = decode(data, name="songs.zip")
    assert text.text == "neun für\nten\na\nb"
    assert text.name == "songs.zip (4 texts, 2 skipped)"
    assert text.encoding == "Windows-1252, UTF-8"


def test_a_zip_of_one_text_says_so():
    text = decode(zipped({"a.txt": "a\r\nb"}), name="a.zip")
    assert text == Text("a\nb", "a.zip (1 text)", "UTF-8", "CRLF")


def test_member_names_are_never_paths_and_may_be_anything():
    data = zipped({"../../escape.txt": "one", "/etc/passwd": "two", "9" * 5000: "three"})
    assert sorted(decode(data, name="x.zip").text.split("\n")) == ["one", "three", "two"]


def test_reading_a_zip_writes_nothing_to_disk(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.zip").write_bytes(zipped({"../b.txt": "b", "c.txt": "c"}))
    read_files([Path("a.zip")])
    assert os.listdir(tmp_path) == ["a.zip"]
    assert not (tmp_path.parent / "b.txt").exists()


@pytest.mark.parametrize(
    ("members", "what"),
    [
        ({}, "no text in x.zip"),
        ({"a.png": PNG, "b.txt": " \n"}, "no text in x.zip"),
        ({"[Content_Types].xml": "<x/>", "word/document.xml": "<x/>"}, r"x\.zip is empty"),
        ({"[Content_Types].xml": "<x/>", "xl/workbook.xml": "<x/>"}, "an Excel document"),
        ({"mimetype": "application/epub+zip", "META-INF/container.xml": "<x/>"}, "an EPUB book"),
        ({"mimetype": "x", "content.xml": "<x/>"}, "an OpenDocument file"),
        ({"model/data.pkl": "x", "model/version": "3"}, "a PyTorch checkpoint"),
    ],
)
def test_a_zip_without_texts_is_refused_by_what_it_is(members, what):
    with pytest.raises(UserError, match=what) as refusal:
        decode(zipped(members), name="x.zip")
    assert refusal.value.field == "corpus"


def test_a_zip_within_a_zip_is_refused_as_such():
    inner = zipped({"a.txt": "some text"})
    with pytest.raises(UserError, match=r"x\.zip holds no text, only another zip.*inner\.zip"):
        decode(zipped({"cover.png": PNG, "inner.zip": inner}), name="x.zip")
    assert decode(zipped({"a.txt": "text", "inner.zip": inner}), name="x.zip").text == "text"


def test_a_member_that_does_not_fit_what_was_told_is_refused_by_name():
    data = zipped({"a.txt": "abc", "b.txt": b"caf\xe9"})
    with pytest.raises(UserError, match=r"b\.txt in x\.zip is not in UTF-8: byte 4") as refusal:
        decode(data, name="x.zip", encoding="utf-8")
    assert refusal.value.field == "encoding"


def test_a_zip_bomb_is_stopped_while_it_is_unpacked(monkeypatch):
    monkeypatch.setattr(texts, "MAX_TEXT_BYTES", 1 << 20)
    data = bytearray(zipped({"a.txt": b"a" * (1 << 19), "b.txt": b"b" * (2 << 20)}))
    # Both headers claim that it is a small one.
    size = struct.pack("<I", 2 << 20)
    assert data.count(size) == 2
    small = bytes(data.replace(size, struct.pack("<I", 100)))
    for archive in (bytes(data), small):
        assert len(archive) < 10_000
        with pytest.raises(UserError, match=r"holds more than 1 MB|damaged"):
            decode(archive, name="bomb.zip")


def test_all_members_of_a_zip_count_together(monkeypatch):
    monkeypatch.setattr(texts, "MAX_TEXT_BYTES", 1000)
    assert len(decode(zipped({"a": "a" * 500, "b": "b" * 499}), name="x.zip").text) == 1000
    with pytest.raises(UserError, match="holds more than"):
        decode(zipped({"a": "a" * 500, "b": "b" * 501}), name="x.zip")


def test_a_zip_of_too_many_files_is_refused():
    data = zipped({str(i): "" for i in range(1_001)}, zipfile.ZIP_STORED)
    with pytest.raises(UserError, match="more than 1,000 files"):
        decode(data, name="x.zip")


def test_a_zip_of_far_too_many_files_is_refused_before_its_directory_is_built(monkeypatch):
    data = zipped({str(i): "" for i in range(10_001)}, zipfile.ZIP_STORED)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with pytest.raises(UserError, match="more than 1,000 files"):
        decode(data, name="x.zip")


def test_an_encrypted_zip_is_refused():
    data = bytearray(zipped({"a.txt": "secret"}))
    for start, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(start) + flags] |= 1
    with pytest.raises(UserError, match=r"x\.zip is encrypted"):
        decode(bytes(data), name="x.zip")


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compression_that_cannot_be_unpacked_piece_by_piece_is_refused(compression):
    with pytest.raises(UserError, match="uses an unsupported compression"):
        decode(zipped({"a.txt": "a" * 99}, compression), name="x.zip")


@pytest.mark.parametrize("at", [0.2, 0.5, 0.9])
def test_a_cut_off_zip_is_refused(at):
    data = zipped({f"{i}.txt": os.urandom(50).hex() for i in range(9)})
    with pytest.raises(UserError, match=r"x\.zip is a damaged zip archive"):
        decode(data[: int(len(data) * at)], name="x.zip")


def test_no_damage_to_a_zip_raises_anything_but_a_user_error():
    whole = zipped({"a.txt": "some text\n" * 20, "b.txt": "more text\n" * 20})
    refused = 0
    for position in range(len(whole)):
        for value in (0x00, 0xFF):
            data = bytearray(whole)
            data[position] = value
            try:
                decode(bytes(data), name="x.zip")
            except UserError:
                refused += 1
    assert refused > 100


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, r"There is no file .*it\.txt"),
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: path.write_bytes(b""), r"it\.txt is empty"),
        (lambda path: path.write_bytes(PNG), r"it\.txt is a PNG picture"),
        (lambda path: path.symlink_to(path), "could not be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_by_name(tmp_path, make, message):
    path = tmp_path / "it.txt"
    make(path)
    with pytest.raises(UserError, match=message) as refusal:
        read_files([path])
    assert refusal.value.field == "corpus"


def test_choosing_no_file_is_refused():
    with pytest.raises(UserError, match="No file was chosen"):
        read_files([])


def test_what_is_over_the_limit_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(texts, "MAX_TEXT_BYTES", 1000)
    for name, size in (("a", 1000), ("b", 1001), ("c", 500), ("d", 501)):
        (tmp_path / name).write_bytes(b"x" * size)
    assert len(read_files([tmp_path / "a"]).text) == 1000
    assert len(read_files([tmp_path / "c", tmp_path / "c"]).text) == 1001
    with pytest.raises(UserError, match=r"^b is larger than"):
        read_files([tmp_path / "b"])
    with pytest.raises(UserError, match=r"^With d, the selection is larger than"):
        read_files([tmp_path / "c", tmp_path / "d"])
    with pytest.raises(UserError, match=r"^pasted text is larger than"):
        read_text("x" * 1001)
    with pytest.raises(UserError, match=r"^standard input is larger than"):
        decode(b"x" * 1001, name="standard input")


def test_the_limit_is_a_hundred_megabytes():
    assert texts.MAX_TEXT_BYTES == 100 * 1024 * 1024
    assert zip_files.MAX_MEMBERS == 1000
