"""Texts, archives and bytes that are not quite what they should be."""

from __future__ import annotations

import io
import json
import random
import re
import struct
import tempfile
import warnings
import zipfile
from pathlib import Path

from fuzz_bytes import ODD, json_value, mutate, odd_text, written

from charrnn.corpus import Corpus

_PROSE = {
    "english": "It was “naïve”, said the café owner; the tide clock was right at last.\r\n",
    "french": "Où êtes-vous ? Le garçon a été très étonné, çà et là, naïf élève français.\n",
    "russian": "Все счастливые семьи похожи друг на друга, каждая несчастлива по-своему.\n",
    "chinese": "分开不分开，我们还是会重来。风筝在阴天搁浅，想念还在等待救援。\n",
    "japanese": "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。\n",
    "korean": "모든 국민은 인간으로서의 존엄과 가치를 가지며, 행복을 추구할 권리를 가진다.\n",
    "greek": "Άνδρα μοι έννεπε, Μούσα, πολύτροπον, ος μάλα πολλά πλάγχθη.\n",
    "thai": "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ\n",
    "hebrew": "בראשית ברא אלהים את השמים ואת הארץ.\n",
    "emoji": "🌊🐚👩‍👩‍👧 e\u0301 \U00020000 \t tide\n",
    "script": "<script>alert('tide')</script><img src=x onerror=alert(1)>\n",
}
_CODECS = (
    "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be",
    "cp1252", "latin-1", "gb18030", "gbk", "big5hkscs", "cp932", "euc_jp", "iso2022_jp",
    "iso2022_kr", "cp949", "cp1251", "koi8-r", "cp1253", "cp874", "cp1255", "cp437", "utf-7", "hz",
    "cp037", "mac-roman",
)  # fmt: skip
_TOLD = (
    *_CODECS, "utf-99", "hex", "zlib", "rot13", "punycode", "idna", "unicode_escape",
    "raw_unicode_escape", "undefined", "mbcs", "\0", "x" * 5000, "\ud800", "UTF8", " utf-8 ",
    "aliases", "../utf_8", "uu", "quopri",
)  # fmt: skip
_FIELDS = {b"PK\x03\x04": 30, b"PK\x01\x02": 46, b"PK\x05\x06": 22}  # records and their lengths


def mutated_text(dice: random.Random) -> tuple[str, bytes | str, str | None]:
    """How it was made; the bytes, or a text that was pasted; the encoding that is told, if any."""
    told = dice.choice(_TOLD) if dice.random() < 0.15 else None
    ways = {
        "encoded": _encoded,
        "spliced": _spliced,
        "bytes": _any_bytes,
        "zip": _zip,
        "zip records": _zip_records,
        "zip bytes": lambda dice: mutate(_zip(dice), dice),
        "large": _large,
    }
    way = dice.choice([*ways, "pasted"])
    if way == "pasted":
        return way, _pasted(dice), None
    return way, ways[way](dice), told


def _encoded(dice: random.Random) -> bytes:
    """A text in some encoding, damaged or cut."""
    text = dice.choice(list(_PROSE.values())) * dice.choice((1, 1, 5, 100))
    if dice.random() < 0.4:
        at = dice.randrange(len(text))
        text = text[:at] + dice.choice(ODD) * dice.choice((1, 20)) + text[at:]
    codec = dice.choice(_CODECS)
    data = text.encode(codec, "ignore")
    return mutate(data, dice) if dice.random() < 0.7 else data[: dice.randrange(len(data) + 1)]


def _spliced(dice: random.Random) -> bytes:
    """Texts in several encodings, one after the other."""
    return b"".join(_encoded(dice) for _ in range(dice.choice((2, 3))))


def _any_bytes(dice: random.Random) -> bytes:
    """Bytes at random, of all values or of some."""
    alphabet = dice.choice((
        range(256), range(128, 256), range(32, 128), (*range(32, 127), *range(128, 256)),
        (0, 65), (0xED, 0xA0, 0x80, 65), (0xC0, 0xAF, 65), (0x1B, 0x24, 0x42, 0x28, 65),
        (0xFF, 0xFE),
        (0x0A, 0x0D, 0x0C, 0x85), (0x81, 0x30, 0x84, 0x31), (0xF0, 0x9F, 0x8C, 0x8A),
    ))  # fmt: skip
    data = bytes(dice.choices(alphabet, k=dice.choice((0, 1, 2, 3, 17, 300, 5_000, 70_000))))
    return dice.choice((b"", b"", b"", b"\xff\xfe", b"\xef\xbb\xbf", b"\0\0\xfe\xff")) + data


def _large(dice: random.Random) -> bytes:
    """A few megabytes of one pattern."""
    size = 3 << 20
    pattern = dice.choice((
        b"a", b"\n", b" ", b"\x0c", b"a\x0b", b"\xe9", b"caf\xe9 ", b"\xe5\x88\x86", b"\xc3",
        b"\xff\xfea\0", b"\x1b$B", b"\x81", b"\x81\x30", b"+AGE-", b"\x1b", b"a\r", b"\xf0\x9f",
        dice.randbytes(3), dice.randbytes(50),
        bytes(dice.choices((*range(32, 127), *range(160, 256)), k=5000)),
    ))  # fmt: skip
    return pattern * (size // len(pattern))


def _pasted(dice: random.Random) -> str:
    """Characters that no file could bring."""
    text = odd_text(dice) + dice.choice((*_PROSE.values(), ""))
    points = [chr(dice.randrange(0x110000)) for _ in range(dice.choice((0, 5, 500)))]
    return (text + "".join(points)) * dice.choice((1, 1, 1, 2000))


def _zip(dice: random.Random) -> bytes:
    """An archive of texts, pictures, archives and files of any name; some are bombs."""
    buffer = io.BytesIO()
    packing = dice.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED,
                           zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))  # fmt: skip
    with zipfile.ZipFile(buffer, "w", packing) as archive:
        for _ in range(dice.choice((0, 1, 1, 2, 5, 60))):
            name = dice.choice((
                "a.txt", "b/ü.txt", "../../up.txt", "/abs.txt", "9" * 3000, "mimetype",
                "content.xml",
                "word/document.xml", "[Content_Types].xml", "a/data.pkl", ".hidden", "dir/",
                odd_text(dice, longest=60).encode("utf-8", "replace").decode() or "x",
            ))  # fmt: skip
            content = dice.choice((
                lambda: _encoded(dice), lambda: _any_bytes(dice), lambda: b"",
                lambda: _small_zip(dice),
                lambda: bytes([dice.choice((0, 65, 0xE9))]) * dice.choice((100, 1 << 20)),
            ))()  # fmt: skip
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a name may come twice
                archive.writestr(_member(name.replace("\0", "") or "x", packing), content)
    return buffer.getvalue()


def _member(name: str, packing: int) -> zipfile.ZipInfo:
    """A file of an archive, of no date: a case is the same whenever it is made."""
    info = zipfile.ZipInfo(name)
    info.compress_type = packing
    return info


def _small_zip(dice: random.Random) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_member("inner.txt", zipfile.ZIP_DEFLATED), _encoded(dice))
        archive.writestr(_member("bomb.bin", zipfile.ZIP_DEFLATED), bytes(1 << 20))
    return buffer.getvalue()


def _zip_records(dice: random.Random) -> bytes:
    """An archive whose records say something else than is true: sizes, places, methods, flags."""
    data = bytearray(_zip(dice))
    for _ in range(dice.choice((1, 1, 2, 5))):
        signature = dice.choice(list(_FIELDS))
        places = [found.start() for found in re.finditer(re.escape(signature), data)][:50]
        if not places:
            continue
        at = dice.choice(places) + dice.randrange(4, _FIELDS[signature])
        width, largest = dice.choice(((1, 0xFF), (2, 0xFFFF), (4, 0xFFFFFFFF)))
        value = dice.choice(
            (0, 1, 2, 8, 12, 99, len(data), largest, largest - 1, dice.getrandbits(32))
        )
        packed = struct.pack("<I", value & largest)[:width]
        data[at : at + width] = packed
    return bytes(data)


def mutated_saved(dice: random.Random) -> tuple[str, bytes]:
    """The two files of a saved corpus, one after the other, with one of them damaged."""
    text = dice.choice(list(_PROSE.values())) * dice.choice((1, 300))
    ids, description = saved(text)
    if dice.random() < 0.5:
        changed = mutate(ids, dice)
        return "ids", struct.pack("<Q", len(changed)) + changed + description
    told = json.loads(description)
    if dice.random() < 0.3:
        told["symbols"] = told["symbols"][: dice.randrange(1, len(told["symbols"]))]
    else:
        told[dice.choice(list(told))] = json_value(dice)
    damaged = written(told, dice).encode("utf-8", "surrogatepass")
    return "description", struct.pack("<Q", len(ids)) + ids + damaged


def saved(text: str) -> tuple[bytes, bytes]:
    """What `Corpus.save` writes for a text: ids.npy and corpus.json."""
    with tempfile.TemporaryDirectory() as place:
        Corpus.from_text(text).save(Path(place))
        return (Path(place) / "ids.npy").read_bytes(), (Path(place) / "corpus.json").read_bytes()
