"""Search for hidden units that follow a concept, and score what is found on text not searched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..utils import validation
from ..utils.yield_points import yield_point
from .activations import read_activations
from .concepts import Concept, Marks, Positions, Spans, parse_concept

if TYPE_CHECKING:
    from ..checkpoint import Checkpoint

Floats = NDArray[np.float32]

MAX_FINDINGS = 10
MIN_AUC = 0.7  # on text not searched, of a finding; 0.5 is chance
MIN_R_SQUARED = 0.1
_MIN_MARKED_CHARACTERS = 3  # and unmarked ones, in both parts of the text
_MIN_NUMERIC_CHARACTERS = 20
_BINS = 1024  # of a unit's values in a search
_UNITS_PER_YIELD = 64
_TINY = 1e-30  # so that a unit that never changes has a slope too
_MAX_NUMBERS = 1 << 26  # activations in memory at a time


@dataclass(frozen=True)
class UnitFinding:
    """A hidden unit that follows a concept.

    Attributes:
        layer: Counts from 0, with both directions of a bidirectional one, as in
            `Inspection.hidden`.
        unit: Counts from 0.
        concept: As it was asked for.
        score: On the part of the text that was searched. The area under the ROC curve, 0.5 to 1:
            the probability that the unit tells a marked character from an unmarked one. For a
            numeric concept R², the share of the variance that a straight line explains.
        score_held_out: The same on the rest of the text, with the direction and the line of the
            search.
        quantity: "H", the hidden state, or "C", the memory cell of an LSTM.
        low: Whether the unit is lower, not higher, where the concept holds.
    """

    layer: int
    unit: int
    concept: str
    score: float
    score_held_out: float
    quantity: str = "H"
    low: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as JSON."""
        return asdict(self)


def find_units(
    checkpoint: Checkpoint,
    text: str,
    concept: str | Spans | Concept,
    *,
    count: int = MAX_FINDINGS,
) -> list[UnitFinding]:
    """Return the hidden units that follow a concept in a text, the best first; none if none does.

    `concept` is a name of `CONCEPTS`, a regular expression between slashes, or spans of characters.
    The text is split where half of the marked characters are behind: its first part is searched,
    and the second decides. A finding has an area under the ROC curve of at least 0.7 there, or an
    R² of at least 0.1.

    Raises UserError if the concept is unknown or marks too few characters of either part, and for
    a text that is longer than `max_characters`.
    """
    (found,) = find_units_of_each(checkpoint, text, [concept], count=count)
    if isinstance(found, UserError):
        raise found
    return found


def find_units_of_each(
    checkpoint: Checkpoint,
    text: str,
    concepts: Sequence[str | Spans | Concept],
    *,
    count: int = MAX_FINDINGS,
) -> list[list[UnitFinding] | UserError]:
    """Return for each concept what `find_units` returns, or the error that it raises.

    The text is read once. Raises UserError if it is too long, and for an unknown concept.
    """
    validation.check_checkpoint(checkpoint)
    parsed = [one if isinstance(one, Concept) else parse_concept(one) for one in concepts]
    check_searchable(checkpoint, text)
    marked = [_mark(concept, text) for concept in parsed]
    if all(isinstance(one, UserError) for one in marked):
        return [one for one in marked if isinstance(one, UserError)]
    activations = read_activations(
        checkpoint, checkpoint.vocabulary.encode(text), _quantities(checkpoint)
    )
    candidates: list[list[_Candidate]] = [[] for _ in marked]
    for quantity, layers in activations.items():
        for layer, values in enumerate(layers):
            columns = _Columns(values)
            for found, one in zip(candidates, marked, strict=True):
                if isinstance(one, _Marked):
                    scores = columns.search(one)
                    found += [(abs(score), quantity, layer, u) for u, score in enumerate(scores)]
    return [
        one if isinstance(one, UserError) else _findings(activations, one, found, count)
        for found, one in zip(candidates, marked, strict=True)
    ]


def check_searchable(checkpoint: Checkpoint, text: str) -> None:
    """Raise UserError if the text has more characters than can be searched at a time."""
    most = max_characters(checkpoint)
    if len(validation.as_text(text, "text")) > most:
        raise UserError(
            "At most {most:,} characters can be searched with this model: choose a part of them.",
            most=most,
            field="text",
        )


def max_characters(checkpoint: Checkpoint) -> int:
    """Return how many characters can be searched at a time: their activations have to fit."""
    config = checkpoint.model.config
    return _MAX_NUMBERS // (config.layer_count * config.hidden_size * len(_quantities(checkpoint)))


def _quantities(checkpoint: Checkpoint) -> tuple[str, ...]:
    """Return the quantities that are searched: the state of the cell."""
    return ("C", "H") if checkpoint.model.config.cell == "lstm" else ("H",)


@dataclass(frozen=True, eq=False)
class _Marked:
    """A concept, what it marks in a text, and the place at which the searched part ends."""

    concept: Concept
    marks: Marks | Positions
    cut: int


_Candidate = tuple[float, str, int, int]  # score, quantity, layer, unit


def _mark(concept: Concept, text: str) -> _Marked | UserError:
    try:
        marks = concept.mark(text)
        cut = _numeric_cut(marks) if concept.numeric else _cut(marks.astype(bool))
    except UserError as error:
        return error
    return _Marked(concept, marks, cut)


class _Columns:
    """The values (N, H) of one layer, to be searched for several concepts."""

    def __init__(self, values: Floats) -> None:
        self._values = values
        self._bins: NDArray[np.uint16] | None = None  # unit by unit, (H, N)

    def search(self, marked: _Marked) -> list[float]:
        """Return, for each unit, how well it follows the marks up to `cut`, with its sign.

        For marks it is 2 · AUC − 1, of values rounded to a thousandth of their range.
        """
        yield_point()
        cut = marked.cut
        if marked.concept.numeric:
            numbers = marked.marks[:cut].astype(np.float64)
            return list(_correlations(self._values[:cut], numbers))
        if self._bins is None:
            self._bins = _bins(self._values)
        chosen = marked.marks[:cut].astype(bool)
        inside, outside = np.flatnonzero(chosen), np.flatnonzero(~chosen)
        scores = []
        for unit, row in enumerate(self._bins):
            if unit % _UNITS_PER_YIELD == 0:
                yield_point()
            marked_counts = np.bincount(row[inside], minlength=_BINS)
            counts = np.bincount(row[outside], minlength=_BINS)
            below = np.cumsum(counts) - counts / 2
            scores.append(float(2 * (marked_counts @ below) / (len(inside) * len(outside)) - 1))
        return scores


def _bins(values: Floats) -> NDArray[np.uint16]:
    """Return which part of its unit's range each value (N, H) is in, unit by unit: (H, N)."""
    least = values.min(axis=0)
    scale = (_BINS - 1) / np.maximum(values.max(axis=0) - least, _TINY)
    bins = np.empty(values.T.shape, np.uint16)
    for unit, row in enumerate(bins):
        row[:] = (values[:, unit] - least[unit]) * scale[unit]
        if unit % _UNITS_PER_YIELD == 0:
            yield_point()
    return bins


def _findings(
    activations: dict[str, Floats], marked: _Marked, candidates: list[_Candidate], count: int
) -> list[UnitFinding]:
    """Return the best candidates by their exact scores, if they hold on the rest of the text."""
    numeric = marked.concept.numeric
    compare = _compare_numbers if numeric else _compare_marks
    least = MIN_R_SQUARED if numeric else MIN_AUC
    findings = []
    for _, quantity, layer, unit in sorted(candidates, key=lambda one: -one[0])[: 2 * count]:
        values = activations[quantity][layer][:, unit]
        score, held_out, low = compare(values, marked.marks, marked.cut)
        findings.append(
            UnitFinding(layer, unit, marked.concept.name, score, held_out, quantity, low)
        )
    findings.sort(key=lambda finding: -finding.score)
    return [finding for finding in findings[:count] if finding.score_held_out >= least]


def roc_auc(marked: Floats, unmarked: Floats) -> float:
    """Return the probability that a marked value exceeds an unmarked one; a tie counts half."""
    ordered = np.sort(unmarked)
    below = np.searchsorted(ordered, marked, "left") + np.searchsorted(ordered, marked, "right")
    return float(below.mean() / (2 * len(unmarked)))


def _correlations(values: Floats, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the correlation (H,) of each column of values (n, H) with numbers (n,)."""
    x, y = values - values.mean(axis=0), numbers - numbers.mean()
    scale = np.sqrt((x.astype(np.float64) ** 2).sum(axis=0) * (y**2).sum())
    correlations: NDArray[np.float64] = np.divide(
        y @ x, scale, out=np.zeros(len(scale)), where=scale > 0
    )
    return correlations


def _compare_marks(values: Floats, marks: Marks | Positions, cut: int) -> tuple[float, float, bool]:
    """Return the area under the ROC curve before and after `cut`, and whether the unit is low."""
    chosen = marks.astype(bool)
    scores = []
    for part in (slice(None, cut), slice(cut, None)):
        x, marked = values[part], chosen[part]
        scores.append(roc_auc(x[marked], x[~marked]))
    low = scores[0] < 0.5
    first, second = (1 - score if low else score for score in scores)
    return first, second, low


def _compare_numbers(
    values: Floats, numbers: Marks | Positions, cut: int
) -> tuple[float, float, bool]:
    """Return R² before and after `cut`, of the line fitted before it, and whether it falls."""
    x, y = values.astype(np.float64), numbers.astype(np.float64)
    deviation = x[:cut] - x[:cut].mean()
    slope = float(deviation @ y[:cut]) / max(float(deviation @ deviation), _TINY)
    offset = y[:cut].mean() - slope * x[:cut].mean()
    scores = []
    for part in (slice(None, cut), slice(cut, None)):
        residual = y[part] - (slope * x[part] + offset)
        scores.append(float(1 - np.square(residual).mean() / y[part].var()))
    return scores[0], scores[1], bool(slope < 0)


def _numeric_cut(numbers: Marks | Positions) -> int:
    """Return the middle. Raises UserError if either half has too few numbers, or equal ones."""
    cut = len(numbers) // 2
    if cut < _MIN_NUMERIC_CHARACTERS or np.ptp(numbers[:cut]) == 0 or np.ptp(numbers[cut:]) == 0:
        raise _too_short_error()
    return cut


def _cut(marks: Marks) -> int:
    """Return where half of the marked characters are behind. Raises UserError for too few."""
    cut = int(np.searchsorted(np.cumsum(marks), (np.count_nonzero(marks) + 1) // 2)) + 1
    for part in (marks[:cut], marks[cut:]):
        marked = int(np.count_nonzero(part))
        if min(marked, len(part) - marked) < _MIN_MARKED_CHARACTERS:
            raise _too_short_error()
    return cut


def _too_short_error() -> UserError:
    return UserError(
        "This text has too few such characters to search in one part of it and to test in "
        "another: give a longer text, or choose something that occurs more often.",
        field="concept",
    )
