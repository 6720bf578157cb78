"""Five lists to learn line by line, made of the project's own words, and what a good line is.

Each list is written by a small grammar, so that whether a line is well formed can be checked: every
word of it is one that the list uses, in a place where the list has such words.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_COUNT = 700  # lines of a list


@dataclass(frozen=True)
class ListOfLines:
    """A list: its name, its lines, and a check of a line."""

    name: str
    lines: tuple[str, ...]
    is_well_formed: Callable[[str], bool]


def lists() -> tuple[ListOfLines, ...]:
    """Return the five lists, the same at each call."""
    return _names(), _titles(), _commits(), _haiku(), _entries()


def _list_of(name: str, make: Callable[[random.Random], str], pattern: str) -> ListOfLines:
    draw, lines = random.Random(name), dict[str, None]()
    while len(lines) < _COUNT:
        lines[make(draw)] = None
    check = re.compile(pattern)
    return ListOfLines(name, tuple(lines), lambda line: check.fullmatch(line) is not None)


def _any(words: Sequence[str]) -> str:
    return f"(?:{'|'.join(map(re.escape, words))})"


_ONSETS = [
    "b",
    "d",
    "f",
    "g",
    "h",
    "k",
    "l",
    "m",
    "n",
    "r",
    "s",
    "t",
    "v",
    "br",
    "dr",
    "gr",
    "kl",
    "st",
    "th",
    "fl",
]
_VOWELS = ["a", "e", "i", "o", "u", "ae", "ia", "ou"]
_CODAS = ["", "n", "r", "l", "s", "m", "nd", "rt"]
_ENDINGS = ["a", "o", "in", "ell", "is", "ane", "eth", "or", "wen", "ika"]


def _names() -> ListOfLines:
    def make(draw: random.Random) -> str:
        count = draw.choice((1, 1, 2))
        parts = [draw.choice(_ONSETS) + draw.choice(_VOWELS) + draw.choice(_CODAS)
                 for _ in range(count)]  # fmt: skip
        return ("".join(parts) + draw.choice(_ENDINGS)).capitalize()

    syllable = f"{_any(_ONSETS)}{_any(_VOWELS)}{_any(_CODAS)}"
    return _list_of("names", make, f"(?i:(?:{syllable}){{1,2}}{_any(_ENDINGS)})")


_KINDS = [
    "Salt",
    "Ash",
    "Winter",
    "Copper",
    "Paper",
    "Quiet",
    "Borrowed",
    "Hollow",
    "Northern",
    "Second",
    "Glass",
    "Last",
]
_THINGS = [
    "Harbor",
    "Orchard",
    "Ferry",
    "Lantern",
    "Archive",
    "Bridge",
    "Garden",
    "Letter",
    "Engine",
    "Kitchen",
    "Map",
]
_OWNERS = [
    "Keeper",
    "Widow",
    "Clerk",
    "Pilot",
    "Gardener",
    "Stranger",
    "Daughter",
    "Printer",
    "Diver",
    "Mason",
]
_PLACES = "the Marsh|Lower Street|the Tide|Dry Hill|the Ninth Floor|Elm Island|the Cold Coast"
_PLACES_LIST = _PLACES.split("|")


def _titles() -> ListOfLines:
    def make(draw: random.Random) -> str:
        kind, thing = draw.choice(_KINDS), draw.choice(_THINGS)
        owner, place = draw.choice(_OWNERS), draw.choice(_PLACES_LIST)
        return draw.choice((
            f"The {kind} {thing}", f"The {owner} of {place}", f"{kind} {thing} of {place}",
            f"The {owner}'s {kind} {thing}", f"A {thing} for the {owner}",
            f"The {owner} and the {kind} {thing}",
        ))  # fmt: skip

    k, t, o, p = _any(_KINDS), _any(_THINGS), _any(_OWNERS), _any(_PLACES_LIST)
    return _list_of(
        "titles",
        make,
        f"The {k} {t}|The {o} of {p}|{k} {t} of {p}|The {o}'s {k} {t}|A {t} for the {o}"
        f"|The {o} and the {k} {t}",
    )


_VERBS = "Fix Add Remove Rename Speed up Document Test Refuse Simplify Log".replace(
    "Speed up", "Speed_up"
).split()
_PARTS = "the parser|the cache|the login page|the exporter|date formats|the retry loop|the queue"
_PARTS_LIST = f"{_PARTS}|error messages|the settings dialog|file names".split("|")
_WHEN = ["when offline", "on Windows", "for empty input", "after a restart", "in dark mode",
         "with two users", "behind a proxy"]  # fmt: skip


def _commits() -> ListOfLines:
    verbs = [verb.replace("_", " ") for verb in _VERBS]

    def make(draw: random.Random) -> str:
        begin = f"{draw.choice(verbs)} {draw.choice(_PARTS_LIST)}"
        return begin if draw.random() < 0.1 else f"{begin} {draw.choice(_WHEN)}"

    return _list_of("commits", make, f"{_any(verbs)} {_any(_PARTS_LIST)}(?: {_any(_WHEN)})?")


_FIVE = [
    "old rain on the roof",
    "a crow on the fence",
    "the kettle is cold",
    "snow fills the footprint",
    "mist over the field",
    "the last train is late",
    "a moth at the lamp",
    "low tide at evening",
    "dust on the piano",
    "first frost on the gate",
]
_SEVEN = [
    "somebody has left the light on",
    "the river carries one red leaf",
    "we count the steps to the sea",
    "my neighbor sings behind the wall",
    "the clock goes on without its hands",
    "a letter waits below the door",
    "even the dog listens to it",
    "nobody asks whose boat it was",
]


def _haiku() -> ListOfLines:
    def make(draw: random.Random) -> str:
        first, last = draw.sample(_FIVE, 2)
        return f"{first} / {draw.choice(_SEVEN)} / {last}"

    five, seven = _any(_FIVE), _any(_SEVEN)
    return _list_of("haiku", make, f"{five} / {seven} / {five}")


_STEMS = [
    "brim",
    "clod",
    "dapple",
    "fettle",
    "glimm",
    "hask",
    "lull",
    "marl",
    "nubb",
    "pell",
    "quill",
    "ruddle",
    "sorrel",
    "thrum",
]
_SUFFIXES = {"er": "n", "ing": "n", "ish": "adj", "en": "v", "ly": "adv", "ock": "n"}
_HEADS = {
    "n": [
        "a small tool",
        "a narrow path",
        "an old song",
        "a thick rope",
        "a wet coat",
        "a low wall",
    ],
    "adj": ["slow", "quick", "hard", "easy"],
    "v": ["to fold", "to sort", "to carry", "to mend"],
    "adv": ["slowly", "softly", "twice"],
}
_TAILS = {
    "n": ["for cutting reeds", "between two fields", "of the last light", "that nobody owns"],
    "adj": ["to dry", "to startle", "to count"],
    "v": ["without a crease", "by weight", "into the wind", "before dawn"],
    "adv": ["and in small steps", "without looking back"],
}


def _entries() -> ListOfLines:
    def make(draw: random.Random) -> str:
        suffix = draw.choice(list(_SUFFIXES))
        kind = _SUFFIXES[suffix]
        gloss = f"{draw.choice(_HEADS[kind])} {draw.choice(_TAILS[kind])}"
        return f"{draw.choice(_STEMS)}{suffix}, {kind}.: {gloss}"

    forms = [
        f"{_any(_STEMS)}{suffix}, {kind}\\.: {_any(_HEADS[kind])} {_any(_TAILS[kind])}"
        for suffix, kind in _SUFFIXES.items()
    ]
    return _list_of("entries", make, "|".join(forms))
