"""Tell a list, whose lines are separate texts, from prose, poems and code.

A list has short lines, few of them blank or indented. Its lines do not continue in the next one:
they end neither in a comma nor where text would have been wrapped, and have one sentence at most.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import median

MIN_LINES = 30  # of a text that may be called a list
_SAMPLES = 5  # of consecutive lines, in a text of many lines
_MAX_SAMPLED_LINES = 2_000  # in all samples
_MAX_MEDIAN, _MAX_LONG = 120, 300  # characters of the median line, and of all but 5 %
_MAX_BLANK_SHARE, _MAX_REPEATED_SHARE = 0.05, 0.2
_MAX_WRAPPED_SHARE = 0.85
_MIN_WORDS_OF_PROSE = 3  # in a line of wrapped prose or verse, on average
_OPEN = re.compile(r"[,;:\-–—(\[{，、；：（]$")
_CODE = re.compile(
    r"[{};]$|^[}#@<]|\(\)|=>|==|^(?:import|from|def|class|return|const|let|function)\b"
)
_SEVERAL_SENTENCES = re.compile(r"\w{3}[.!?][\"'”’)]? +[\"“‘(]?[A-Z]|[。！？].*[^\s。！？”’』」）]")
_FIRST_WORD = re.compile(r"[\x21-\x7e\u00c0-\u024f\u0370-\u052f]+|\S")
_LETTER = re.compile(r"[^\W\d_]")
# What only few lines of a list may match, and the largest share of them.
_UNLIKE_A_LIST: tuple[tuple[Callable[[str], object], float], ...] = (
    (lambda line: line[0].isspace(), 0.05),
    (_OPEN.search, 0.15),
    (_CODE.search, 0.15),
    (_SEVERAL_SENTENCES.search, 0.25),
)


def looks_like_list(lines: Sequence[str]) -> bool:
    """Return whether each line of a text looks like a separate text."""
    some = [lines[number] for number in sampled_lines(len(lines))]
    filled = [line.rstrip() for line in some if line.strip()]
    if len(filled) < MIN_LINES or _share(len(some) - len(filled), len(some)) > _MAX_BLANK_SHARE:
        return False
    lengths = sorted(map(len, filled))
    if median(lengths) > _MAX_MEDIAN or lengths[int(0.95 * len(lengths))] > _MAX_LONG:
        return False
    for test, most in _UNLIKE_A_LIST:
        if _share(sum(bool(test(line)) for line in filled), len(filled)) > most:
            return False
    if _share(len(filled) - len(set(filled)), len(filled)) > _MAX_REPEATED_SHARE:
        return False  # a refrain, or lines of a form
    words = sum(len(line.split()) for line in filled) / len(filled)
    if words < _MIN_WORDS_OF_PROSE and filled[0].isascii():
        return True
    return not _is_wrapped(filled) and not _is_running_on(filled)


def sampled_lines(count: int) -> Sequence[int]:
    """Return the indices of the lines to look at: all, or samples from all over a long text."""
    if count <= _MAX_SAMPLED_LINES:
        return range(count)
    size = _MAX_SAMPLED_LINES // _SAMPLES
    last = count - size
    starts = [last * i // (_SAMPLES - 1) for i in range(_SAMPLES)]
    return [number for start in starts for number in range(start, start + size)]


def _is_wrapped(lines: Sequence[str]) -> bool:
    """Return whether most lines end where the first word of the next would not have fit."""
    width = sorted(map(len, lines))[int(0.98 * len(lines))]
    full = 0
    for line, following in pairwise(lines):
        word = _FIRST_WORD.search(following)
        full += len(line) + 1 + len(word[0] if word else "") > width
    return _share(full, len(lines) - 1) > _MAX_WRAPPED_SHARE


def _is_running_on(lines: Sequence[str]) -> bool:
    """Return whether sentences continue over line ends, as in verse and in wrapped prose.

    Then some lines end a sentence, but many do not and are continued in lower case.
    """
    ends = [line[-1] in ".!?。！？…\"'”’" for line in lines]
    share = _share(sum(ends), len(lines))
    small = 0
    for ended, following in zip(ends, lines[1:], strict=False):
        letter = _LETTER.search(following)
        small += not ended and letter is not None and letter[0].islower()
    return 0.1 < share < 0.75 and (_share(small, len(lines)) > 0.3 or share > 0.15)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
