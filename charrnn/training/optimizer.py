"""How weights are updated: the optimizers and gradient clipping."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import nn


def build_optimizer(
    name: str, parameters: Iterable[nn.Parameter], *, learning_rate: float, weight_decay: float
) -> torch.optim.Optimizer:
    """Build plain SGD or Adam as in the textbook, or AdamW (Loshchilov and Hutter 2019).

    AdamW's second moment forgets faster than the default (β₂ = 0.99), which suits runs of minutes.
    """
    if name == "sgd":
        return torch.optim.SGD(parameters, lr=learning_rate, fused=True)
    if name == "adam":
        return torch.optim.Adam(parameters, lr=learning_rate, fused=True)
    return torch.optim.AdamW(
        parameters, lr=learning_rate, betas=(0.9, 0.99), weight_decay=weight_decay, fused=True
    )


class RowMajorParameters:
    """A model's weights as row-major matrices, for code that treats all elements alike.

    Some weights are column-major (`charrnn.rnn.stack`). torch's fused optimizers copy those at
    every step, there and back, which takes five times as long as the step itself; the transpose of
    such a weight is the same memory in row-major order.
    """

    def __init__(self, parameters: Iterable[nn.Parameter]) -> None:
        self._weights = [(weight, not weight.is_contiguous()) for weight in parameters]
        self.rows = [
            nn.Parameter(weight.detach().t() if across else weight.detach())
            for weight, across in self._weights
        ]

    def clear_gradients(self) -> None:
        """Drop the gradients before the next ones are computed; backward adds to what is there."""
        for (weight, _), row in zip(self._weights, self.rows, strict=True):
            weight.grad = row.grad = None

    def bump_versions(self) -> None:
        """Count the update in the weights' versions; the optimizer counts it in `rows` only."""
        torch.autograd.graph.increment_version([weight for weight, _ in self._weights])

    def collect_gradients(self) -> None:
        """Give `rows` the gradients that their weights have now."""
        for (weight, across), row in zip(self._weights, self.rows, strict=True):
            row.grad = weight.grad.t() if across and weight.grad is not None else weight.grad


def clip_gradients(parameters: Iterable[nn.Parameter], threshold: float | None) -> float:
    """Scale all gradients to a common norm of at most `threshold`; return the norm before that.

    g ← min(1, θ / ‖g‖) g (Pascanu et al. 2013). None measures and scales nothing. A norm that
    float32 cannot square is infinite.
    """
    gradients = [p.grad.view(-1) for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float(torch.dot(gradient, gradient)) for gradient in gradients))
    if threshold is not None and norm > threshold:
        for gradient in gradients:
            gradient.mul_(threshold / norm)
    return norm
