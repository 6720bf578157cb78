"""Choose the one change to try after a run that went wrong, from the run's own settings.

Each rule was tried on runs that went wrong in that way: tests/training/test_diagnosis.py does so
again for some of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..corpus.split import LINES, SPREAD
from ..ngrams.soft_targets import MAX_PROBABILITIES
from ..utils.config_fields import rules
from .config import TrainingConfig
from .diagnosis import Finding

# How far one update may move the weights and all go well: for SGD the learning rate times the
# length of the gradient, which is about 1 and at most θ; for Adam the learning rate. The state of
# a ReLU, which nothing bounds, bears less, the less so from orthogonal weights.
_SGD, _SGD_UNCLIPPED, _RELU, _RELU_CLIPPED = 1.0, 0.3, 0.3, 0.1
_ADAM, _RELU_ADAM = 0.003, 0.0001
_HIGHEST = 100.0  # learning rate to suggest, which the textbook uses with θ = 0.01
_CELL_HELPS = 0.02  # a learning rate that Adam and a tanh bear, if a ReLU does not
_SLOW, _MUCH = 0.1, 3.0  # times that: too cautious, or too bold, to have learned anything
_SHRINKING = 0.001  # of the weights at each step, by AdamW: stronger than what they learn
_WEIGHT_DECAY = 0.01
_SMOOTHING = _DROPOUT = 0.5
_LONGER = 10  # times


class Suggestion(NamedTuple):
    """What to try: the code of its sentence in `messages.SENTENCES`, and the setting to change.

    `field` and `value` are None where no setting helps.
    """

    code: str
    field: str | None = None
    value: float | str | None = None


def suggest(finding: Finding, start: Mapping[str, Any], *, stopped: bool) -> Suggestion | None:
    """Return what to try after a finding, given the run's `start` event.

    None where no single change is known to help. A user who `stopped` a run before it had learned
    anything is not told to let it run.
    """
    training, model = start["training"], start["model"]
    if finding.code == "overfits":
        return _against_overfitting(start)
    if finding.code in ("unlike", "sorted", "copied") and (part := _offered_part(start)):
        return Suggestion("try-holdout", "holdout", part)
    if finding.code in ("unlike", "sorted"):
        endless = training["epochs"] is None and training["seconds"] is None
        return Suggestion("try-mix-only") if endless else Suggestion("try-mix", "validation", 0)
    if finding.code in ("by-heart", "copied"):
        return None
    if finding.code == "unlearned":
        return _to_learn_something(training, model, stopped=stopped)
    return _smaller_updates(training, model)


def _offered_part(start: Mapping[str, Any]) -> str | None:
    """Return what the run's warnings offer to hold out instead of the end of the text."""
    parts = (warning.get("holdout") for warning in start.get("warnings", []))
    return next((part for part in parts if part in (SPREAD, LINES)), None)


def _smaller_updates(training: Mapping[str, Any], model: Mapping[str, Any]) -> Suggestion:
    """Suggest a lower learning rate, or clipping if the rate is low and nothing is clipped."""
    rate, clip = training["learning_rate"], training["clip"]
    fragile = model["cell"] == "relu" and model["initialization"] != "normal"
    if training["optimizer"] != "sgd":
        if model["cell"] == "relu" and rate <= _CELL_HELPS:
            return _try("cell", "tanh")
        if model["cell"] == "relu":
            return _try("learning_rate", _RELU_ADAM)
        return _try("learning_rate", _ADAM if rate > _ADAM else _rounded(rate / 3))
    if clip is None and not fragile and rate <= _SGD:
        return _try("clip", 1)
    θ = min(clip or 1.0, 1.0)
    bearable = _SGD_UNCLIPPED if clip is None else _SGD
    if fragile:
        bearable = _RELU_CLIPPED if θ < 1 else _RELU
    safe = min(bearable / θ, _HIGHEST)
    return _try("learning_rate", _rounded(safe if rate > 1.1 * safe else rate / 3))


def _to_learn_something(
    training: Mapping[str, Any], model: Mapping[str, Any], *, stopped: bool
) -> Suggestion | None:
    rate, clip = training["learning_rate"], training["clip"]
    sgd = training["optimizer"] == "sgd"
    θ = min(clip or 1.0, 1.0) if sgd else 1.0
    safe = _SGD if sgd else _ADAM
    decay = training["weight_decay"] if training["optimizer"] == "adamw" else 0.0
    if decay >= 1 and rate * decay > _SHRINKING:
        return _try("weight_decay", _WEIGHT_DECAY)
    if rate * θ > _MUCH * safe:
        return _smaller_updates(training, model)
    if rate * θ < _SLOW * safe:
        clipped = sgd and (rate >= _SLOW * safe or safe / θ > _HIGHEST)
        return _try("clip", 1) if clipped else _try("learning_rate", _rounded(safe / θ))
    for length in ("epochs", "seconds"):
        if training[length] is not None and not stopped:
            most = rules(TrainingConfig)[length].high or math.inf
            return Suggestion("try-longer", length, min(_LONGER * training[length], most))
    return None


def _against_overfitting(start: Mapping[str, Any]) -> Suggestion:
    characters = start["characters"]
    bearable = characters * (start["vocabulary_size"] - 1) <= MAX_PROBABILITIES
    if bearable and start["training"].get("smoothing") == 0:  # runs of before do not know of it
        return _try("smoothing", _SMOOTHING)
    if start["model"]["dropout"] < _DROPOUT:
        return _try("dropout", _DROPOUT)
    return Suggestion("try-text")


def _try(field: str, value: float | str) -> Suggestion:
    return Suggestion("try", field, value)


def _rounded(value: float) -> float:
    """Round to one digit, which shows that the value is an order of magnitude."""
    return float(f"{value:.1g}")
