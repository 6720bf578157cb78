"""Search for hidden units that follow a concept, and score what is found on text not searched."""

from __future__ import annotations

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
_TINY = 1e-30  # so that a unit that never changes has a slope too
_MAX_NUMBERS = 1 << 26  # activations in memory at a time


@dataclass(frozen=True)
class UnitFinding:
    """A hidden unit that follows a concept.

    layer: counts from 0, with both directions of a bidirectional one, as in `Inspection.hidden`.
    unit: counts from 0.
    concept: as it was asked for.
    score: on the part of the text that was searched. The area under the ROC curve, 0.5 to 1: the
        probability that the unit tells a marked character from an unmarked one. For a numeric
        concept R², the share of the variance that a straight line explains.
    score_held_out: the same on the rest of the text, with the direction and the line of the search.
    quantity: "H", the hidden state, or "C", the memory cell of an LSTM.
    low: whether the unit is lower, not higher, where the concept holds.
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
    validation.check_checkpoint(checkpoint)
    parsed = concept if isinstance(concept, Concept) else parse_concept(concept)
    check_searchable(checkpoint, text)
    marks = parsed.mark(text)
    if parsed.numeric:
        cut = len(marks) // 2
        if cut < _MIN_NUMERIC_CHARACTERS or np.ptp(marks[:cut]) == 0 or np.ptp(marks[cut:]) == 0:
            raise _too_short_error()
        least = MIN_R_SQUARED
    else:
        cut = _cut(marks.astype(bool))
        least = MIN_AUC
    activations = read_activations(
        checkpoint.model, checkpoint.vocabulary.encode(text), _quantities(checkpoint)
    )
    found = [
        (score, quantity, layer, unit)
        for quantity, layers in activations.items()
        for layer, values in enumerate(layers)
        for unit, score in enumerate(_search(values[:cut], marks[:cut], numeric=parsed.numeric))
    ]
    found.sort(key=lambda one: -abs(one[0]))
    findings = []
    for _, quantity, layer, unit in found[:count]:
        values = activations[quantity][layer][:, unit]
        compare = _compare_numbers if parsed.numeric else _compare_marks
        score, held_out, low = compare(values, marks, cut)
        if held_out >= least:
            findings.append(UnitFinding(layer, unit, parsed.name, score, held_out, quantity, low))
    return findings


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


def _search(values: Floats, marks: Marks | Positions, *, numeric: bool) -> list[float]:
    """Return, for each unit of values (n, H), how well it follows the marks, with its sign."""
    yield_point()
    if numeric:
        return list(_correlations(values, marks.astype(np.float64)))
    chosen = marks.astype(bool)
    return [2 * roc_auc(column[chosen], column[~chosen]) - 1 for column in values.T.copy()]


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
