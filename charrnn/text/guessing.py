"""Guess the encoding of some bytes when nothing in them declares it.

charset-normalizer knows a hundred encodings and errs on their nearest neighbors: it takes an
English page in Windows-1252 for Windows-1250, and Shift JIS for Korean. So the encodings that
people's files are really in are tried as well. A reading is convincing if nearly all of its
characters beyond ASCII could stand in a text of a single language; one that needs the letters of
two languages, a capital inside a word or a Greek letter beside a Latin one is not. Among the
convincing readings, the one with the most likely characters wins (`charrnn.text.languages`): that
tells apart even encodings that have the same letters in another order, such as Windows-1251 and
KOI8-R in capitals. If no reading is convincing, charset-normalizer's own result stands.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from itertools import pairwise

import charset_normalizer

from . import languages
from .pieces import search

SAMPLE_BYTES = 64 * 1024  # that are analyzed; charset-normalizer is slow on megabytes

_GLANCE_BYTES = 1_000  # to check a text against the encodings of others
_CONTEXT_BYTES = 200  # of plain ASCII kept before the first other bytes of a line
_MAX_PAIR_CHARACTERS = 8_000  # whose neighbors are checked
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_MIN_FITTING_SHARE = 0.8  # of the characters must fit one language
_LOST_PENALTY = 5.0  # of an undecodable byte, in characters that do not fit

# Superset decoders, as in browsers: files labeled with the first are often in the second.
SUPERSETS = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "iso8859-1": "cp1252",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}

# Tried in this order; the earlier one wins a tie. The number is how much more likely, in nats,
# the characters of a reading in a rarer encoding must be.
_COMMON_CODECS = {
    **dict.fromkeys(("cp1252", "gb18030", "cp932", "big5hkscs", "cp949"), 0.0),
    **dict.fromkeys(("cp1251", "koi8-r", "cp1250", "cp1253", "cp1254"), 0.5),
    **dict.fromkeys(("cp1255", "cp1256", "cp874", "euc_jp", "cp1257", "cp1258"), 1.0),
    **dict.fromkeys(("iso8859-2", "koi8-u", "cp866", "iso8859-5", "iso8859-6"), 2.0),
    **dict.fromkeys(("iso8859-7", "cp437", "cp850", "cp852", "mac-roman", "mac-cyrillic"), 4.0),
}
_RARE_CODEC_NATS = 6.0  # the same for a codec that only charset-normalizer proposes

# Costs of neighbors, in nats: a capital after small letters, a capital in a text in capitals,
# another script than that of the letter before, and what hardly occurs in a word (`_is_odd`).
_CAPITAL_NATS, _ALL_CAPITALS_NATS, _SCRIPT_SWITCH_NATS, _ODD_NATS = 2.0, 0.1, 3.0, 7.0
_REPEATED_FRAME_NATS = 7.0  # subtracted for each repetition of a sign that draws a line
# Half-width katakana come in runs: a single one is a symbol of another encoding.
_LONE_KATAKANA = re.compile("(?<![\uff61-\uff9f])[\uff61-\uff9f](?![\uff61-\uff9f])")
_FINAL_FORMS = frozenset("ςךםןףץ")  # letters as written at the end of a word

# Known to charset-normalizer, which proposes them far more often than they occur.
_IGNORED_CODECS = [
    *("hp_roman8", "mac_iceland", "mac_turkish", "cp775", "cp1125", "ptcp154", "kz1048"),
    *("iso8859_10", "iso8859_14", "iso8859_16", "euc_jis_2004", "euc_jisx0213"),
    *("shift_jis_2004", "shift_jisx0213"),
]


def sample(data: bytes, most: int = SAMPLE_BYTES) -> bytes:
    """Return at most `most` bytes of the lines that are not plain ASCII."""
    lines: list[bytes] = []
    size = end = 0
    # No encoding here uses the bytes of LF or CR within a character, so lines are safe to cut.
    line_end = re.compile(rb"[\r\n]")
    while size < most and (found := search(_BEYOND_ASCII, data, end)) is not None:
        before = max(end, found - _CONTEXT_BYTES)
        start = 1 + max(data.rfind(end_, before, found) for end_ in (b"\n", b"\r"))
        start = start or before
        longest = start + most - size
        stop = line_end.search(data, found, longest)
        end = stop.end() if stop else min(longest, len(data))
        lines.append(data[start:end])
        size += end - start
    return b"".join(lines)


def rank(piece: bytes) -> list[str]:
    """Return the names of the encodings that `piece` may be in, the most likely first.

    A piece as long as a sample may end within a character. Empty if none is likely.
    """
    matches = charset_normalizer.from_bytes(piece, cp_exclusion=_IGNORED_CODECS)
    codec_names = (codecs.lookup(match.encoding).name for match in matches)
    known = [SUPERSETS.get(name, name) for name in codec_names]
    names = _COMMON_CODECS | {
        name: _RARE_CODEC_NATS for name in known[:1] if name not in _COMMON_CODECS
    }
    readings = {name: decode_sample(piece, name) for name in names}
    convincing = [
        name for name, text in readings.items() if _fitting_share(text) >= _MIN_FITTING_SHARE
    ]
    if not convincing:
        return known
    # Ties are common: a few accents in English text fit half of Europe's code pages.
    return sorted(convincing, key=lambda name: names[name] + _nats(readings[name]))


def is_convincing(piece: bytes, encoding: str) -> bool:
    """Check whether nearly all characters beyond ASCII of a short piece fit one language."""
    cut = len(piece) > _GLANCE_BYTES
    return (
        _fitting_share(decode_sample(piece[:_GLANCE_BYTES], encoding, cut=cut))
        >= _MIN_FITTING_SHARE
    )


def decode_sample(piece: bytes, encoding: str, *, cut: bool = False) -> str:
    """Decode a piece; leave out a broken character at its end if it is a full sample or `cut`."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    return decoder.decode(piece, final=not cut and len(piece) < SAMPLE_BYTES)


def _fitting_share(text: str) -> float:
    """Return the share of the characters beyond ASCII that one language explains; at most 1."""
    counts = Counter({c: n for c, n in Counter(text).items() if not c.isascii()})
    total = counts.total()
    if not total:
        return 0.0
    odd = sum(
        n for pair, n in Counter(pairwise(text[:_MAX_PAIR_CHARACTERS])).items() if _is_odd(*pair)
    )
    return (languages.count_known(counts) - odd - _LOST_PENALTY * counts["\ufffd"]) / total


def _nats(text: str) -> float:
    """Return −ln p of a reading in the language that suits it best, to the nearest hundredth."""
    total, before, letter = languages.nats(Counter(text)), " ", " "
    total += _ODD_NATS * len(_LONE_KATAKANA.findall(text))
    for character in text[:_MAX_PAIR_CHARACTERS]:
        if not (character.isascii() and letter.isascii()):
            total += _transition_nats(before, letter, character)
        if character.isalpha():
            letter = character
        before = character
    return round(total, 2)


def _transition_nats(before: str, letter: str, following: str) -> float:
    """Return the cost of a character after another one, and after the last letter so far."""
    if following == before and following in languages.FRAMES:
        return -_REPEATED_FRAME_NATS
    if _is_odd(before, following):
        return _ODD_NATS
    if not following.isalpha():
        return _SCRIPT_SWITCH_NATS if following.isdigit() and _script(before) else 0.0
    cost = 0.0
    if _script(following) != _script(letter):
        # Languages of East Asia are written without spaces, but their words are apart.
        apart = "" in (_script(following), _script(letter))
        cost += 0.0 if apart and not before.isalpha() else _SCRIPT_SWITCH_NATS
    if following.isupper() and not following.isascii():
        cost += _ALL_CAPITALS_NATS if letter.isupper() else _CAPITAL_NATS
    return cost


def _is_odd(a: str, b: str) -> bool:
    """Check whether `b` hardly ever follows `a`.

    Odd are a capital or a final form's successor within a word, and a change of script.
    """
    if a.isascii() and b.isascii():
        return False
    if (b.isupper() and a.islower()) or (a in _FINAL_FORMS and b.isalpha()):
        return True
    script_a, script_b = _script(a), _script(b)
    return bool(script_a and script_b and script_a != script_b)


def _script(character: str) -> str:
    if not character.isalpha():
        return ""
    if character < "\u0250":
        return "Latin"
    if "\uff66" <= character <= "\uff9f":
        return "half-width"
    # Scripts of East Asia do not count: they stand beside Latin letters without a space.
    return "other" if "\u0370" <= character < "\u0e80" else ""
