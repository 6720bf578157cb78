"""Read a text with a model: the surprisal of each character, and what the model expected."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..evaluation import (
    Score,
    character_nats,
    document_pieces,
    document_protocol,
    encode_scorable,
    iter_text_predictions,
    make_score,
)
from ..evaluation.carried import Predictions
from ..model import eval_mode
from ..ngrams.baselines import Baselines, baseline_perplexities
from ..utils import validation
from ..utils.notebook import html_table, html_tints
from ..vocabulary import Ids
from .activations import QUANTITIES, read_activations
from .saved_states import SavedStates

if TYPE_CHECKING:
    from ..checkpoint import Checkpoint

_MAX_SHOWN_CHARACTERS = 2_000  # in a notebook
_FULL_TINT_BITS = 8.0
CANDIDATES = 5  # the likeliest characters that are kept for each place in a text
Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Inspection:
    """A text of N characters as a model reads it.

    Attributes:
        characters: The characters of the text.
        surprisal: −log₂ p of each character, in bits, (N,). NaN for characters that the model does
            not know, and for the first one, which has nothing before it; a model of documents
            predicts that one too.
        candidates: The likeliest characters at each place, the likeliest first, (N, 5). Empty
            strings where there is no prediction, or the model knows fewer than five characters.
        probabilities: p of these candidates, (N, 5); NaN where there is none.
        entropy: The entropy of each prediction, in bits, (N,); NaN where there is none.
        score: The perplexity of the whole text, with the state carried.
        baselines: Perplexities of trivial models on this text. `unigram` and `ngram` count the
            training text if one was given; else `unigram` counts this text itself, and `ngram` is
            None.
        hidden: If requested, the hidden state H after each character, (L·D, N, H): layer by layer,
            with both directions (D = 2) of a bidirectional model.
        gates: If requested, the other quantities of the cell by their names in the textbook, each
            of the same shape as `hidden`: I, F, C_tilde, O and C of an LSTM, R, Z and H_tilde of a
            GRU.
    """

    characters: list[str]
    surprisal: NDArray[np.float64]
    candidates: NDArray[np.object_]
    probabilities: Floats
    entropy: Floats
    score: Score
    baselines: Baselines
    hidden: Floats | None = None
    gates: dict[str, Floats] = field(default_factory=dict)

    def __repr__(self) -> str:
        return (
            f"<Inspection: {len(self.characters):,} characters, "
            f"perplexity {self.score.perplexity:.4g}>"
        )

    def _repr_html_(self) -> str:
        figures = {
            "perplexity": self.score.perplexity,
            "bits per character": self.score.bits_per_character,
            "characters scored": self.score.characters,
            **{f"perplexity, {k}": value for k, value in self.baselines.as_dict().items()},
        }
        shown = [_tint(row) for row in self.as_rows(_MAX_SHOWN_CHARACTERS)]
        more = len(self.characters) - len(shown)
        rest = f"<p>… and {more:,} more characters</p>" if more else ""
        return html_table("Inspection", figures) + html_tints(shown) + rest

    @property
    def summary(self) -> dict[str, Any]:
        """The figures of the whole text, as JSON."""
        return self.score.as_dict() | {"baselines": self.baselines.as_dict()}

    def as_dict(self) -> dict[str, Any]:
        """Return the inspection as JSON, a list for each field; null in place of NaN."""
        rows = self.as_rows()
        return {
            "summary": self.summary,
            "characters": self.characters,
            "surprisal": [row["surprisal"] for row in rows],
            "entropy": [row["entropy"] for row in rows],
            "candidates": [[c["character"] for c in row["candidates"]] for row in rows],
            "probabilities": [[c["probability"] for c in row["candidates"]] for row in rows],
        }

    def as_rows(self, count: int | None = None) -> list[dict[str, Any]]:
        """Return a JSON object for each of the first `count` characters, by default for all.

        NaN becomes null.
        """
        numbers = zip(
            self.characters[:count],
            self.surprisal[:count].tolist(),
            self.entropy[:count].tolist(),
            self.candidates[:count].tolist(),
            self.probabilities[:count].tolist(),
            strict=True,
        )
        return [
            {
                "character": character,
                "surprisal": None if math.isnan(surprisal) else surprisal,
                "entropy": None if math.isnan(entropy) else entropy,
                "candidates": [
                    {"character": symbol, "probability": p}
                    for symbol, p in zip(candidates, probabilities, strict=True)
                    if symbol
                ],
            }
            for character, surprisal, entropy, candidates, probabilities in numbers
        ]


def _tint(row: dict[str, Any]) -> tuple[str, float, str]:
    """Return a character, how strongly to tint it (0 to 1 or more), and its tooltip."""
    if row["surprisal"] is None:
        return row["character"], 0.0, ""
    expected = ", ".join(f"{c['character']!r} {c['probability']:.1%}" for c in row["candidates"])
    hint = f"{row['surprisal']:.1f} bits; expected {expected}"
    return row["character"], row["surprisal"] / _FULL_TINT_BITS, hint


def inspect(
    checkpoint: Checkpoint,
    text: str,
    *,
    training_text: str | None = None,
    hidden: bool = False,
    gates: bool = False,
    states: SavedStates | None = None,
    on_progress: Callable[[float], None] | None = None,
) -> Inspection:
    """Read `text` with a model, the state carried from its first character to its last.

    A model of documents reads each line (part, file) of it from a zero state, as in training. Blank
    lines between documents have no surprisal.

    Args:
        checkpoint: The model.
        text: The text to read.
        training_text: The text that the unigram and n-gram baselines count.
        hidden: Whether to return the hidden states, 4 · L · D · N · H bytes.
        gates: Whether to return the other quantities of the cell as well, as many bytes for each.
        states: Collects states on the way, if the model is not one of documents.
        on_progress: Called now and then with the share of the work that is done, 0 to 1.

    Raises:
        UserError: If the text leaves nothing to score, or the model's numbers overflow on it.
    """
    validation.check_checkpoint(checkpoint)
    ids = encode_scorable(checkpoint, text)
    pieces, summary = document_pieces(checkpoint, ids), _PredictionSummary(len(ids))
    with eval_mode(checkpoint.model) as model:
        on_state = states.add if states else None
        for predictions in iter_text_predictions(model, ids, pieces, on_state, on_progress):
            summary.add(predictions)
    scored = summary.predicted & (ids != 0)
    protocol = document_protocol(checkpoint, len(pieces.documents())) if pieces else "carried"
    activations = {}
    if hidden or gates:
        names = QUANTITIES[checkpoint.model.config.cell] if gates else ("H",)
        activations = read_activations(checkpoint, ids, names)
    symbols = np.array(["", *checkpoint.vocabulary.symbols[1:]], object)
    return Inspection(
        characters=list(text),
        surprisal=np.where(scored, summary.nats / math.log(2), np.nan),
        candidates=symbols[summary.candidates],
        probabilities=summary.probabilities,
        entropy=summary.entropy,
        score=make_score(float(summary.nats.sum()), int(np.count_nonzero(scored)), ids, protocol),
        baselines=_baselines(checkpoint, ids, training_text),
        hidden=activations.pop("H", None),
        gates=activations,
    )


class _PredictionSummary:
    """What an inspection keeps of the predictions for a text of N characters.

    Attributes:
        predicted: Whether there is a prediction for each character, (N,).
        nats: −ln p of each character, (N,); 0 for unknown ones and without a prediction.
        entropy: The entropy of each prediction, in bits, (N,).
        candidates: The ids of the likeliest characters, (N, 5); 0 where there is none.
        probabilities: p of the candidates, (N, 5).
    """

    def __init__(self, length: int) -> None:
        self.predicted, self.nats = np.zeros(length, bool), np.zeros(length)
        self.entropy = np.full(length, np.nan, np.float32)
        self.candidates = np.zeros((length, CANDIDATES), np.int64)
        self.probabilities = np.full((length, CANDIDATES), np.nan, np.float32)

    def add(self, predictions: Predictions) -> None:
        """Keep some predictions; later ones for the same place replace earlier ones."""
        places, logits, targets = predictions
        self.predicted[places] = True
        self.nats[places] = character_nats(logits, targets).cpu()
        log_p = torch.log_softmax(logits, dim=1)
        p = log_p.exp()
        self.entropy[places] = _entropy_bits(p, log_p).cpu().numpy()
        top = torch.topk(p[:, 1:], min(CANDIDATES, p.shape[1] - 1))  # without `<unk>`
        self.candidates[places, : top.indices.shape[1]] = top.indices.cpu().numpy() + 1
        self.probabilities[places, : top.values.shape[1]] = top.values.cpu().numpy()


def _entropy_bits(p: Tensor, log_p: Tensor) -> Tensor:
    """Return the entropies (n,) of distributions p (n, V), in bits; p = 0 adds nothing."""
    return -torch.where(p > 0, p * log_p, 0).sum(dim=1) / math.log(2)


def _baselines(checkpoint: Checkpoint, ids: Ids, training_text: str | None) -> Baselines:
    """Return the perplexities of trivial models on ids (N,), as `Inspection.baselines` has them."""
    size = len(checkpoint.vocabulary)
    if training_text is None:
        return baseline_perplexities(ids, ids[:0], size)
    training = checkpoint.vocabulary.encode(validation.as_text(training_text, "training_text"))
    return baseline_perplexities(training, ids, size)
