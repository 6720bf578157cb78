"""Search a text for hidden units that follow a concept, and score them on a held-out part."""

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
MIN_AUC = 0.7  # of a finding, on the held-out part of the text; 0.5 is chance
MIN_R_SQUARED = 0.1  # of a finding for a numeric concept, on the held-out part
_MIN_MARKED_CHARACTERS = 3  # in each part of the text; as many unmarked ones are needed
_MIN_NUMERIC_CHARACTERS = 20  # in each part of the text
_BINS = 1024  # into which a search sorts the values of a unit
_UNITS_PER_YIELD = 64
_TINY = 1e-30  # a divisor in place of 0, for a unit that never changes
_MAX_VALUES = 1 << 26  # activations in memory at a time


@dataclass(frozen=True)
class UnitFinding:
    """A hidden unit that follows a concept.

    Attributes:
        layer: From 0; both directions of a bidirectional layer count, as in `Inspection.hidden`.
        unit: From 0.
        concept: The name of the concept that was searched for.
        score: On the part of the text that was searched. The area under the ROC curve, 0.5 to 1:
            the probability that the unit tells a marked character from an unmarked one. For a
            numeric concept R², the share of the variance that a straight line explains.
        score_held_out: The same on the held-out part, with the sign and the line of the search.
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
    """Return up to `count` hidden units that follow a concept in a text, the best first.

    `concept` is a name of `CONCEPTS`, a regular expression between slashes, or spans of characters.
    The text is split after half of the marked characters: its first part is searched, and the
    second one is held out. A finding has an area under the ROC curve of at least 0.7 on the
    held-out part, or an R² of at least 0.1. The list is empty if no unit does.

    Raises UserError if the concept is unknown or marks too few characters of either part, for a
    text that is longer than `max_characters`, and for a `count` below 1.
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

    The text is read once. Raises UserError if it is too long, for an unknown concept, and for a
    `count` below 1.
    """
    validation.check_checkpoint(checkpoint)
    count = validation.as_int(count, "count")
    if count < 1:
        raise UserError(
            "{setting} = {value}: give at least 1.", setting="count", value=count, field="count"
        )
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
            search = _LayerSearch(values)
            for found, one in zip(candidates, marked, strict=True):
                if isinstance(one, _Marked):
                    scores = search.score_units(one)
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
    """Return how many characters can be searched at a time with this model, by memory."""
    config = checkpoint.model.config
    return _MAX_VALUES // (config.layer_count * config.hidden_size * len(_quantities(checkpoint)))


def _quantities(checkpoint: Checkpoint) -> tuple[str, ...]:
    """Return the quantities that are searched: "H" and, for an LSTM, "C"."""
    return ("C", "H") if checkpoint.model.config.cell == "lstm" else ("H",)


@dataclass(frozen=True, eq=False)
class _Marked:
    """A concept and what it marks in a text.

    marks: whether each character is marked, or its number for a numeric concept, (N,).
    cut: the place where the searched part of the text ends and the held-out part begins.
    """

    concept: Concept
    marks: Marks | Positions
    cut: int


_Candidate = tuple[float, str, int, int]  # score, quantity, layer, unit


def _mark(concept: Concept, text: str) -> _Marked | UserError:
    """Mark a text by a concept; return the error for one that marks too few characters."""
    try:
        marks = concept.mark(text)
        cut = _numeric_cut(marks) if concept.numeric else _cut(marks.astype(bool))
    except UserError as error:
        return error
    return _Marked(concept, marks, cut)


class _LayerSearch:
    """Searches the values (N, H) of one layer for units that follow a concept."""

    def __init__(self, values: Floats) -> None:
        self._values = values
        self._bins: NDArray[np.uint16] | None = None  # unit by unit, (H, N)

    def score_units(self, marked: _Marked) -> list[float]:
        """Return for each unit how well it follows the marks up to `cut`, from −1 to 1.

        That is 2 · AUC − 1, of values rounded to a thousandth of their range, or the correlation
        with a numeric concept. It is negative for a unit that is low where the concept holds.
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
    """Return the best candidates by their exact scores that also hold on the held-out part."""
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
    """Return R² before and after `cut` of the line fitted before it, and whether it falls."""
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
    """Return the middle. Raises UserError if a half is too short, or all its numbers are equal."""
    cut = len(numbers) // 2
    if cut < _MIN_NUMERIC_CHARACTERS or np.ptp(numbers[:cut]) == 0 or np.ptp(numbers[cut:]) == 0:
        raise _too_short_error()
    return cut


def _cut(marks: Marks) -> int:
    """Return the place after half of the marked characters. Raises UserError for too few."""
    cut = int(np.searchsorted(np.cumsum(marks), (np.count_nonzero(marks) + 1) // 2)) + 1
    for part in (marks[:cut], marks[cut:]):
        marked = int(np.count_nonzero(part))
        if min(marked, len(part) - marked) < _MIN_MARKED_CHARACTERS:
            raise _too_short_error()
    return cut


def _too_short_error() -> UserError:
    """Return the error for a text in which a concept marks too few characters."""
    return UserError(
        "This text has too few such characters to search in one part of it and to test in "
        "another: give a longer text, or choose something that occurs more often.",
        field="concept",
    )
