"""Score a text with a model: perplexity and bits per character.

There are two protocols, which every score names. *Carried*: one pass over the text, with the state
carried from its first character to its last. *Cold windows* of length L: windows of L predictions,
each from a zero state (nanoGPT's protocol, L = 256). Perplexity is exp of the mean cross-entropy in
nats per character.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ..corpus.document_pieces import Pieces
from ..corpus.documents import document_noun
from ..errors import UserError
from ..model import CharRNN, State, eval_mode
from ..utils import validation
from ..utils.notebook import html_table
from ..utils.yield_points import yield_point
from ..vocabulary import Ids
from .carried import OnProgress, OnState, Predictions, iter_carried
from .pieces import iter_pieces

if TYPE_CHECKING:
    from ..checkpoint import Checkpoint

_CHUNK_CHARACTERS = 512  # of each row at a time
_MAX_LOGITS = 4_000_000  # in memory at a time
MAX_STATE_NUMBERS = 32_000_000  # in memory at a time: up to four gates for each hidden state


@dataclass(frozen=True)
class Score:
    """How well a model predicts a text.

    Attributes:
        nats: The mean cross-entropy in nats per character.
        characters: The number of scored predictions: all characters but the first, which has
            nothing before it, and the unknown ones.
        unknown_characters: The number of characters that the model does not know.
        protocol: How the text was read, such as "carried" or "cold windows of 256".
    """

    nats: float
    characters: int
    unknown_characters: int
    protocol: str

    @property
    def perplexity(self) -> float:
        """exp(nats): the number of equally likely characters with the same uncertainty."""
        return perplexity(self.nats)

    @property
    def bits_per_character(self) -> float:
        """The mean cross-entropy in bits."""
        return self.nats / math.log(2)

    def __repr__(self) -> str:
        return (
            f"<Score: perplexity {self.perplexity:.4g}, {self.bits_per_character:.4g} bits per "
            f"character, {self.characters:,} characters, {self.protocol}>"
        )

    def _repr_html_(self) -> str:
        return html_table("Score", self.as_dict())

    def as_dict(self) -> dict[str, float | int | str]:
        """Return the figures by the names that the command line and the endpoint use."""
        return {
            "perplexity": self.perplexity,
            "bits_per_character": self.bits_per_character,
            "nats": self.nats,
            "characters": self.characters,
            "unknown_characters": self.unknown_characters,
            "protocol": self.protocol,
        }


def perplexity(nats: float) -> float:
    """Return exp(nats), or infinity if that overflows."""
    return math.exp(nats) if nats < 700 else math.inf


def score(checkpoint: Checkpoint, text: str | Sequence[str], window: int | None = None) -> Score:
    """Score a text with a model, carried, or in cold windows of `window` characters.

    Several texts, such as `Corpus.held_out_texts()`, are scored together, each from a zero state. A
    model of documents reads each document from a zero state, as in training, and its first
    character and its end are scored too; not so with a `window`. Unknown characters are read as
    `<unk>` and not scored. There is a yield point (`charrnn.utils.yield_points`) every few hundred
    characters.

    Raises UserError if the text leaves nothing to score, for a window below 1, and for a model
    whose numbers overflow on the text.
    """
    validation.check_checkpoint(checkpoint)
    window = None if window is None else validation.as_int(window, "window")
    if window is not None and window < 1:
        raise UserError("A window must have at least 1 character.", field="window")
    parts = _encode_texts(checkpoint, text)
    total, count, documents = 0.0, 0, 0
    with eval_mode(checkpoint.model) as model:
        for ids in parts:
            if window is None:
                pieces = document_pieces(checkpoint, ids)
                nats, number = _score_text(model, ids, pieces)
                documents += len(pieces.documents()) if pieces else 0
            else:
                nats, number = _score_windows(model, ids, window)
            total, count = total + nats, count + number
    if documents:
        protocol = document_protocol(checkpoint, documents)
    else:
        texts = f", {len(parts):,} texts" if len(parts) > 1 else ""
        protocol = ("carried" if window is None else f"cold windows of {window}") + texts
    return make_score(total, count, np.concatenate(parts), protocol)


def encode_scorable(checkpoint: Checkpoint, text: str) -> Ids:
    """Return the ids (N,) of a text to score. Raises UserError if it leaves nothing to score."""
    return _encode_texts(checkpoint, validation.as_text(text, "text"))[0]


def _encode_texts(checkpoint: Checkpoint, texts: str | Sequence[str]) -> list[Ids]:
    """Return the ids of each text. Raises UserError if all of them leave nothing to score."""
    each = [texts] if isinstance(texts, str) else validation.as_texts(texts, "text")
    parts = [checkpoint.vocabulary.encode(text) for text in each]
    first = 0 if checkpoint.documents != "none" else 1  # the first character that is predicted
    if not any(np.count_nonzero(ids[first:]) for ids in parts):
        raise _nothing_to_score_error()
    return parts


def make_score(total: float, count: int, ids: Ids, protocol: str) -> Score:
    """Return the score of ids (N,) with `count` predictions that sum to `total` nats.

    Raises UserError if there are no predictions, and if the sum overflowed.
    """
    if not count:
        raise _nothing_to_score_error()
    if not math.isfinite(total):
        raise overflow_error()
    return Score(total / count, count, int(np.count_nonzero(ids == 0)), protocol)


def _nothing_to_score_error() -> UserError:
    return UserError(
        "There is nothing to score: the text needs, after its first character, at least one that "
        "the model knows.",
        field="text",
    )


def overflow_error() -> UserError:
    """Return the error for a model whose activations or logits overflow on a text."""
    return UserError(
        "The model's numbers overflow on this text: choose another model.", field="text"
    )


def text_rows(ids: Ids, streams: int) -> tuple[Ids, Ids]:
    """Cut ids (N,) into consecutive rows of inputs and targets, (streams, length) each."""
    length = (len(ids) - 1) // streams
    count = streams * length
    return ids[:count].reshape(streams, length), ids[1 : count + 1].reshape(streams, length)


def score_rows(
    model: CharRNN, rows: tuple[Ids, Ids], state: State | None = None
) -> tuple[float, int]:
    """Return the sum of the nats and the number of predictions, the state carried along each row.

    `rows` are the ids of inputs and targets, (B, T) each. Targets that are 0, `<unk>`, do not
    count.
    """
    total, count = 0.0, 0
    for logits, targets in iter_predictions(model, *rows, state):
        total += float(character_nats(logits, targets).sum(dtype=torch.float64))
        count += int(torch.count_nonzero(targets))
    return total, count


def _score_text(model: CharRNN, ids: Ids, pieces: Pieces | None) -> tuple[float, int]:
    """Return the sum of the nats and the number of predictions of a whole text (N,)."""
    nats, predicted = np.zeros(len(ids)), np.zeros(len(ids), bool)
    for places, logits, targets in iter_text_predictions(model, ids, pieces):
        nats[places] = character_nats(logits, targets).cpu()
        predicted[places] = True
    return float(nats.sum()), int(np.count_nonzero(ids[predicted]))


def document_pieces(checkpoint: Checkpoint, ids: Ids) -> Pieces | None:
    """Return the pieces in which a model of documents reads ids (N,); None for any other model."""
    return Pieces.of(ids, checkpoint.vocabulary, checkpoint.documents)


def document_protocol(checkpoint: Checkpoint, count: int) -> str:
    """Return the name of the protocol by which a model of documents reads `count` of them."""
    return f"carried, {count:,} {document_noun(checkpoint.documents, count)}"


def iter_text_predictions(
    model: CharRNN,
    ids: Ids,
    pieces: Pieces | None = None,
    on_state: OnState | None = None,
    on_progress: OnProgress | None = None,
) -> Iterator[Predictions]:
    """Yield predictions for a whole text (N,), as `iter_carried` does.

    With `pieces` they are those of `iter_pieces`, and `on_state` is not called.
    """
    if pieces is not None:
        return iter_pieces(model, ids, pieces, max_predictions(model), on_progress)
    return iter_carried(model, ids, max_predictions(model), on_state, on_progress)


def iter_predictions(
    model: CharRNN, inputs: Ids, targets: Ids, state: State | None = None
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield logits (n, V) and targets (n,) of each chunk, with the state carried along each row.

    `inputs` and `targets` are ids (B, T). The n predictions of a chunk are in time-major order.
    There is a yield point before each chunk.
    """
    chunk = max(1, min(_CHUNK_CHARACTERS, max_predictions(model) // len(inputs)))
    for start in range(0, inputs.shape[1], chunk):
        yield_point()
        piece = slice(start, start + chunk)
        logits, state = model(as_tensor(inputs[:, piece]), state)
        yield logits.float(), as_tensor(targets[:, piece]).t().reshape(-1).to(logits.device)


def character_nats(logits: Tensor, targets: Tensor) -> Tensor:
    """Return −ln p (n,) of targets (n,) under logits (n, V); 0 for targets that are 0, `<unk>`."""
    return F.cross_entropy(logits, targets, ignore_index=0, reduction="none")


def _score_windows(model: CharRNN, ids: Ids, window: int) -> tuple[float, int]:
    """Return the sum of the nats and the number of predictions, each window from a zero state."""
    whole = (len(ids) - 1) // window
    windows_at_once = max(1, max_predictions(model) // window)
    total, count = 0.0, 0
    if whole:
        inputs, targets = text_rows(ids[: whole * window + 1], whole)
        for start in range(0, whole, windows_at_once):
            piece = slice(start, start + windows_at_once)
            nats, number = score_rows(model, (inputs[piece], targets[piece]))
            total, count = total + nats, count + number
    if whole * window < len(ids) - 1:
        nats, number = score_rows(model, text_rows(ids[whole * window :], 1))
        total, count = total + nats, count + number
    return total, count


def max_predictions(model: CharRNN) -> int:
    """Return how many predictions of a model fit into memory at a time."""
    config = model.config
    states = config.hidden_size * (2 if config.bidirectional else 1)
    return min(_MAX_LOGITS // model.vocabulary_size, MAX_STATE_NUMBERS // (4 * states))


def as_tensor(ids: Ids) -> Tensor:
    """Return ids as a tensor of int64, which models take."""
    return torch.from_numpy(ids.astype(np.int64))
