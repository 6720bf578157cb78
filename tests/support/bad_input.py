"""Bad input, one row a case: what a person gives, and what they see.

`REFUSED` are files that are no texts, with the message; `TRAPS` are texts in an encoding that is
easily taken for another, or damaged, with what is read and what the report says of the encoding;
`PASTED` are characters that no file could bring.
"""

from __future__ import annotations

import codecs
import gzip
import io
import pickle
import random
import zipfile

ENGLISH = "It was “naïve”, said the café owner: “the tide clock was right, déjà vu.”\n" * 4
FRENCH = "Où êtes-vous ? Le garçon a été très étonné, çà et là, par l’élève naïf.\n" * 4
CHINESE = "分开不分开，我们还是会重来。风筝在阴天搁浅，想念还在等待救援。\n" * 4
TRADITIONAL = "分開不分開，我們還是會重來。風箏在陰天擱淺，想念還在等待救援。\n" * 4
JAPANESE = "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。\n" * 4
KOREAN = "모든 국민은 인간으로서의 존엄과 가치를 가지며, 행복을 추구할 권리를 가진다.\n" * 4
RUSSIAN = "Все счастливые семьи похожи друг на друга, каждая несчастлива по-своему.\n" * 4
PLAIN = "The tide comes in and the tide goes out, and nobody counts.\n" * 4
HTML = (
    "<script>window.hit=1;alert('tide')</script><img src=x onerror=\"window.hit=1;alert(1)\">\n"
    "{{7*7}} ${window.hit=1} <b>bold</b> &lt;i&gt; </textarea></pre><svg onload=window.hit=1>\n"
) * 8
BIDI = "The \u202etide\u202c clock \u2066was\u2069 right.\u200b\u200e Zero\u2060 width.\n" * 4
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 4


def zipped(members, packing=zipfile.ZIP_DEFLATED):
    """A zip archive of these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packing) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def cut_zip():
    """An archive whose end is missing."""
    return zipped({"a.txt": random.Random(0).randbytes(500).hex()})[:-60]


def encrypted():
    """An archive that says that its file is encrypted."""
    data = bytearray(zipped({"a.txt": "secret"}))
    for start, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(start) + flags] |= 1
    return bytes(data)


SAVE = "save its text as a .txt file first."
CHOOSE = "choose text files (.txt), or a .zip of them."
PICTURE = f"it.txt is a PNG picture, not a text: {CHOOSE}"
BINARY = (
    "it.txt is not plain text: it is full of bytes that do not occur in text. Choose text files "
    "(.txt), or a .zip of them."
)
EMPTY = "it.txt is empty. Choose a text with something in it."
NO_TEXT = "There is no text in it.txt. Choose a .zip of text files (.txt)."
UNTOLD = "The encoding of it.txt could not be detected. Choose it, or save the file as UTF-8."
SHORT = (
    "it.txt is too short: a model learns which character follows which, and there is only one. "
    "Use a longer text."
)
REFUSED = {
    "a picture": (PNG, PICTURE),
    "a PDF": (b"%PDF-1.7\n1 0 obj << >>\n", f"it.txt is a PDF, not a text: {SAVE}"),
    "an empty Word document": (
        zipped({"[Content_Types].xml": "<x/>", "word/document.xml": "<x/>"}),
        EMPTY,
    ),
    "a damaged Word document": (
        zipped({"[Content_Types].xml": "<x/>", "word/document.xml": "<x>"}),
        "it.txt is a Word document that could not be read: it is damaged, or too complicated. To "
        f"use it, {SAVE}",
    ),
    "an Excel document": (
        zipped({"[Content_Types].xml": "<x/>", "xl/workbook.xml": "<x/>"}),
        "it.txt is an Excel document, not a text: save its sheet as a .csv file first.",
    ),
    "rich text": (
        b"{\\rtf1\\ansi hello}",
        f"it.txt is a rich-text (RTF) document, not a text: {SAVE}",
    ),
    "gzip within gzip": (
        gzip.compress(gzip.compress(PLAIN.encode())),
        "it.txt is a gzip archive, not a text: unpack it first, or use a .zip.",
    ),
    "a damaged gzip": (
        gzip.compress(PLAIN.encode())[:-9],
        "it.txt is a damaged gzip archive. Create it again, or choose the text itself.",
    ),
    "a program": (b"\x7fELF\2\1\1\0" + bytes(100), f"it.txt is a program, not a text: {CHOOSE}"),
    "a Windows program": (
        b"MZ\x90\0\3\0\0\0" + bytes(200),
        f"it.txt is a Windows program, not a text: {CHOOSE}",
    ),
    "a pickle": (pickle.dumps({"weights": [1.5] * 20, "n": b"x" * 10}), BINARY),
    "a torch checkpoint": (
        zipped({"m/data.pkl": b"\x80\x02}q\0.", "m/version": "3"}),
        f"it.txt is a PyTorch checkpoint, not a text: {SAVE}",
    ),
    "weights": (b"\x40" + bytes(7) + b'{"w":{"dtype":"F32","shape":[9]}}' + bytes(99), BINARY),
    "a database": (
        b"SQLite format 3\0" + bytes(100),
        "it.txt is an SQLite database, not a text: export its text first.",
    ),
    "a sound": (
        b"RIFF\x24\0\0\0WAVEfmt " + bytes(300),
        f"it.txt is a sound, picture or film file, not a text: {CHOOSE}",
    ),
    "bytes at random": (random.Random(0).randbytes(4000), BINARY),
    "NULs in a text": (b"the tide\0clock\0was\0right\0" * 20, BINARY),
    "NULs only": (bytes(100), BINARY),
    "binary behind a mark of UTF-16": (
        codecs.BOM_UTF16_LE + random.Random(1).randbytes(4000),
        BINARY,
    ),
    "a zip of pictures": (zipped({"a.png": PNG, "b.bin": bytes(range(256)) * 9}), NO_TEXT),
    "an empty zip": (zipped({}), NO_TEXT),
    "a zip within a zip": (
        zipped({"in.zip": zipped({"a.txt": "x y"})}),
        "it.txt holds no text, only another zip archive (in.zip). Unpack it, and "
        "choose that archive or the texts in it.",
    ),
    "a zip within a zip, of an odd name": (
        zipped({"\u202e\x1b[2J" + "x" * 200 + ".zip": zipped({"a.txt": "x y"})}),
        "it.txt holds no text, only another zip archive (\\u202e\\x1b[2J" + "x" * 66 + "…). Unpack "
        "it, and choose that archive or the texts in it.",
    ),
    "a zip whose end is missing": (
        cut_zip(),
        "it.txt is a damaged zip archive. Create it again, or choose the texts themselves.",
    ),
    "a zip with a password": (
        encrypted(),
        "it.txt is encrypted. Unpack it, and choose the texts themselves.",
    ),
    "a zip packed oddly": (
        zipped({"a.txt": PLAIN}, zipfile.ZIP_BZIP2),
        "it.txt uses an unsupported compression. Make an ordinary .zip of the texts.",
    ),
    "a zip of too many files": (
        zipped({str(i): "" for i in range(1001)}, zipfile.ZIP_STORED),
        "it.txt holds more than 1,000 files. Put the texts into fewer files.",
    ),
    "a zip bomb": (
        zipped({"a.txt": bytes([65]) * (101 << 20)}),
        "it.txt holds more than 100 MB, the limit here. Choose a part of it.",
    ),
    "two encodings, UTF-8 and Windows-1252": (FRENCH.encode() + FRENCH.encode("cp1252"), UNTOLD),
    "two encodings, UTF-8 and GBK": (CHINESE.encode() + CHINESE.encode("gbk"), UNTOLD),
    "nothing": (b"", EMPTY),
    "a byte order mark only": (codecs.BOM_UTF8, EMPTY),
    "white space only": (b" \n\t\r\n\x0c", EMPTY),
    "control characters only": (b"\x1b\x08" * 50, EMPTY),
    "one character": ("分".encode(), SHORT),
}


def trap(text, codec, encoding, mark=b""):
    """A text that is read as it was."""
    return mark + text.encode(codec), text, encoding


DAMAGED = "{} ({} unreadable character{} replaced)"

TRAPS = {
    "UTF-8 with a mark": trap(ENGLISH, "utf-8-sig", "UTF-8 with BOM"),
    "UTF-16 LE with a mark": trap(ENGLISH, "utf-16-le", "UTF-16", codecs.BOM_UTF16_LE),
    "UTF-16 BE with a mark": trap(ENGLISH, "utf-16-be", "UTF-16", codecs.BOM_UTF16_BE),
    "UTF-32 LE with a mark": trap(CHINESE, "utf-32-le", "UTF-32", codecs.BOM_UTF32_LE),
    "UTF-32 BE with a mark": trap(CHINESE, "utf-32-be", "UTF-32", codecs.BOM_UTF32_BE),
    "UTF-16 LE": trap(ENGLISH, "utf-16-le", "UTF-16 LE"),
    "UTF-16 BE": trap(ENGLISH, "utf-16-be", "UTF-16 BE"),
    "UTF-16 LE, Chinese": trap(CHINESE, "utf-16-le", "UTF-16 LE"),
    "UTF-16 BE, Chinese": trap(CHINESE, "utf-16-be", "UTF-16 BE"),
    "UTF-32 LE": trap(ENGLISH, "utf-32-le", "UTF-32 LE"),
    "UTF-32 BE": trap(CHINESE, "utf-32-be", "UTF-32 BE"),
    "Latin-1": trap(FRENCH.replace("’", "'"), "latin-1", "Windows-1252"),
    "Windows-1252": trap(ENGLISH, "cp1252", "Windows-1252"),
    "GBK": trap(CHINESE, "gbk", "GB18030"),
    "GB18030": trap(CHINESE + "𠀀\n", "gb18030", "GB18030"),
    "Big5": trap(TRADITIONAL, "big5", "Big5"),
    "Shift JIS": trap(JAPANESE, "shift_jis", "Shift JIS"),
    "EUC-JP": trap(JAPANESE, "euc_jp", "EUC-JP"),
    "ISO-2022-JP": trap(JAPANESE, "iso2022_jp", "ISO-2022-JP"),
    "EUC-KR": trap(KOREAN, "euc_kr", "Korean (CP949)"),
    "KOI8-R": trap(RUSSIAN, "koi8-r", "KOI8-R"),
    "Windows-1251": trap(RUSSIAN, "cp1251", "Windows-1251"),
    "CESU-8": (
        PLAIN.encode() + b"wave \xed\xa0\xbc\xed\xbc\x8a here\n",
        PLAIN + "wave 🌊 here\n",
        "CESU-8",
    ),
    "half a pair in UTF-8": (
        PLAIN.encode() + b"x \xed\xa0\xbd y\n",
        PLAIN + "x \ufffd y\n",
        DAMAGED.format("UTF-8", 1, ""),
    ),
    "half a pair in UTF-16": (
        (PLAIN + "x \ud83d y\n").encode("utf-16", "surrogatepass"),
        PLAIN + "x \ufffd y\n",
        DAMAGED.format("UTF-16", 1, ""),
    ),
    "UTF-8 cut in a character": (
        CHINESE.encode()[:-2],
        CHINESE[:-2] + "\ufffd",
        DAMAGED.format("UTF-8", 1, ""),
    ),
    "GBK cut in a character": (
        CHINESE.encode("gbk")[:-2],
        CHINESE[:-2] + "\ufffd",
        DAMAGED.format("GB18030", 1, ""),
    ),
    "UTF-16 cut in a character": (
        ENGLISH.encode("utf-16")[:-1],
        ENGLISH[:-1] + "\ufffd",
        DAMAGED.format("UTF-16", 1, ""),
    ),
    "a wrong byte in UTF-8": (
        CHINESE[:30].encode() + b"\xff" + CHINESE[30:].encode(),
        CHINESE[:30] + "\ufffd" + CHINESE[30:],
        DAMAGED.format("UTF-8", 1, ""),
    ),
    # Read as what it may well be, and never as the slash that it stands for in careless decoders.
    "overlong UTF-8": (PLAIN.encode() + b"\xc0\xaf\n", PLAIN + "政\n", "EUC-JP"),
    "one NUL": (PLAIN[:50].encode() + b"\0" + PLAIN[50:].encode(), PLAIN, "UTF-8"),
    "escapes of a terminal": (b"\x1b[31mred\x1b[0m tide\n" * 9, "[31mred[0m tide\n" * 9, "UTF-8"),
    "old ends of lines": (b"a\rb\r\nc\x0cd\xc2\x85e\xe2\x80\xa8f", "a\nb\nc\nd\ne\nf", "UTF-8"),
    "what turns the reading direction": trap(BIDI, "utf-8", "UTF-8"),
    "HTML and script": trap(HTML, "utf-8", "UTF-8"),
    "one distinct symbol": trap("a" * 5000, "utf-8", "UTF-8"),
    "every plane": trap(
        "a\u0301\U00020000\U0001f469\u200d\U0001f467\ue000\ufdd0\U0010ffff" * 5, "utf-8", "UTF-8"
    ),
}

PASTED = {
    "halves of surrogate pairs": ("a\ud83dz\udc00" * 100, "a\ufffdz\ufffd" * 100),
    "NULs": ("ti\0de\0" * 100, "tide" * 100),
    "what turns the reading direction": (BIDI, BIDI),
    "HTML and script": (HTML, HTML),
    "every control character": (
        "".join(map(chr, range(0xA0))) * 9,
        ("\t\n\n\n\n" + "".join(map(chr, range(32, 127))) + "\n") * 9,
    ),
}
