"""Large inputs are decoded in pieces: the same text as in one call, and no call that lasts."""

import codecs
import random

import pytest
from bad_input import zipped

from charrnn.errors import UserError
from charrnn.text import cleaning, decode, guessing, pieces, zip_files
from charrnn.text.file_types import NotTextError

HALF = b"\xed\xa0\x80"  # of a surrogate pair, in UTF-8
CODECS = (
    *("utf-8", "utf-16", "utf-16-be", "utf-32", "utf-7", "cp1252", "koi8-r", "gb18030"),
    *("big5hkscs", "cp932", "euc_jp", "cp949", "iso2022_jp", "iso2022_kr", "hz"),
)
LETTERS = "ab \n+-~{é日本語かな中文가나я😀\x1b"


class Watched:
    """An incremental decoder that notes how many bytes each call is given."""

    def __init__(self, codec, errors, calls):
        self._decoder = codecs.lookup(codec).incrementaldecoder(errors)
        self._calls = calls

    def decode(self, data, final):
        self._calls.append(len(data))
        return self._decoder.decode(data, final)

    def getstate(self):
        return self._decoder.getstate()


@pytest.fixture
def calls(monkeypatch):
    """How many bytes each call of a codec was given."""
    noted = []
    monkeypatch.setattr(
        pieces.codecs, "getincrementaldecoder", lambda codec: lambda e: Watched(codec, e, noted)
    )
    return noted


def outcome(read, *arguments, **more):
    """A text, or the place that does not fit."""
    try:
        return read(*arguments, **more)
    except UnicodeDecodeError as error:
        return error.start
    except UnicodeError:
        return "unreadable"


def spoiled(data, dice):
    """Some bytes, one of them changed now and then."""
    if data and dice.random() < 0.4:
        place = dice.randrange(len(data))
        return data[:place] + dice.randbytes(1) + data[place + 1 :]
    return data


@pytest.mark.parametrize("codec", CODECS)
def test_pieces_give_the_text_that_one_call_gives(codec, monkeypatch):
    monkeypatch.setattr(pieces, "PIECE_SIZE", 7)
    dice = random.Random(codec)
    for _ in range(300):
        text = "".join(dice.choices(LETTERS, k=dice.randrange(40)))
        data = spoiled(text.encode(codec, "ignore"), dice)
        assert outcome(pieces.decode, data, codec) == outcome(data.decode, codec)
        found = outcome(pieces.decode_replacing, data, codec, max_lost_share=1.0)
        assert found == "unreadable" or found[0] == data.decode(codec, "replace")


def test_a_file_without_a_mark_is_read_as_the_usual_utf16():
    text = "no mark 日本\n"
    assert decode(text.encode("utf-16-le"), name="x", encoding="utf-16").text == text


def test_halves_of_surrogate_pairs_are_joined_wherever_a_piece_ends(monkeypatch):
    monkeypatch.setattr(pieces, "PIECE_SIZE", 7)
    dice = random.Random(0)
    for _ in range(3000):
        letters = ["a", "é", "中", "\ud83d", "\ude00", "😀", "\ud7ff", "\ue000", "\ufffd"]
        text = "".join(dice.choices(letters, k=dice.randrange(20)))
        wanted = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        lost = wanted.count("\ufffd") - text.count("\ufffd")
        joined = pieces.join_surrogates(text.encode("utf-8", "surrogatepass"))
        assert (joined[0].decode(), joined[1]) == (wanted, lost)


def test_what_is_not_utf8_is_not_made_utf8():
    for data in (b"\xed\xa0", b"\xed\xa0a", b"\xed\xa0\x80\xed\xb0", b"\x80\xed\xa0\x80", b"\xed"):
        with pytest.raises(UnicodeDecodeError):
            pieces.join_surrogates(data)[0].decode()


@pytest.mark.parametrize("length", [1, 2, 3, 1000])
def test_line_ends_and_controls_are_cleaned_wherever_a_piece_ends(length, monkeypatch):
    monkeypatch.setattr(pieces, "PIECE_SIZE", length)
    cleaned = cleaning.clean("a\r\nb\rc\n\x85d\x00\x1b\ufeffe\ud83d\tf\r")
    assert cleaned == ("a\nb\nc\n\nde\ufffd\tf\n", ["CR", "LF", "CRLF"])


@pytest.mark.parametrize(
    "data",
    [
        (HALF + b"\n") * 300_000,
        HALF * 300_000,
        codecs.BOM_UTF16_LE + b"\0\xd8" * 500_000,
        codecs.BOM_UTF32_LE + b"\xff" * 1_000_000,
        "tide\n".encode("utf-16-le") * 20_000 + b"\0\xd8" * 500_000,
        "海 🌊\n".encode() * 30_000 + b"\xe2\x82\n" * 300_000,
    ],
    ids=["halves in lines", "halves", "UTF-16", "UTF-32", "UTF-16 without a mark", "UTF-8"],
)
def test_a_reading_of_which_too_much_is_lost_is_given_up(data, calls):
    try:
        text = decode(data, name="notes.txt").text
        assert text.count("\ufffd") <= 0.01 * len(text)
    except UserError as error:
        assert "could not be detected" in error.message or isinstance(error, NotTextError)
    assert max(calls) <= pieces.PIECE_SIZE


def test_a_file_of_halves_of_surrogate_pairs_is_no_text():
    with pytest.raises(UserError, match=r"The encoding of notes\.txt could not be detected"):
        decode((HALF + b"\n") * 1000, name="notes.txt")


def test_a_codec_that_holds_everything_back_is_called_a_few_times_only(calls, monkeypatch):
    monkeypatch.setattr(pieces, "PIECE_SIZE", 8)
    text = "日本語" * 4000
    assert pieces.decode(text.encode("utf-7"), "utf-7") == text
    assert len(calls) < 20


def test_many_encodings_of_one_archive_are_guessed_from_a_bounded_sample(monkeypatch):
    read = []
    monkeypatch.setattr(
        guessing,
        "sample",
        lambda data, most=0, real=guessing.sample: read.append(most) or real(data, most),
    )
    line = "Un élève répétait la leçon à voix basse.\n".encode("cp1252")
    decode(zipped({f"{number}.txt": line * 2000 for number in range(40)}), name="notes.zip")
    assert sum(read) < 40 * 8_000 + 3 * guessing.SAMPLE_BYTES


def test_names_of_any_length_are_sorted():
    names = ["9" * 60_000 + end for end in ("a", "b")]
    assert sorted([*names, "10", "9"], key=zip_files.natural_key)[:2] == ["9", "10"]
