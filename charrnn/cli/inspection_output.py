"""Print what `inspect` and `novelty` find: figures, tints, and hidden units."""

from __future__ import annotations

import os

import numpy as np

from ..checkpoint import Checkpoint
from ..errors import UserError
from ..inspection import CONCEPTS, Inspection, Novelty, UnitFinding, find_units, inspect, novelty
from .output import is_terminal, note, print_json, printable

_TINTS = (None, 230, 223, 216, 209, 203)  # numbers in xterm's 256 colors, from white to red
_BITS_PER_TINT = 1.5
_MOST_SURPRISING = 5  # characters that are listed
_CONTEXT_CHARACTERS = 20  # before each of them


def show_inspection(checkpoint: Checkpoint, text: str, *, units: bool, as_json: bool) -> None:
    """Print how a model reads a text and, with `units`, the hidden units that follow a concept."""
    inspection = inspect(checkpoint, text)
    findings = _find_all(checkpoint, text) if units else []
    if as_json:
        print_json({"event": "summary"} | inspection.summary)
        for row in inspection.as_rows():
            print_json(row)
        for finding in findings:
            print_json({"event": "unit"} | finding.as_dict())
        return
    print(_tinted(inspection))
    print()
    _print_summary(inspection)
    if units:
        _print_findings(findings)


def show_novelty(generated: str, training_text: str, *, as_json: bool) -> None:
    """Print what of a generated text is new, and what is in the training text."""
    result = novelty(generated, training_text)
    if as_json:
        print_json(result.as_dict())
        return
    print(describe_novelty(result))
    for n, share in result.new_ngrams.items():
        if share is not None:
            print(f"new {n}-grams{'':{12 - len(str(n))}} {share:.1%}")
    for span in sorted(result.copied_spans, key=lambda span: span.start - span.end)[:5]:
        copied = generated[span.start : span.end].replace("\n", "⏎")
        print(f"{span.start:8,} = {span.training_start:,}: {printable(copied[:200])}")


def describe_novelty(result: Novelty) -> str:
    """Return one sentence on how much of a text was copied."""
    return (
        f"{result.copied:.0%} of the text is in passages of {result.min_characters} characters or "
        f"more that are also in the training text; the longest has {result.longest:,}. "
        f"{result.copied_lines:,} of {result.lines:,} lines are lines of the training text."
    )


def _find_all(checkpoint: Checkpoint, text: str) -> list[UnitFinding]:
    """Return the best units for each concept; a note says which concepts are too rare."""
    findings = []
    for concept in CONCEPTS:
        try:
            findings += find_units(checkpoint, text, concept, count=3)
        except UserError as error:
            if error.field != "concept":
                raise
            note(f"{concept}: {error.message}")
    return findings


def _print_summary(inspection: Inspection) -> None:
    """Print the figures of a text, and the most surprising characters in their contexts."""
    score, baselines = inspection.score, inspection.baselines
    print(f"{'perplexity':20} {score.perplexity:.5g}")
    print(f"{'bits_per_character':20} {score.bits_per_character:.5g}")
    print(f"{'characters':20} {score.characters:,}")
    for name, value in baselines.as_dict().items():
        if value is not None:
            print(f"{name:20} {value:.5g}")
    order = np.argsort(-np.nan_to_num(inspection.surprisal, nan=-1.0))[:_MOST_SURPRISING]
    print("most surprised by")
    for place in order.tolist():
        before = "".join(inspection.characters[max(0, place - _CONTEXT_CHARACTERS) : place])
        expected = " ".join(c for c in inspection.candidates[place][:3] if c)
        line = f"…{before}[{inspection.characters[place]}] expected {expected}"
        print(f"{inspection.surprisal[place]:8.1f} bits  {printable(line.replace(chr(10), '⏎'))}")


def _print_findings(findings: list[UnitFinding]) -> None:
    """Print the units that follow a concept, or that there are none."""
    print("hidden units")
    for finding in findings:
        sign = "low" if finding.low else "high"
        print(
            f"  {finding.concept:15} layer {finding.layer}, {finding.quantity} {finding.unit:4} "
            f"({sign}): {finding.score_held_out:.3f} on held-out text"
        )
    if not findings:
        print("  none follows any of the concepts")


def _tinted(inspection: Inspection) -> str:
    """Return the text, with its surprisal as background colors in a terminal that shows colors."""
    if not is_terminal() or os.environ.get("NO_COLOR"):
        return printable("".join(inspection.characters))
    pieces, last = [], None
    surprisal = np.nan_to_num(inspection.surprisal, nan=0.0)
    levels = np.minimum(surprisal / _BITS_PER_TINT, len(_TINTS) - 1).astype(int)
    for character, level in zip(inspection.characters, levels.tolist(), strict=True):
        tint = None if character == "\n" else _TINTS[level]
        if tint != last:
            pieces.append("\x1b[0m" if tint is None else f"\x1b[30;48;5;{tint}m")
            last = tint
        pieces.append(printable(character))
    return "".join([*pieces, "\x1b[0m"])
