"""Files that hold more than text, read by `decode` and `read_files`, in a process with limits."""

import gzip
import io
import tarfile
import time

import pytest
from bad_input import PNG, zipped
from sample_documents import CSV, MARKDOWN, PAGE, PAGE_TEXT, book, paragraph, word_document

from charrnn.corpus import Corpus
from charrnn.errors import UserError
from charrnn.extraction import Part
from charrnn.extraction.reader import MemoryLimitError, Reader, TimeLimitError
from charrnn.text import AS_IS, decode, read_files
from charrnn.text.encoding import decode_bytes
from charrnn.ui import i18n
from charrnn.utils.yield_points import at_yield_points

PAPER = word_document(paragraph("The tide") + paragraph("comes in."))
TITLES = "The tide\nThe clock\nThe pier"


def read(tmp_path, files, **more):
    paths = []
    for name, data in files.items():
        paths.append(tmp_path / name)
        paths[-1].write_bytes(data if isinstance(data, bytes) else data.encode())
    return read_files(paths, **more)


def test_a_column_of_a_table_is_read_and_named(tmp_path):
    text = read(tmp_path, {"tides.csv": CSV}, part="title")
    assert (text.text, str(text.name)) == (TITLES, "title of tides.csv")
    assert i18n.translate_message(text.name, "zh") == "tides.csv 的 title"
    assert (str(text.extraction.kind), text.extraction.part) == ("a table (CSV)", "title")
    assert [part.name for part in text.extraction.parts] == ["id", "title", "text"]
    assert Corpus.from_text(text).name == "title of tides.csv"


def test_a_table_can_be_read_as_it_is_and_still_offers_its_columns(tmp_path):
    text = read(tmp_path, {"tides.csv": CSV}, part=AS_IS)
    assert text.text == CSV.replace("\r\n", "\n")
    assert (text.name, text.line_ends, text.extraction.part) == ("tides.csv", "CRLF", AS_IS)
    assert [part.name for part in text.extraction.parts] == ["id", "title", "text"]


def test_a_table_in_another_encoding_is_decoded_first(tmp_path):
    table = "номер,текст\n" + "".join(f"{n},Прилив приходит и уходит.\n" for n in range(9))
    text = read(tmp_path, {"a.csv": table.encode("cp1251")})
    assert text.text.startswith("Прилив") and text.encoding == "Windows-1251"


def test_a_page_declares_its_encoding():
    page = '<html><meta charset="{}"><p>{}'
    for codec, words in (("gbk", "潮水"), ("iso-8859-5", "Прилив"), ("cp1253", "ναι")):
        data = page.format(codec, words).encode(codec)
        assert decode(data, name="a.html").text == words
    assert decode(page.format("gbk", "潮水").encode(), name="a.html").text == "潮水"
    lied = [
        decode_bytes(b"caf\xe9 " * 9, name="x", declared=codec)[1] for codec in ("hex", "x", "")
    ]
    assert len({*lied, decode_bytes(b"caf\xe9 " * 9, name="x")[1]}) == 1


def test_markdown_stays_as_it_is_unless_its_text_is_wanted():
    kept = decode(MARKDOWN.encode(), name="a.md")
    assert (kept.text, kept.extraction.part) == (MARKDOWN, AS_IS)
    assert kept.extraction.parts == (Part("text"),)
    assert decode(MARKDOWN.encode(), name="a.md", part="text").text.startswith(
        "The tide\n\nIt comes"
    )


def test_documents_and_books_are_read():
    assert decode(PAPER, name="a.docx").text == "The tide\ncomes in."
    text = decode(book({"a.xhtml": "<p>One</p>", "b.xhtml": "<p>Two</p>"}), name="b.epub")
    assert (text.text, text.extraction.kind) == ("One\n\nTwo", "an EPUB book")
    assert not text.extraction.offers_whole_file


def test_a_gzip_file_is_unpacked_and_read_by_the_name_inside():
    packed = gzip.compress(CSV.encode()[:20]) + gzip.compress(CSV.encode()[20:]) + bytes(99)
    assert decode(packed, name="tides.csv.gz", part="title").text == TITLES
    assert decode(gzip.compress(b"The tide"), name="a").text == "The tide"


def tar():
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.txt"))
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (gzip.compress(b"The tide" * 99)[:-9], "a damaged gzip archive"),
        (gzip.compress(b"The tide")[:-5] + b"12345", "a damaged gzip archive"),
        (gzip.compress(b"a") + b"PK" * 99, "a damaged gzip archive"),
        (gzip.compress(gzip.compress(b"a")), "is a gzip archive, not a text: unpack it first"),
        (gzip.compress(PNG), "is a PNG picture"),
        (gzip.compress(tar()), "is a tar archive, not a text: unpack it first"),
        (gzip.compress(b""), "is empty"),
        (zipped({"META-INF/container.xml": "<x/>"}), "an EPUB book that could not be read"),
        (word_document("<w:p>"), "a Word document that could not be read.*save its text as"),
        (word_document(""), "is empty"),
    ],
    ids=range(10),  # the bytes of an archive have the time in them
)
def test_what_cannot_be_read_is_refused(data, said):
    with pytest.raises(UserError, match=said) as refusal:
        decode(data, name="x")
    assert refusal.value.field == "corpus"


def test_archives_of_all_kinds_are_bounded(tmp_path):
    bombs = {
        "a.gz": gzip.compress(bytes(3 << 20)),
        "a.docx": word_document(paragraph("a" * (3 << 20))),
        "a.zip": zipped({"a.docx": word_document(paragraph("a" * (3 << 20)))}),
    }
    for name, data in bombs.items():
        with pytest.raises(UserError, match=r"holds more than [01] MB, the limit here"):
            read(tmp_path, {name: data}, limit=1 << 20)
    with pytest.raises(UserError, match="holds more than 10,000 files"):
        decode(gzip.compress(b"") * 10_001, name="a.gz")


def test_files_in_an_archive_are_taken_out_too_and_skipped_ones_are_named():
    files = {"a.csv": CSV, "b.html": PAGE, "c.docx": PAPER, "d.txt": "plain", "e.png": PNG}
    files |= {"f.txt": " ", "g.docx": word_document("<w:p>"), "h.gz": gzip.compress(b"a")}
    text = decode(zipped(files), name="x.zip", part="title")
    assert text.text.split("\n\n")[0].startswith(TITLES)
    assert PAGE_TEXT in text.text and text.text.endswith("The tide\ncomes in.\nplain")
    assert str(text.name) == "x.zip (4 texts, 4 skipped)"
    assert str(text.notes[0]) == (
        "x.zip: skipped e.png (a PNG picture), f.txt (empty), g.docx (a Word document), "
        "h.gz (a gzip archive)"
    )
    kinds = "a table (CSV), a web page (HTML), a Word document"
    assert (str(text.extraction.kind), text.extraction.part) == (kinds, "title")


def test_of_many_skipped_files_some_are_named():
    pictures = {f"{n}.png": PNG for n in range(30)}
    note = decode(zipped({"a.txt": "a", **pictures}), name="x.zip").notes[0]
    assert note.startswith("x.zip: skipped 0.png (a PNG") and note.endswith(" and 20 more")
    chinese = i18n.translate_message(note, "zh")
    assert chinese.startswith("x.zip：跳过了 0.png（PNG 图片）")
    assert chinese.endswith("以及另外 20 个文件")


def test_several_files_share_the_column(tmp_path):
    other = "title,author\nA boat,Ada\n"
    text = read(tmp_path, {"a.csv": CSV, "b.csv": other, "c.txt": "plain"}, part="title")
    assert text.text == TITLES + "\nA boat\nplain"
    assert str(text.name) == "3 files"
    assert {part.name: part.characters for part in text.extraction.parts} == {
        "id": 3, "title": 31, "text": 77, "author": 3,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a.csv": CSV}, r"a\.csv has no column tide\. It has text, title, id\."),
        ({"a.csv": CSV, "b.csv": "tide\nx\n"}, r"a\.csv has no column tide"),
        ({"a.txt": "plain"}, r"a\.txt has no column tide: it is not a table\."),
        ({"a.html": PAGE}, r"a\.html has no column tide\. It has text\."),
        ({"a.docx": PAPER, "b.txt": "x"}, r"2 files has no column tide\. It has text\."),
    ],
)
def test_a_column_that_is_not_there_is_refused(files, said, tmp_path):
    with pytest.raises(UserError, match=said) as refusal:
        read(tmp_path, files, part="tide")
    assert refusal.value.field == "column"


def test_a_file_that_is_not_what_its_name_says_is_read_as_it_is_and_said_so():
    text = decode(b'{"a": "cut', name="a.json")
    assert (text.text, text.extraction) == ('{"a": "cut', None)
    assert str(text.notes[0]) == (
        "a.json was read as it is: no text could be taken out of it, for it is not a JSON file, or "
        "is damaged"
    )
    assert decode(b'{"a": "cut', name="a.txt").notes == ()


def test_half_surrogate_pairs_in_json_are_replaced():
    assert decode(rb'{"text": "a \ud83d b \ud83c\udf0a"}', name="a.json").text == "a \ufffd b 🌊"


# ---- the process ----------------------------------------------------------------------------

PROCESS = {"limit": 1 << 30, "listed_only": False}


def test_a_parser_that_takes_too_long_is_ended():
    with Reader(seconds=0.001) as reader:
        with pytest.raises(TimeLimitError):
            reader.extract("html", b"<p>" * 1_000_000, None, **PROCESS)
        reader._seconds = 30
        assert reader.extract("html", b"<p>again", None, **PROCESS).text == "again"


def test_a_parser_that_needs_too_much_memory_is_ended():
    with Reader(memory_bytes=60 << 20) as reader:
        with pytest.raises(MemoryLimitError):
            reader.extract("json", b"[" + b"[]," * 5_000_000 + b'"a"]', None, **PROCESS)
        assert reader.extract("json", b'["a b"]', None, **PROCESS).text == "a b"


def test_a_caller_that_no_longer_waits_ends_the_process():
    class GoneError(Exception):
        pass

    def gone():
        raise GoneError

    began = time.monotonic()
    with pytest.raises(GoneError), Reader() as reader, at_yield_points(gone):
        reader.extract("json", b"[" + b'["a"],' * 3_000_000 + b'"a"]', None, **PROCESS)
    assert reader._process is None and time.monotonic() - began < 50  # of the 60


def test_limits_that_end_a_parser_leave_the_file_as_it_is(monkeypatch):
    def too_slow(*_, **__):
        raise TimeLimitError

    monkeypatch.setattr(Reader, "extract", too_slow)
    text = decode(CSV.encode(), name="a.csv")
    assert text.text == CSV.replace("\r\n", "\n")
    assert str(text.notes[0]).endswith("for that took longer than 60 seconds")
    with pytest.raises(UserError, match="damaged, or too complicated"):
        decode(PAPER, name="a.docx")
