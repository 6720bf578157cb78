"""Split a text into a part to train on and one that is held out.

- `end` holds out the last characters.
- `spread` holds out passages from all over the text, the same for every seed, so that runs can be
  compared. A gap around each is neither trained on nor evaluated, so that no sentence is in both
  parts.
- `lines` holds out lines that the seed draws; equal lines are held out together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..vocabulary import Ids, Vocabulary

END, SPREAD, LINES = "end", "spread", "lines"
HOLDOUTS = (END, SPREAD, LINES)

_MIN_PASSAGE_CHARACTERS = 250  # if enough is held out
_MIN_PASSAGES, _MAX_PASSAGES = 2, 32
_MAX_GAP = 100  # characters, about a sentence
_MAX_GAP_SHARE = 0.2  # of the length of a passage
_MIN_LINES = 10  # different ones that are not empty, in a text of which some are held out
_PASSAGE_SEED = 20  # draws the places of passages; any number would do

Spans = NDArray[np.int64]  # begins and ends of parts of a text, in order: (n, 2)


@dataclass(frozen=True)
class Split:
    """The spans of a text that are trained on, and those that are held out.

    Attributes:
        training: The spans to train on.
        held_out: The held-out spans.
        after_context: Whether a held-out span is evaluated after the character before it, which is
            not scored. If not, the first character of the span is not scored: nothing is before it.
    """

    training: Spans
    held_out: Spans
    after_context: bool = False

    def blocks(self, ids: Ids) -> tuple[Ids, ...]:
        """Return the ids of each held-out span, all but the first of which are to be scored."""
        context = 1 if self.after_context else 0
        return tuple(ids[max(begin - context, 0) : end] for begin, end in self.held_out.tolist())


def split_text(ids: Ids, vocabulary: Vocabulary, share: float, how: str, seed: int) -> Split:
    """Split a text (N,) with about `share` of its characters held out.

    `how` is one of `HOLDOUTS`. Nothing is held out if that is less than two characters. Raises
    UserError if the text has too few lines to hold out some of them.
    """
    count = round(len(ids) * share)
    if count < 2:  # a single character could not be scored
        return Split(_spans([(0, len(ids))]), _spans([]))
    if how == LINES:
        return _hold_out_lines(ids, vocabulary, count, seed)
    if how == SPREAD:
        return _hold_out_passages(ids, vocabulary, count)
    return split_at(len(ids), len(ids) - count)


def split_at(length: int, cut: int) -> Split:
    """Return the split of a text of `length` characters, held out from `cut` on."""
    return Split(_spans([(0, cut)]), _spans([(cut, length)] if cut < length else []))


def join(ids: Ids, spans: Spans) -> Ids:
    """Return the ids in all spans of a text (N,), joined; a view if there is only one span."""
    pieces = [ids[begin:end] for begin, end in spans.tolist()]
    return pieces[0] if len(pieces) == 1 else np.concatenate([ids[:0], *pieces])


def _spans(pairs: list[tuple[int, int]]) -> Spans:
    """Return begins and ends as an array (n, 2)."""
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _hold_out_passages(ids: Ids, vocabulary: Vocabulary, count: int) -> Split:
    """Hold out passages with `count` characters in all, cut at line ends or between words.

    The text is divided into equal stretches, and a passage is held out from each of them.
    """
    passages = min(max(count // _MIN_PASSAGE_CHARACTERS, _MIN_PASSAGES), _MAX_PASSAGES)
    stretch, length = len(ids) / passages, count // passages
    gap = min(_MAX_GAP, int(_MAX_GAP_SHARE * length), int(stretch - length) // 8)
    breaks = [vocabulary.symbols.index(c) for c in "\n " if c in vocabulary.symbols]
    random = np.random.default_rng(_PASSAGE_SEED)
    training, held_out, before = [], [], 0
    for i in range(passages):
        first, last = int(i * stretch), int((i + 1) * stretch)
        free = max(last - first - length - 2 * gap, 0)
        begin = first + gap + int(random.integers(0, free + 1))
        cuts = (begin - gap, begin, begin + length, begin + length + gap)
        left, begin, end, right = (_nearest_break(ids, cut, gap // 4, breaks) for cut in cuts)
        if end > begin:
            training.append((before, left))
            held_out.append((begin, end))
            before = right
    training.append((before, len(ids)))
    return Split(_spans([pair for pair in training if pair[1] > pair[0]]), _spans(held_out), True)


def _nearest_break(ids: Ids, place: int, reach: int, breaks: list[int]) -> int:
    """Return the place after the nearest of the symbols `breaks` within `reach` characters.

    The first of the symbols that occurs there counts. Without any, the place stays.
    """
    begin = max(place - reach, 1)
    window = ids[begin - 1 : place + reach]
    for symbol in breaks:
        places = begin + np.flatnonzero(window == symbol)
        if len(places):
            return int(places[np.argmin(np.abs(places - place))])
    return place


def _hold_out_lines(ids: Ids, vocabulary: Vocabulary, count: int, seed: int) -> Split:
    """Hold out lines that the seed draws, until they have about `count` characters in all.

    Raises UserError for fewer than ten different lines.
    """
    lines = line_spans(ids, vocabulary)
    ending = vocabulary.symbols.index("\n") if "\n" in vocabulary.symbols else -1
    copies: dict[bytes, list[int]] = {}  # the numbers of equal lines
    for i, (begin, end) in enumerate(lines.tolist()):
        line = ids[begin:end]
        if (content := line[:-1] if line[-1] == ending else line).size:
            copies.setdefault(content.tobytes(), []).append(i)
    if len(copies) < _MIN_LINES:
        raise UserError(
            "holdout = lines needs a text of at least {least} different lines; this one has {has}. "
            "Choose holdout = spread.",
            least=_MIN_LINES,
            has=len(copies),
            field="holdout",
        )
    lengths = lines[:, 1] - lines[:, 0]
    groups, chosen, held = [*copies.values()], np.zeros(len(lines), bool), 0
    for i in np.random.default_rng([seed, len(lines)]).permutation(len(groups)).tolist():
        characters = int(lengths[groups[i]].sum())
        if held + characters <= count:
            chosen[groups[i]], held = True, held + characters
        if count - held < 2:
            break
    if not held:  # every line is longer than `count`
        shortest = min(groups, key=lambda group: int(lengths[group].sum()))
        chosen[shortest] = True
    return Split(_runs(lines, ~chosen), lines[chosen], True)


def line_spans(ids: Ids, vocabulary: Vocabulary) -> Spans:
    """Return the begin and the end of each line of a text (N,), with its line end, (n, 2)."""
    ending = vocabulary.symbols.index("\n") if "\n" in vocabulary.symbols else len(vocabulary)
    ends = np.flatnonzero(ids == ending) + 1
    if not len(ends) or ends[-1] < len(ids):
        ends = np.append(ends, len(ids))
    spans: Spans = np.stack((np.append(0, ends[:-1]), ends), axis=1).astype(np.int64)
    return spans


def _runs(lines: Spans, chosen: NDArray[np.bool_]) -> Spans:
    """Return the spans of runs of chosen lines, given those of all lines (n, 2)."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], chosen.astype(np.int8), [0]))))
    return _spans([(int(lines[a, 0]), int(lines[b - 1, 1])) for a, b in edges.reshape(-1, 2)])
