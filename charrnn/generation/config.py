"""How a text is continued: greedily or by sampling, how long, and where it ends."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import UserError, short_repr
from ..utils import validation
from .stopping import Ending, check_sentence_after, check_stop

MODES = ("greedy", "sample")
MAX_LENGTH = 1_000_000  # characters that one call generates


@dataclass(frozen=True)
class GenerationConfig:
    """How a text is continued.

    Attributes:
        length: How many characters to generate.
        mode: "greedy", or "sample" to draw from q ∝ p^alpha.
        alpha: 1 samples from p itself; more is safer, less is bolder.
        seed: Makes sampling repeatable; None draws a different text each time.
        stop: Strings after which the text ends, if it writes one within its length. The prefix does
            not count.
        sentence_after: With a number, the text ends with the first sentence that ends after so many
            characters, if one does within its length.

    Raises UserError for a value out of range.
    """

    length: int = 200
    mode: str = "sample"
    alpha: float = 1.0
    seed: int | None = None
    stop: str | Sequence[str] = ()
    sentence_after: int | None = None

    def __post_init__(self) -> None:
        length, mode = validation.as_int(self.length, "length"), self.mode
        alpha = validation.as_float(self.alpha, "alpha")
        seed = None if self.seed is None else validation.as_int(self.seed, "seed")
        if mode not in MODES:
            raise UserError(
                "mode = {value}: choose greedy or sample.", value=short_repr(mode), field="mode"
            )
        if not math.isfinite(alpha) or alpha <= 0:
            raise UserError("alpha = {value}: give a number above 0.", value=alpha, field="alpha")
        if not 0 <= length <= MAX_LENGTH:
            raise UserError(
                "length = {value}: give 0 to {most:,} characters.",
                value=short_repr(length, 40),
                most=MAX_LENGTH,
                field="length",
            )
        if seed is not None and seed < 0:
            raise UserError(
                "seed = {value}: give a whole number of at least 0.",
                value=short_repr(seed, 40),
                field="seed",
            )
        checked = {
            "length": length,
            "alpha": alpha,
            "seed": seed,
            "stop": check_stop(self.stop),
            "sentence_after": check_sentence_after(self.sentence_after),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    @property
    def sampling_alpha(self) -> float:
        """The exponent to sample with; infinite in greedy mode."""
        return math.inf if self.mode == "greedy" else self.alpha

    def ending(self) -> Ending:
        """Build what watches one text for its end."""
        return Ending(tuple(self.stop), self.sentence_after)
