"""How likely a character is in a language, to compare readings of the same bytes.

For each language, its letters beyond ASCII are listed by falling frequency. How often each occurs
follows from its rank by Gusein-Zade's law, which fits alphabets and common Chinese characters
alike: the r-th of n has the share (ln(n + 1) − ln r) / n. That is rough, and far more than is
needed to tell "о е а и н т" from "ъ ы щ ц э ф".
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from functools import cache, lru_cache

_QUOTES_AND_DASHES = frozenset("«»„“”‘’‚‹›–—…\u00a0")
# What programs for DOS drew their frames and shadings with.
FRAMES = frozenset(map(chr, range(0x2500, 0x25A0)))
_SIGNS = frozenset("°£€½±•№")
_SYMBOLS = FRAMES | frozenset("·©®™§¥¢¿¡ªº×÷µ¹²³¼¾\u00ad")
PUNCTUATION = _QUOTES_AND_DASHES | _SIGNS | _SYMBOLS

# −ln p of a character that no language accounts for more precisely.
_ASCII_NATS, _QUOTE_NATS, _SIGN_NATS, _SYMBOL_NATS, _FOREIGN_NATS, _LOST_NATS = (
    3.0,
    5.5,
    6.5,
    8.0,
    12.0,
    16.0,
)

_LATIN_SHARE, _OTHER_SHARE = 0.1, 0.8  # share of a text's characters that are beyond ASCII
_COMMON_SHARE, _DAILY_SHARE = 0.7, 0.2  # share of Chinese characters … that are listed here, or not
_DAILY_CHARACTERS = 3_000  # characters in the first level of an East Asian standard, about


@dataclass(frozen=True)
class Language:
    """A language's characters beyond ASCII.

    `letters` are lower-case, by falling frequency, and make up the given `share` of a text. `daily`
    is (codec, first, last) for a language of thousands of characters: those in daily use are the
    first level of its standard, known by the range of their lead bytes.
    """

    letters: str
    share: float
    daily: tuple[str, int, int] | None = None

    def nats(self, character: str) -> float:
        """Return −ln p of a character in a text in this language, whatever its case."""
        letter = _letter_nats(self).get(character) or _letter_nats(self).get(character.lower())
        if letter is not None:
            return letter
        if character.isascii():
            return _ASCII_NATS
        for known, cost in (
            (_QUOTES_AND_DASHES, _QUOTE_NATS),
            (_SIGNS, _SIGN_NATS),
            (_SYMBOLS, _SYMBOL_NATS),
        ):
            if character in known:
                return cost
        if self.is_daily(character):
            forms = "\uff01" <= character <= "\uff9f"  # of other widths than usual
            return _SIGN_NATS if forms else -math.log(_DAILY_SHARE / _DAILY_CHARACTERS)
        return _LOST_NATS if character == "\ufffd" or not character.isprintable() else _FOREIGN_NATS

    def is_daily(self, character: str) -> bool:
        """Check whether a character is in daily use, in a language of thousands of them."""
        if self.daily is None:
            return False
        if "\u3000" <= character <= "\u301f" or "\uff01" <= character <= "\uff5e":
            return True  # full-width punctuation, letters and digits
        encoding, first, last = self.daily
        if "\u3041" <= character <= "\u30fe" or "\uff61" <= character <= "\uff9f":
            return encoding == "euc_jp"  # kana
        encoded = character.encode(encoding, "ignore")
        return len(encoded) == 2 and first <= encoded[0] <= last


@cache
def _letter_nats(language: Language) -> dict[str, float]:
    n = len(language.letters)
    return {
        letter: -math.log(language.share * (math.log(n + 1) - math.log(rank)) / n)
        for rank, letter in enumerate(language.letters, start=1)
    }


def nats(counts: Counter[str]) -> float:
    """Return −ln p of some characters in the one language that makes them the most likely."""
    return min(sum(n * one.nats(c) for c, n in counts.items()) for one in LANGUAGES)


def count_known(counts: Counter[str]) -> int:
    """Count the characters that are known to the one language that knows most of them."""
    by_all, by_some = 0, Counter[int]()
    for character, n in counts.items():
        if character in PUNCTUATION:
            by_all += n
        else:
            by_some.update(dict.fromkeys(_languages_with(character), n))
    return by_all + max(by_some.values(), default=0)


@lru_cache(maxsize=1 << 16)
def _languages_with(character: str) -> frozenset[int]:
    """Return the indices in `LANGUAGES` of those in which a text may hold the character."""
    by_letter = _languages_by_letter()
    daily = {place for place, one in enumerate(LANGUAGES) if one.is_daily(character)}
    none = frozenset[int]()
    return by_letter.get(character, none) | by_letter.get(character.lower(), none) | daily


@cache
def _languages_by_letter() -> dict[str, frozenset[int]]:
    letters = set().union(*(one.letters for one in LANGUAGES))
    return {
        letter: frozenset(place for place, one in enumerate(LANGUAGES) if letter in one.letters)
        for letter in letters
    }


_LATIN = (
    "éàèêçùûôîâœëïæüÿ",  # French
    "üäöß",  # German
    "óíáéñúü",  # Spanish
    "ãáçéíêóõâúàô",  # Portuguese
    "èàùòìéíó",  # Italian
    "åøäöæéü",  # Danish, Norwegian, Swedish, Finnish
    "áðíöþéóúæý",  # Icelandic
    "äõüöšž",  # Estonian
    "łęąóżśćńź",  # Polish
    "íáěéčýžšřůúňóťďôľäĺŕ",  # Czech, Slovak
    "áéöóőíüűú",  # Hungarian
    "ăîâşţșț",  # Romanian
    "čšžćđ",  # Croatian, Slovene
    "ıüşğçöİâîû",  # Turkish
    "āīšēņūžķļģčōŗ",  # Latvian
    "ėšžįųūčąę",  # Lithuanian
    # Vietnamese, its tones written after the letter as Windows-1258 has them.
    "đư\u0301\u0300ơâô\u0323êàá\u0309ă\u0303íéóúìòùýèãõ",
)
_OTHERS = (
    "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё",  # Russian
    "аоиентрсвлкдпмзуъбгчцщжйхяшфюь",  # Bulgarian
    "оанивітерслкдмупязьбгйчшхцюжїєщфґ",  # Ukrainian
    "аніеорыстлкдўвпмяубзгчцьйшхжюфэё",  # Belarusian
    "аоиенсрјтукдмпвзљгбчцшњхжћђфџ",  # Serbian
    "αοιετσνηυρπκμλςωδγχθίάόφέήύβώξζψϊϋΐΰ",  # Greek
    "יוהלארמתבשנםחדפקעכזגטצסןךףץ\u05b8\u05b0\u05b7\u05bc\u05b4\u05b6\u05b5\u05b9\u05c1\u05bb\u05c2"
    "\u05b1\u05b2\u05b3־״׳",  # Hebrew, its vowel points last
    "المينتروبدعسفهكةقحجأشصىطخضذزثئءغظإآؤ،ـپچژگ؛؟\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652",
    "านรอกเง่มยลวดท้สตะัปบคหแจพชขใไโผื็ุูีิ์ซณถภศำธษญฟึฐฉๆฮฎฏฒฑฆฬฌฤฯ",  # Thai
    # Japanese in the half-width katakana of old terminals.
    "ｲﾝｽﾄﾙﾞｰｸｼﾀﾗﾘｱﾃﾊｶｵﾅｯﾌﾚｺｷﾌﾟﾏﾋﾌｳﾆﾛﾁﾜﾑﾒﾐﾎﾔｼｮｬﾕﾓﾍﾇﾂｿﾖｻﾉﾈｴｹｾｭｪｨｰ｡､｢｣･ｧｫｦ",
)
_COMMON_SIMPLIFIED = (
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里"
    "用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实"
    "日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政"
    "美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员"
    "解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件"
    "计管期市直德资命山金指许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完"
)
_COMMON_TRADITIONAL = (
    "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡"
    "用道行所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因只從想實"
    "日軍者意無力它與長把機十民第公此已工使情明性知全三又關點正業外將兩高間由問很最重並物手應戰向頭文體政"
    "美相見被利什二等產或新己制身果加西斯月話合回特代內信表化老給世位次度門任常先海通教兒原東聲提立及比員"
)
_COMMON_JAPANESE = (
    "のいしにるたをとはがてなでかれもらすきっまりこくうさあそよけんだせつどめばえみわちろやおじーンスほトル"
    "ねイラびアリクむシげドタふロべジひコレマフテュぶプバサずデキへカゆナオチムセニミパグぼョぎメャぐウエケ"
    "日一国会人年大十二本中長出三同時政事自行社見月分議後前民生連五発間対上部東者党地合市業内相方四定今回"
    "新場金員九入選立開手米力学問高代明実円関決子動京全目表戦経通外最言氏現理調体化田当八六約主題下首意法"
)
_COMMON_KOREAN = (
    "이다는의에을가고하를지은한로도있기사서인그으나리자어대시아해정수들게일라전제보구부스면상니주원만와장여"
    "성조과거기마국적우신동오경공비세방했무것생안중었관내문화소요분선말연계발때년교용모현간유학물반까실당려"
)
# Punctuation that the languages of East Asia share, where it falls among their characters.
_FULL_STOPS = "，。、"


def _east_asian(common: str, codec: str, first: int, last: int) -> Language:
    letters = common[:3] + _FULL_STOPS + common[3:]
    return Language("".join(dict.fromkeys(letters)), _COMMON_SHARE, (codec, first, last))


# The first level of each East Asian standard holds the characters in daily use; its range of
# lead bytes tells them from the rare ones that a wrong reading is full of.
LANGUAGES = (
    *(Language("".join(dict.fromkeys(letters)), _LATIN_SHARE) for letters in _LATIN),
    *(Language("".join(dict.fromkeys(letters)), _OTHER_SHARE) for letters in _OTHERS),
    _east_asian(_COMMON_SIMPLIFIED, "gb2312", 0xB0, 0xD7),
    _east_asian(_COMMON_TRADITIONAL, "big5", 0xA4, 0xC6),
    _east_asian(_COMMON_JAPANESE, "euc_jp", 0xB0, 0xCF),
    _east_asian(_COMMON_KOREAN, "euc_kr", 0xB0, 0xC8),
)
