"""What is said of a run: what happened, what was kept, and the one change to try.

Every sentence is one of `SENTENCES` with its values filled in. The English of them is the message
of a run's `end`; `understood` finds the sentences in such a message again, so that a page can say
them in another language (`charrnn.ui.run_card.strings`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import NamedTuple, Protocol

from .diagnosis import Diagnosis, Finding
from .events import Event
from .suggestions import advice

SENTENCES: Mapping[str, str] = {
    # what happened, and when
    "not-finite": "Training diverged after step {step}: the loss or its gradient was not a finite "
    "number any more.",
    "diverged": "Training diverged after step {step}: the loss grew beyond all bounds.",
    "exploded": "Training diverged after step {step}: the gradient norm grew from about {usual} to "
    "{norm}, and the loss with it.",
    "exploding": "Since step {since} the gradient norm has exploded, from about {usual} to {norm}, "
    "and the training perplexity has risen with it, to {train}.",
    "above-uniform": "Since step {since} the training perplexity has been above the {uniform} of a "
    "blind guess: it is {train}.",
    "overfits": "Since epoch {epoch} (step {since}) the perplexity held out has risen from {best} "
    "to {now}, while that of the training text has gone on falling: that is learning by heart.",
    "unlike": "The end of the text, which is held out, is of another kind than the rest, so that "
    "its perplexity, {now}, says little of what was learned.",
    "sorted": "The lines of the text are sorted, and the end of them is held out, so that its "
    "perplexity, {now}, says little of what was learned.",
    "by-heart": "At a training perplexity of {perplexity} the model knows the text by heart, and "
    "recites it. Hold out a part of it (validation) to see what becomes of another text.",
    "copied": "The model knows the text by heart, and recites it: its perplexity held out, "
    "{perplexity}, is that of passages which also stand in the rest.",
    "unlearned": "After {step} steps the perplexity is {perplexity}, no better than the {unigram} "
    "of the symbols' own frequencies: hardly anything was learned.",
    "stopped": "Stopped at step {step}.",
    # what was kept
    "kept": "The model was kept.",
    "kept-step": "The model of step {kept} was kept.",
    "kept-latest": "The latest model, of step {kept}, was kept.",
    "kept-best": "The best model, of step {kept}, was kept: perplexity {held} held out.",
    "kept-untrained": "There was no good model yet to be kept: what is saved has learned nothing.",
    # what to try
    "try": "Try {setting} = {value}.",
    "try-longer": "Try a longer run: {setting} = {value}.",
    "try-mix": "Mix the lines of the text, or try {setting} = {value}.",
    "try-mix-only": "Mix the lines of the text.",
    "try-text": "Try a longer text: this one has {characters} characters.",
}
# The names of what can have happened, and of what there is to try.
FINDINGS = frozenset(
    {
        "not-finite", "diverged", "exploded", "exploding", "above-uniform", "overfits", "unlike",
        "sorted", "by-heart", "copied", "unlearned",
    }
)  # fmt: skip
ADVICE = frozenset({"try", "try-longer", "try-mix", "try-mix-only", "try-text"})
_SOUND = frozenset({"overfits", "unlike", "sorted", "by-heart", "copied"})  # a model was learned


class Sentence(NamedTuple):
    """A sentence of the table and its values, as they are written."""

    name: str
    values: Mapping[str, str]

    @property
    def english(self) -> str:
        """The sentence as it is filled in."""
        return SENTENCES[self.name].format(**self.values)


class Kept(Protocol):
    """Knows the model that a run leaves: its step, and its perplexity on held-out text if any."""

    best_step: int

    @property
    def best_perplexity(self) -> float | None:
        """Of the weights that are kept."""


def conclusion(
    events: Iterable[Event], reason: str, step: int, kept: Kept, *, broken: bool = False
) -> str:
    """The message of the `end` of a run, told from its `start` and `progress` events.

    `broken` says that the loss, a gradient or an output was not a finite number.
    """
    diagnosis = Diagnosis()
    for event in events:
        diagnosis.tell(event)
    said = at_the_end(diagnosis, reason, step, kept.best_step, kept.best_perplexity, broken=broken)
    return " ".join(sentence.english for sentence in said)


def at_the_end(
    diagnosis: Diagnosis,
    reason: str,
    step: int,
    kept: int,
    held: float | None,
    *,
    broken: bool = False,
) -> list[Sentence]:
    """What to say of a run that has ended at `step`, and of the model of step `kept`."""
    finding = diagnosis.finding(reason)
    stopped = reason == "stopped"
    said = [Sentence("stopped", {"step": f"{step:,}"})] if stopped else []
    if finding is not None:
        said.append(_happened(finding, step=step, broken=broken))
    said.append(_kept(kept, held, diagnosis, finding))
    if finding and (tip := advice(finding, diagnosis.start, stopped=stopped)):
        said.append(Sentence(*tip))
    return said


def so_far(diagnosis: Diagnosis) -> list[Sentence]:
    """What to say of a run that goes on: nothing while it goes well, and nothing to try yet."""
    finding, best = diagnosis.finding(), diagnosis.best
    if finding is None:
        return []
    said = [_happened(finding, step=finding.since.step, broken=False)]
    if best is not None:
        said.append(_kept(best.step, best.held, diagnosis, finding))
    return said


def understood(text: str) -> list[Sentence] | None:
    """The sentences that a message is made of; None if it is not made of them."""
    found, at = [], 0
    while at < len(text):
        for name in SENTENCES:
            if fits := _pattern(name).match(text, at):
                found.append(Sentence(name, fits.groupdict()))
                at = fits.end()
                break
        else:
            return None
    return found or None


@cache
def _pattern(name: str) -> re.Pattern[str]:
    pieces = re.split(r"\{(\w+)\}", SENTENCES[name])
    pieces[::2] = [re.escape(piece) for piece in pieces[::2]]
    pieces[1::2] = [rf"(?P<{value}>[\w.,∞-]*[\w∞])" for value in pieces[1::2]]
    return re.compile("".join(pieces) + r"(?: |$)")


def _happened(finding: Finding, *, step: int, broken: bool) -> Sentence:
    values = {
        "step": f"{step:,}",
        "since": f"{finding.since.step:,}",
        "epoch": figure(finding.since.epoch),
        **{name: figure(value) for name, value in finding.figures.items()},
    }
    name = "not-finite" if finding.kind == "diverged" and broken else finding.kind
    wanted = re.findall(r"\{(\w+)\}", SENTENCES[name])
    return Sentence(name, {value: values[value] for value in wanted})


def _kept(step: int, held: float | None, diagnosis: Diagnosis, finding: Finding | None) -> Sentence:
    uniform = diagnosis.start.get("baselines", {}).get("uniform") or math.inf
    worse_than_nothing = held is not None and held > uniform
    doubtful = finding is not None and finding.kind not in _SOUND
    if step == 0 or (doubtful and worse_than_nothing):
        return Sentence("kept-untrained", {})
    if worse_than_nothing and finding is not None:  # what is held out does not say which is best
        return Sentence("kept-latest", {"kept": f"{step:,}"})
    if held is not None:
        return Sentence("kept-best", {"kept": f"{step:,}", "held": figure(held)})
    return Sentence("kept", {}) if finding is None else Sentence("kept-step", {"kept": f"{step:,}"})


def figure(value: float) -> str:
    """A perplexity or a norm as people read it: as many digits as say something."""
    if value == math.inf:
        return "∞"
    if value >= 1e6:
        return f"{value:.1e}".replace("e+0", "e").replace("e+", "e")
    if value >= 100 or value.is_integer():
        return f"{value:,.0f}"
    return f"{value:#.3g}"
