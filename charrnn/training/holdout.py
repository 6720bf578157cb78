"""Check before training whether the held-out part can show how well a model learns.

The held-out part is the end of a text. It misleads if the end is unlike the rest (`unlike`), if the
lines are sorted (`sorted`), or if it repeats what came before (`copied`). All checks look at counts
and samples, so they take a fraction of a second for any text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..corpus import Corpus
from ..ngrams.baselines import Baselines, baseline_perplexities, block_baselines
from ..ngrams.kneser_ney import Floats, Integers
from ..split import END
from ..vocabulary import Counts, Ids

# English sentences; `charrnn.ui.run_card.strings` has them in Chinese.
SENTENCES: Mapping[str, str] = {
    "unlike": (
        "The end of the text, which is held out, is unlike the rest: by the character counts of "
        "the rest, it has a perplexity of {held_out}, other parts of the text have {own}, and a "
        "uniform guess {uniform}. So its perplexity says little about what is learned. Shuffle "
        "the lines of the text, or set validation = 0."
    ),
    "sorted": (
        "The lines of the text are sorted, and the last ones, which are held out, begin with "
        "letters that only {share} % of the others begin with. So their perplexity says little "
        "about what is learned. Shuffle the lines, or set validation = 0."
    ),
    "copied": (
        "{share} % of the held-out part also occurs in the rest of the text, word for word. So "
        "its perplexity shows how well the model has memorized the text, not how well it "
        "predicts other text. Use a text without repetitions, or score the model on another one."
    ),
}

DOUBTFUL = frozenset({"unlike", "sorted"})
"""The codes of those with which a held-out perplexity may say nothing of what is learned."""

_LEARNED_SHARE = 0.97  # of the perplexity by counts, below which something was learned
_MIN_CHARACTERS = 100  # held-out characters, to judge them
_MAX_PIECES = 9  # of the rest, each up to as long as the held-out part, to compare it with
_UNLIKE_RATIO = 1.5  # to the worst perplexity of these pieces; ordinary texts stay below
# Characters of a passage to search for; passages; passages searched for at first.
_PASSAGE_CHARACTERS, _PASSAGES, _FIRST_PASSAGES = 50, 32, 8
_MIN_COPIED_SHARE = 0.5  # of the passages found in the rest of a text that repeats itself
# The fewest lines, and held-out lines, to judge an order by; and the most.
_MIN_LINES, _MIN_HELD_OUT_LINES, _MAX_LINES = 50, 5, 400
_LINE_CHARACTERS = 40  # of a line, to sort it by
_MIN_ORDERED_SHARE = 0.98  # of the neighbors in a sorted list
_MAX_SHARED_INITIALS = 0.5  # of the other lines share an initial with the held-out ones


@dataclass(frozen=True)
class HoldoutWarning:
    """A reason not to trust the validation perplexity: a code, as in `SENTENCES`, and figures."""

    code: str
    values: Mapping[str, float]

    @property
    def known(self) -> bool:
        """Whether there is a sentence for it, with a figure for each gap.

        The events of a newer version may hold others.
        """
        gaps = re.findall(r"\{(\w+)\}", SENTENCES.get(self.code, ""))
        return self.code in SENTENCES and set(gaps) <= set(self.values)

    @property
    def words(self) -> dict[str, str]:
        """The figures, formatted for the sentences."""
        return {name: _format_figure(name, value) for name, value in self.values.items()}

    def as_dict(self) -> dict[str, object]:
        """Return it as the `start` event of a run holds it."""
        message = SENTENCES[self.code].format(**self.words)
        return {"code": self.code, "values": dict(self.values), "message": message}


def baselines_of(corpus: Corpus) -> Baselines:
    """Return the perplexities of trivial models on what a corpus holds out.

    The end of a text goes on from the rest. Passages and lines are scored each by itself, as the
    model's evaluation does.
    """
    size = len(corpus.vocabulary)
    if corpus.holdout == END or not len(corpus.held_out):
        return baseline_perplexities(corpus.training, corpus.held_out, size)
    return block_baselines(corpus.training, corpus.held_out_blocks, size)


def unlearned_loss(corpus: Corpus, warnings: Iterable[HoldoutWarning]) -> float:
    """Return the nats per character from which on a held-out part decides which weights are best.

    Infinity for one without a warning. One of another kind decides only about weights that know
    more of it than the symbols' counts, which is what a model learns first: its perplexity may rise
    from then on, and the model of the first steps is no model.
    """
    if not DOUBTFUL & {warning.code for warning in warnings}:
        return math.inf
    return math.log(_LEARNED_SHARE * _perplexity(corpus.held_out, corpus.counts()))


def check(corpus: Corpus) -> list[HoldoutWarning]:
    """Return the reasons not to trust the validation perplexity of a corpus, if any."""
    if len(corpus.held_out) < _MIN_CHARACTERS:
        return []
    at_end = corpus.holdout == END
    found = (_copied(corpus), (_unlike(corpus) or _sorted(corpus)) if at_end else None)
    return [warning for warning in found if warning]


def _unlike(corpus: Corpus) -> HoldoutWarning | None:
    """Compare the held-out part with pieces of the rest, each by the counts of all else in it."""
    training, held_out, size = corpus.training, corpus.held_out, len(corpus.vocabulary)
    counts, length = corpus.counts(), min(len(held_out), len(training) // _MAX_PIECES)
    end, middle = len(training), len(training) // 2
    pieces = [training[end - (i + 1) * length : end - i * length] for i in range(_MAX_PIECES)]
    pieces += [training[:middle], training[middle:]]  # as far from what is counted as the end is
    own = [
        _perplexity(piece, counts - np.bincount(piece, minlength=size))
        for piece in pieces
        if len(piece)
    ]
    perplexity = _perplexity(held_out, counts)
    if perplexity <= _UNLIKE_RATIO * max(own):
        return None
    values = {"held_out": perplexity, "own": float(np.median(own)), "uniform": float(size)}
    return HoldoutWarning("unlike", values)


def _perplexity(ids: Ids, counts: Counts) -> float:
    """Return the perplexity of characters by the `counts` of others.

    Unseen characters share the probability of a new one (Witten and Bell 1991).
    """
    new = np.count_nonzero(counts) / len(counts)
    p: Floats = (counts + new) / (counts.sum() + np.count_nonzero(counts))
    there = np.bincount(ids, minlength=len(counts))
    return float(np.exp(-(there[there > 0] * np.log(p[there > 0])).sum() / len(ids)))


def _copied(corpus: Corpus) -> HoldoutWarning | None:
    """Search for passages of the held-out part in the rest: a few, and if some are there, more."""
    held_out, rest = corpus.held_out, np.ascontiguousarray(corpus.training).tobytes()
    size = held_out.itemsize

    def stands(start: int) -> bool:
        passage = held_out[start : start + _PASSAGE_CHARACTERS].tobytes()
        at = rest.find(passage)
        while at >= 0 and at % size:  # in the middle of a character
            at = rest.find(passage, at + 1)
        return at >= 0

    def share(passages: int) -> float:
        starts = np.linspace(0, len(held_out) - _PASSAGE_CHARACTERS, passages).astype(int).tolist()
        return sum(map(stands, starts)) / passages

    if (
        share(_FIRST_PASSAGES) < _MIN_COPIED_SHARE / 2
        or (copied := share(_PASSAGES)) < _MIN_COPIED_SHARE
    ):
        return None
    return HoldoutWarning("copied", {"share": 100 * copied})


def _sorted(corpus: Corpus) -> HoldoutWarning | None:
    """Look at lines all over the text: are they in order, and how do those at the end begin?"""
    symbols = corpus.vocabulary.symbols
    newline = symbols.index("\n") if "\n" in symbols else len(symbols)
    starts = np.flatnonzero(corpus.ids[:-1] == newline) + 1
    held_out = starts[starts >= len(corpus.training)]
    others = starts[: len(starts) - len(held_out)]
    if len(starts) < _MIN_LINES or len(held_out) < _MIN_HELD_OUT_LINES:
        return None
    lines = list(
        _line_beginnings(corpus, np.concatenate((_evenly_spaced(others), _evenly_spaced(held_out))))
    )
    folded = [line.casefold() for line in lines]
    if not any(_is_sorted(keys) for keys in (lines, folded, lines[::-1], folded[::-1])):
        return None
    cut = len(_evenly_spaced(others))
    initials = {line[:1] for line in folded[cut:]}
    share = sum(line[:1] in initials for line in folded[:cut]) / cut
    return (
        HoldoutWarning("sorted", {"share": 100 * share}) if share < _MAX_SHARED_INITIALS else None
    )


def _evenly_spaced(positions: Integers) -> Integers:
    """Return at most `_MAX_LINES` of them, evenly spaced."""
    if len(positions) <= _MAX_LINES:
        return positions
    chosen: Integers = positions[np.linspace(0, len(positions) - 1, _MAX_LINES).astype(int)]
    return chosen


def _line_beginnings(corpus: Corpus, starts: Integers) -> Iterator[str]:
    for start in starts.tolist():
        text = corpus.vocabulary.decode(corpus.ids[start : start + _LINE_CHARACTERS])
        yield text.partition("\n")[0]


def _is_sorted(lines: list[str]) -> bool:
    """Check whether nearly all neighbors are in order, and not because all lines are the same."""
    pairs = [(one, other) for one, other in pairwise(lines) if one != other]
    ordered = sum(one < other for one, other in pairs)
    return len(pairs) > len(lines) / 2 and ordered >= _MIN_ORDERED_SHARE * len(pairs)


def _format_figure(name: str, value: float) -> str:
    if name == "share":
        return f"{value:.0f}"
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:#.3g}"
