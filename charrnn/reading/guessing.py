"""Which encoding some bytes are probably in, when nothing in them says so.

charset-normalizer knows a hundred encodings and errs on their nearest neighbours: it takes an
English page in Windows-1252 for Windows-1250, and Shift JIS for Korean. So the encodings that
people's files are really in are tried as well, and each reading is scored by one question: how
many of its characters beyond ASCII could stand in a text of a single language? A reading that
needs the letters of two languages, a capital inside a word or a Greek letter beside a Latin one
is a wrong reading. Where no reading is convincing, charset-normalizer's own verdict stands.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from itertools import pairwise

import charset_normalizer

SAMPLE = 64 * 1024  # bytes looked at; charset-normalizer is slow on megabytes

_BEFORE = 200  # bytes of plain ASCII kept before the first others of a line
_PAIRS = 8_000  # characters whose neighbours are looked at
_CONVINCING = 0.8  # share of characters that must fit one language
_LOST = 5.0  # what an undecodable byte weighs against a character that does not fit

# Superset decoders, as in browsers: files labelled with the first are often in the second.
SUPERSETS = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "iso8859-1": "cp1252",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}

# Tried in this order; the earlier one wins a draw, after charset-normalizer's favourite.
_COMMON = (
    *("cp1252", "cp1250", "iso8859-2"),
    *("cp1251", "koi8-r", "koi8-u", "iso8859-5", "cp866", "mac-cyrillic"),
    *("cp1253", "iso8859-7", "cp1254", "cp1255", "cp1256", "cp1257", "mac-roman", "cp850"),
    *("gb18030", "big5hkscs", "cp932", "euc_jp", "cp949"),
)
# Known to charset-normalizer, and too rare for its eagerness to see them.
_ODDITIES = [
    *("hp_roman8", "mac_iceland", "mac_turkish", "cp775", "cp1125", "ptcp154", "kz1048"),
    *("iso8859_10", "iso8859_14", "iso8859_16", "euc_jis_2004", "euc_jisx0213"),
    *("shift_jis_2004", "shift_jisx0213"),
]

_PUNCTUATION = frozenset("«»„“”‘’‚‹›–—…·•©®°§£€¿¡ªº№×½¼\u00a0\u00ad")
# The letters beyond ASCII of languages in which each encoding above is used.
_ALPHABETS = tuple(
    frozenset(letters)
    for letters in (
        "àâæçéèêëîïôœùûüÿ",  # French
        "äöüß",  # German
        "áéíñóúü",  # Spanish
        "àáâãçéêíóôõú",  # Portuguese
        "àèéìíòóù",  # Italian
        "åäöæøéü",  # Danish, Norwegian, Swedish, Finnish
        "áðéíóúýþæö",  # Icelandic
        "äöõüšž",  # Estonian
        "ąćęłńóśźż",  # Polish
        "áčďéěíňóřšťúůýžľĺŕôä",  # Czech, Slovak
        "áéíóöőúüű",  # Hungarian
        "ăâîşţșț",  # Romanian
        "čćđšž",  # Croatian, Slovene
        "çğıiöşüâîû",  # Turkish
        "āčēģīķļņšūž",  # Latvian
        "ąčęėįšųūž",  # Lithuanian
        "абвгдежзийклмнопрстуфхцчшщъыьэюяё",  # Russian, Bulgarian
        "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",  # Ukrainian
        "абвгдђежзијклљмнњопрстћуфхцчџш",  # Serbian
        "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ",  # Greek
        "אבגדהוזחטיךכלםמןנסעףפץצקרשת",  # Hebrew
        "ابتثجحخدذرزسشصضطظعغفقكلمنهويىةءآأؤإئپچژگ،؛؟ـ\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652",
    )
)
# The first level of each East Asian standard holds the characters in daily use; its range of
# lead bytes tells them from the rare ones that a wrong reading is full of.
_DAILY_USE = (
    ("gb2312", 0xB0, 0xD7),  # Simplified Chinese
    ("big5", 0xA4, 0xC6),  # Traditional Chinese
    ("euc_jp", 0xB0, 0xCF),  # Japanese
    ("euc_kr", 0xB0, 0xC8),  # Korean
)


def sample(data: bytes) -> bytes:
    """At most `SAMPLE` bytes of the lines that are not plain ASCII, which tell nothing."""
    lines: list[bytes] = []
    size = end = 0
    beyond_ascii = re.compile(rb"[\x80-\xff]")
    # No encoding here uses the bytes of LF or CR within a character, so lines are safe to cut.
    line_end = re.compile(rb"[\r\n]")
    while size < SAMPLE and (found := beyond_ascii.search(data, end)):
        before = max(end, found.start() - _BEFORE)
        start = 1 + max(data.rfind(end_, before, found.start()) for end_ in (b"\n", b"\r"))
        start = start or before
        stop = line_end.search(data, found.start())
        end = min(stop.end() if stop else len(data), start + SAMPLE - size)
        lines.append(data[start:end])
        size += end - start
    return b"".join(lines)


def rank(piece: bytes) -> list[str]:
    """The names of the encodings that `piece` may be in, the likeliest first.

    The piece may end within a character. Empty if none is likely.
    """
    matches = charset_normalizer.from_bytes(piece, cp_exclusion=_ODDITIES)
    codec_names = (codecs.lookup(match.encoding).name for match in matches)
    known = [SUPERSETS.get(name, name) for name in codec_names]
    # cp1252 goes first: a few accents in English text fit half of Europe's code pages.
    names = list(dict.fromkeys(["cp1252", *known[:1], *_COMMON]))
    scores = {name: _fit(_read(piece, name)) for name in names}
    likely = sorted(names, key=lambda name: -scores[name])
    if scores[likely[0]] < _CONVINCING:
        return known
    return [name for name in likely if scores[name] >= _CONVINCING]


def _read(piece: bytes, encoding: str) -> str:
    # An incremental decoder leaves a character cut off at the end aside.
    return codecs.getincrementaldecoder(encoding)("replace").decode(piece)


def _fit(text: str) -> float:
    """The share of the characters beyond ASCII that one language explains; at most 1."""
    counts = Counter(character for character in text if not character.isascii())
    total = counts.total()
    if not total:
        return 0.0
    alphabets = (
        sum(n for c, n in counts.items() if c in _PUNCTUATION or c.lower() in letters)
        for letters in _ALPHABETS
    )
    east_asian = (
        sum(n for c, n in counts.items() if c in _PUNCTUATION or _in_daily_use(c, *level))
        for level in _DAILY_USE
    )
    explained = max(*alphabets, *east_asian)
    oddness = sum(_oddness(a, b) for a, b in pairwise(text[:_PAIRS]))
    return (explained - oddness) / total - _LOST * counts["\ufffd"] / total


def _in_daily_use(character: str, encoding: str, first: int, last: int) -> bool:
    if "\u3000" <= character <= "\u301f" or "\uff01" <= character <= "\uff5e":
        return True  # full-width punctuation, letters and digits
    if "\u3041" <= character <= "\u30fe":
        return encoding == "euc_jp"  # kana
    encoded = character.encode(encoding, "ignore")
    return len(encoded) == 2 and first <= encoded[0] <= last


def _oddness(a: str, b: str) -> float:
    """How unlikely two neighbours are: 1 for a capital within a word or a change of script."""
    if a.isascii() and b.isascii():
        return 0.0
    if b.isupper() and a.islower():
        return 1.0
    script_a, script_b = _script(a), _script(b)
    if script_a and script_b and script_a != script_b:
        return 1.0
    # KOI8-R read as Windows-1251, and the other way round, comes out in capitals.
    return 0.1 if a.isupper() and b.isupper() else 0.0


def _script(character: str) -> str:
    if not character.isalpha():
        return ""
    if character < "\u0250":
        return "Latin"
    return "other" if "\u0370" <= character < "\u0700" else ""
