"""Encodings that are easily mistaken for one another are told apart by which letters are likely."""

import random
import unicodedata

import pytest
from paragraphs import PARAGRAPHS, paragraph

from charrnn.errors import UserError
from charrnn.text.encoding import decode_bytes
from charrnn.text.file_types import NotTextError

VIETNAMESE = (
    "Trời hôm nay rất đẹp, chúng tôi đi dạo bên bờ sông và nói chuyện với người lái đò già. "
    "Ông kể về những năm tháng cũ, khi nước sông còn trong và chợ họp trên thuyền."
)
HEBREW = "שלום עולם, זו שורה קצרה בעברית לבדיקה\n"


def decode(data, encoding=None):
    return decode_bytes(data, name="notes.txt", encoding=encoding)


def as_windows_1258(text):
    """Vietnamese with its tones apart from the letters, as that code page has them."""
    tones = "\u0300\u0301\u0303\u0309\u0323"
    written = ""
    for character in text:
        apart = unicodedata.normalize("NFD", character)
        base = unicodedata.normalize("NFC", "".join(c for c in apart if c not in tones))
        written += base + "".join(c for c in apart if c in tones)
    return written


@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize(
    ("language", "codec", "name"),
    [
        ("Russian", "cp1251", "Windows-1251"),
        ("Russian", "koi8-r", "KOI8-R"),
        ("Ukrainian", "cp1251", "Windows-1251"),
        ("Bulgarian", "cp1251", "Windows-1251"),
        ("Russian", "cp866", "DOS Cyrillic (CP866)"),
        ("Greek", "cp1253", "Windows-1253"),
    ],
)
def test_a_text_in_capitals_is_no_text_in_small_letters(language, codec, name, upper):
    text = paragraph(language, codec)
    text = text.upper().encode(codec, "ignore").decode(codec) if upper else text
    assert decode(text.encode(codec)) == (text, name)
    assert decode((text * 5).encode(codec)) == (text * 5, name)


@pytest.mark.parametrize(
    ("text", "codec", "name"),
    [
        (HEBREW * 5, "cp1255", "Windows-1255"),
        (HEBREW * 5, "iso8859-8", "Windows-1255"),
        ("สวัสดีครับ", "cp874", "Thai (CP874)"),
        ("วันนี้อากาศดีมาก", "cp874", "Thai (CP874)"),
        (as_windows_1258(VIETNAMESE), "cp1258", "Windows-1258"),
        ("今天天气很好", "gb18030", "GB18030"),
        ("你好", "gb18030", "GB18030"),
        ("你好", "big5", "Big5"),
        ("日本語", "shift_jis", "Shift JIS"),
        ("ﾊﾝｶｸ ｶﾀｶﾅ ﾉ ﾃｷｽﾄ ﾃﾞｽ｡\n", "shift_jis", "Shift JIS"),
        ("Wczesnym rankiem łódź wypłynęła z przystani.", "cp852", "DOS Latin (CP852)"),
        ("Привет, мир", "cp1251", "Windows-1251"),
        ("ПРИВЕТ, МИР", "koi8-r", "KOI8-R"),
        ("안녕하세요", "euc-kr", "Korean (CP949)"),
        ("Łódź", "cp1250", "Windows-1250"),
        ("Grüße", "cp1252", "Windows-1252"),
        ("MAS A CANÇÃO CONTINUAVA", "cp1252", "Windows-1252"),
    ],
)
def test_a_short_text_is_read_in_a_common_encoding_of_its_script(text, codec, name):
    assert decode(text.encode(codec)) == (text, name)


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        ("def load(path):\n    # читаем файл настроек\n    return path  # разбор\n", "cp1251"),
        ("╔══════════╗\n║ Привет мир ║\n╚══════════╝\n", "cp866"),
        ("┌──────────┐\n│ Hello      │\n└──────────┘\n", "cp437"),
        ("50° N, ½ price: £20 ±3 µm\n" * 3, "latin-1"),
        ("Use the 设置 menu, then press 确定 to save; 3个文件 in Word文档.\n", "gb18030"),
        ("品名:ﾈｼﾞ M3 数量:100個 単価:120\nﾅｯﾄ 在庫あり\n", "shift_jis"),
        ("x = 5 # η τιμή του x\n", "cp1253"),
        ("בְּרֵאשִׁית בָּרָא אֱלֹהִים\n", "cp1255"),
        ("İSTANBUL’DA GÜNEŞLİ BİR GÜN, ŞİMDİ\n", "cp1254"),
        ("ผมใช้ Windows 10 ที่บ้าน\n", "cp874"),
        ("“It’s raining,” he said — and so it was.\n", "mac_roman"),
        ("ÉLÈVE À L’ÉCOLE: ÇA VA ÊTRE ÉCRIT\n", "cp1252"),
    ],
)
def test_mixtures_of_scripts_signs_and_frames_come_out_as_they_were(text, codec):
    assert decode(text.encode(codec))[0] == text


@pytest.mark.parametrize("told", [None, "iso2022_kr"])
def test_korean_that_shifts_in_and_out_is_no_binary_file(told):
    text = PARAGRAPHS["Korean"]
    assert decode(text.encode("iso2022_kr"), told) == (text, "ISO-2022-KR")


@pytest.mark.parametrize("told", [None, "latin-1", "utf-8"])
def test_a_stray_nul_does_not_make_a_long_text_binary(told):
    line = "The tide clock was right, and the almanac was wrong.\n"
    for text in ("\0" + line, line * 40 + "\0", line * 20_000 + "\0" + line):
        assert decode(text.encode(), told)[0] == text


def test_a_stray_nul_does_not_hide_an_older_encoding():
    text = (PARAGRAPHS["Russian"] + "\n") * 9 + "\0"
    assert decode(text.encode("cp1251")) == (text, "Windows-1251")


@pytest.mark.parametrize("told", [None, "latin-1"])
@pytest.mark.parametrize("share", [0.01, 0.3])
def test_many_nuls_are_not_strays(told, share):
    rng = random.Random(0)
    data = bytes(0 if rng.random() < share else rng.randrange(97, 123) for _ in range(9_000))
    with pytest.raises(NotTextError):
        decode(data, told)


def test_a_file_of_other_bytes_after_a_page_of_text_is_binary():
    data = b"Header: an archive of some kind\n" * 2_000 + random.Random(0).randbytes(80_000)
    with pytest.raises(UserError):
        decode(data)
