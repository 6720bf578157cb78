"""Check before training whether the held-out part can show how well a model learns.

The held-out part is the end of a text, unless `holdout` says otherwise. It misleads if the end is
of another kind than the rest (`unlike`), if the lines are sorted (`sorted`), or if it stands in the
rest word for word (`copied`). All checks look at counts and samples (`corpus/comparison.py`), so
they take a fraction of a second for any text. Where another part would do better, a warning says
which.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from ..corpus import Corpus
from ..corpus.comparison import Comparison
from ..corpus.split import END, LINES, SPREAD
from ..errors import UserError
from ..ngrams.baselines import Baselines, baseline_perplexities, block_baselines
from ..ngrams.kneser_ney import Integers

_KINDS = {
    "script": (
        "{unseen} % of its characters are symbols that occur nowhere in the rest. It may be in "
        "another script."
    ),
    "table": (
        "{letters} % of its characters are letters, and {own_letters} % in the rest. It may be an "
        "index, a table or another appendix."
    ),
    "language": (
        "It may be in another language, or an appendix, such as notes, a license or an index."
    ),
}
# English sentences; `charrnn.ui.run_card.strings` has them in Chinese.
SENTENCES: Mapping[str, str] = {
    **{
        f"unlike-{kind}": (
            "The end of the text, which is held out, is of another kind than the rest: by the "
            "counts of the rest, it has a perplexity of {held_out}, other parts of the text have "
            f"{{own}}, and a uniform guess {{uniform}}. {clause}"
            " So its perplexity says little about what is learned."
        )
        for kind, clause in _KINDS.items()
    },
    "unlike": (
        "The end of the text, which is held out, is unlike the rest: by the character counts of "
        "the rest, it has a perplexity of {held_out}, other parts of the text have {own}, and a "
        "uniform guess {uniform}. So its perplexity says little about what is learned."
    ),
    "sorted": (
        "The lines of the text are sorted, and the last ones, which are held out, begin with "
        "letters that only {share} % of the others begin with. So their perplexity says little "
        "about what is learned."
    ),
    "copied": (
        "{share} % of the held-out part also occurs in the rest of the text, word for word. So "
        "its perplexity shows how well the model has memorized the text, not how well it "
        "predicts other text. Use a text without repetitions, or score the model on another one."
    ),
    "offer-spread": "Hold out passages from all over the text: set holdout = spread.",
    "offer-lines": "Hold out lines from all over the text: set holdout = lines.",
    "offer-none": "Shuffle the lines of the text, or set validation = 0.",
}

DOUBTFUL = frozenset({"unlike", "sorted"})
"""The codes of those with which a held-out perplexity may say nothing of what is learned."""

_LEARNED_SHARE = 0.97  # of the perplexity by counts, below which something was learned
# Perplexity as a multiple of that of the most unlike part of the rest; ordinary texts stay below
# (measured on 1,900 excerpts of novels, plays and Chinese classics: 0.4 % are above).
_UNLIKE_RATIO, _UNLIKE_BIGRAMS_RATIO = 1.5, 1.6
_UNLIKE_BIGRAMS_RATIO_IF_SHORT = 2.0
_SHORT = 250  # held-out characters
_MIN_UNSEEN = 0.2  # share of unseen symbols in another script
_FEWER_LETTERS = 0.8  # share of letters in a table, as a share of that in the rest
_MIN_COPIED_SHARE = 0.5  # of the passages found in the rest of a text that repeats itself
# The fewest lines, and held-out lines, to judge an order by; and the most.
_MIN_LINES, _MIN_HELD_OUT_LINES, _MAX_LINES = 50, 5, 400
_LINE_CHARACTERS = 40  # of a line, to sort it by
_MIN_ORDERED_SHARE = 0.98  # of the neighbors in a sorted list
_MAX_SHARED_INITIALS = 0.5  # of the other lines share an initial with the held-out ones


@dataclass(frozen=True)
class HoldoutWarning:
    """A reason not to trust the validation perplexity: a code, as in `SENTENCES`, and figures.

    `offer` is the `holdout` with which the text has no such reason; None if there is none.
    """

    code: str
    values: Mapping[str, float]
    offer: str | None = None

    @property
    def known(self) -> bool:
        """Whether there is a sentence for it, with a figure for each gap.

        The events of a newer version may hold others.
        """
        gaps = re.findall(r"\{(\w+)\}", SENTENCES.get(self.code, ""))
        return self.code in SENTENCES and set(gaps) <= set(self.values)

    @property
    def sentences(self) -> tuple[str, ...]:
        """The keys of what to say: what is the matter, and what to do."""
        offer = f"offer-{self.offer}" if self.offer in (SPREAD, LINES) else "offer-none"
        if self.code == "copied" and offer == "offer-none":
            return (self.code,)  # no other part of a text that repeats itself is better
        return self._sentence, offer

    @property
    def _sentence(self) -> str:
        """The key of what is the matter; of another kind of text, what it may be."""
        figures = self.values
        if self.code != "unlike" or not {"unseen", "letters", "own_letters"} <= set(figures):
            return self.code
        if figures["letters"] < _FEWER_LETTERS * figures["own_letters"]:
            return "unlike-table"
        return "unlike-script" if figures["unseen"] >= 100 * _MIN_UNSEEN else "unlike-language"

    @property
    def words(self) -> dict[str, str]:
        """The figures, formatted for the sentences."""
        return {name: _format_figure(name, value) for name, value in self.values.items()}

    def as_dict(self) -> dict[str, object]:
        """Return it as the `start` event of a run holds it."""
        message = " ".join(SENTENCES[key].format(**self.words) for key in self.sentences)
        return {
            "code": self.code,
            "values": dict(self.values),
            "message": message,
            "holdout": self.offer,
        }


def baselines_of(corpus: Corpus) -> Baselines:
    """Return the perplexities of trivial models on what a corpus holds out.

    The end of a text goes on from the rest. Passages and lines are scored each by itself, as the
    model's evaluation does.
    """
    size = len(corpus.vocabulary)
    if corpus.holdout == END or corpus.documents != "none" or not len(corpus.held_out):
        return baseline_perplexities(corpus.training, corpus.held_out, size)
    return block_baselines(corpus.training, corpus.held_out_blocks, size)


def unlearned_loss(corpus: Corpus, warnings: Iterable[HoldoutWarning]) -> float:
    """Return the nats per character from which on a held-out part decides which weights are best.

    Infinity for one without a warning. One of another kind decides only about weights that know
    more of it than the symbols' counts, which is what a model learns first: its perplexity may rise
    from then on, and the model of the first steps is no model.
    """
    comparison = corpus.comparison
    if comparison is None or not DOUBTFUL & {warning.code for warning in warnings}:
        return math.inf
    return math.log(_LEARNED_SHARE) + comparison.nats


def check(corpus: Corpus) -> list[HoldoutWarning]:
    """Return the reasons not to trust the validation perplexity of a corpus, if any."""
    found = _found(corpus)
    offer = _better_part(corpus, found) if found else None
    return [replace(warning, offer=offer) for warning in found]


def _found(corpus: Corpus) -> list[HoldoutWarning]:
    comparison = corpus.comparison
    if comparison is None:
        return []
    found = [_copied(comparison)]
    if corpus.holdout == END and corpus.documents == "none":
        found.append(_unlike(comparison, len(corpus.held_out), corpus) or _sorted(corpus))
    return [warning for warning in found if warning]


def _better_part(corpus: Corpus, found: Iterable[HoldoutWarning]) -> str | None:
    """Return the part of a corpus to hold out instead, against which there is no reason."""
    is_list = "sorted" in {warning.code for warning in found}
    if corpus.documents != "none":
        return None
    for part in (LINES, SPREAD) if is_list else (SPREAD,):
        other = corpus.with_validation(None, part)
        try:
            if part != corpus.holdout and len(other.held_out) > 1 and not _found(other):
                return part
        except UserError:  # too few lines
            continue
    return None


def _unlike(comparison: Comparison, held_out: int, corpus: Corpus) -> HoldoutWarning | None:
    """Judge the counts of unigrams and of bigrams, each by other parts of the text."""
    unigrams = comparison.nats - comparison.most_own_nats > math.log(_UNLIKE_RATIO)
    ratio = _UNLIKE_BIGRAMS_RATIO if held_out >= _SHORT else _UNLIKE_BIGRAMS_RATIO_IF_SHORT
    bigrams = comparison.bigram_nats - comparison.most_own_bigram_nats > math.log(ratio)
    if not unigrams and not bigrams:
        return None
    nats, own = (
        (comparison.nats, comparison.own_nats)
        if unigrams
        else (comparison.bigram_nats, comparison.own_bigram_nats)
    )
    values = {
        "held_out": math.exp(nats),
        "own": math.exp(own),
        "uniform": float(len(corpus.vocabulary)),
        "unseen": 100 * comparison.unseen,
        "letters": 100 * comparison.letters,
        "own_letters": 100 * comparison.own_letters,
    }
    return HoldoutWarning("unlike", values)


def _copied(comparison: Comparison) -> HoldoutWarning | None:
    if comparison.repeated < _MIN_COPIED_SHARE:
        return None
    return HoldoutWarning("copied", {"share": 100 * comparison.repeated})


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
    if name in ("share", "unseen", "letters", "own_letters"):
        return f"{value:.0f}"
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:#.3g}"
