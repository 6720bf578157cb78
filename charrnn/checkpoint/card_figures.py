"""The title, the tables and the samples of a model card."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .escaping import fenced, flat, line_of
from .training_text import text_name

if TYPE_CHECKING:
    from . import Checkpoint

TERMS = {"ngram": "n-gram"}  # names of baselines that are not words
_MAX_STEPS = 60  # of training, whose samples are shown
_RECITATION_COUNTS = (
    "characters", "seed", "min_characters", "longest", "copied_lines", "lines",
)  # fmt: skip
_NGRAM_LENGTHS = (4, 8, 12, 16, 24)
_MAX_COUNT = 1e9  # a larger count is not plausible, and not shown


def plain_title(checkpoint: Checkpoint) -> str:
    """Return the title of a card as plain text."""
    return f"{checkpoint.model.config.label} on {flat(text_name(checkpoint))}"


def title(checkpoint: Checkpoint) -> str:
    """Return the title of a card as Markdown."""
    return f"{checkpoint.model.config.label} on {line_of(text_name(checkpoint))}"


def alpha_name(alpha: float) -> str:
    """Return the name of a sample that was drawn with this α."""
    return f"α = {alpha:g}"


def scores(checkpoint: Checkpoint) -> Iterator[tuple[str, float, float]]:
    """Yield the name, the perplexity and the bits per character of the model and the baselines."""
    results = checkpoint.about.get("results") or {}
    baselines = results.get("baselines") or {}
    # Results without `last_` figures are older: their training perplexity is not the kept model's.
    older = results.get("validation_perplexity") and "last_train_perplexity" not in results
    named = {
        "held out": results.get("validation_perplexity"),
        "training, last steps" if older else "training": results.get("train_perplexity"),
        **{f"{TERMS.get(name, name)} (no model)": value for name, value in baselines.items()},
    }
    for name, value in named.items():
        if isinstance(value, int | float) and 0 < value < math.inf:
            yield name, float(value), math.log2(value)


def score_table(checkpoint: Checkpoint) -> str:
    """Return `scores` as a Markdown table."""
    rows = [
        f"| {line_of(name)} | {perplexity:.4g} | {bits:.3f} |"
        for name, perplexity, bits in scores(checkpoint)
    ]
    header = ["| | perplexity | bits per character |", "| --- | ---: | ---: |"]
    return "\n".join([*header, *rows]) if rows else "Nothing was measured."


def recitation(checkpoint: Checkpoint) -> str:
    """Say how much the model recites, in figures; empty if that was not measured."""
    figures = checkpoint.about.get("recitation") or {}
    counts = {name: _count_in(figures, name) for name in _RECITATION_COUNTS}
    written, held_out = (_shares_in(figures, before) for before in ("", "held_out_"))
    if None in counts.values() or "copied" not in written:
        return ""
    known = {name: f"{count:,}" for name, count in counts.items()}
    sentence = (
        f"Of {known['characters']} characters that it wrote (α = 1, seed {known['seed']}), "
        f"{written['copied']} stand in its training text, in stretches of "
        f"{known['min_characters']} characters or more; the longest has {known['longest']}. "
        f"{known['copied_lines']} of {known['lines']} lines are lines of the training text."
    )
    lengths = [name.removeprefix("new_") for name in written if name != "copied"]
    shares = [("written", written), *([("held out", held_out)] if held_out else [])]
    table = [
        f"| new n-grams, n = | {' | '.join(lengths)} |",
        f"| --- |{' ---: |' * len(lengths)}",
        *(
            f"| {name} | {' | '.join(found.get(f'new_{n}', '') for n in lengths)} |"
            for name, found in shares
        ),
    ]
    return sentence + "\n\n" + "\n".join(table)


def learning(samples: Sequence[Mapping[str, Any]]) -> str:
    """Return a code block with the continuations of the first prefix at several training steps.

    `samples` are those written during training, with `step`, `prefix` and `text`.
    """
    prefix = samples[0]["prefix"]
    texts = {s["step"]: str(s["text"]) for s in samples if s["prefix"] == prefix}
    if len(texts) > _MAX_STEPS:  # take every n-th one, the last one among them
        every = -(-len(texts) // _MAX_STEPS)
        texts = dict(list(texts.items())[::-every][::-1])
    width = len(f"{max(texts):,}")
    return fenced("\n".join(f"{step:>{width},}  {flat(t, 160)}" for step, t in texts.items()))


def _count_in(figures: Mapping[str, Any], name: str) -> int | None:
    """Return a figure that is a plausible count, else None."""
    value = figures.get(name)
    return int(value) if isinstance(value, int | float) and 0 <= value < _MAX_COUNT else None


def _shares_in(figures: Mapping[str, Any], before: str) -> dict[str, str]:
    """Return the shares by name, in percent as texts. In `figures`, `before` precedes the names."""
    names = ("copied", *(f"new_{n}" for n in _NGRAM_LENGTHS))
    values = {name: figures.get(before + name) for name in names}
    return {
        name: f"{100 * value:.2g} %" if value < 0.995 else "100 %"
        for name, value in values.items()
        if isinstance(value, int | float) and 0 <= value <= 1
    }
