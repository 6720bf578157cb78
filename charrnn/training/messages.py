"""What a user is told about a run: what happened, what was kept, and what to try.

Every sentence is one of `SENTENCES`, by its code, with values filled in. The `end` event of a run
has them in English as its `message`, and what went wrong as data in its `findings`: a list of
objects with a `code`, the `values` of its sentence (numbers, null for infinity), and a `suggestion`
(`code`, `field`, `value`) or null. `field` is the setting to change and `value` what to set it to;
both are null where no setting helps. From these a page makes the same sentences in another language
(`charrnn.ui.run_card.diagnosis_text`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from string import Formatter
from typing import Any, NamedTuple, Protocol

from .diagnosis import Diagnosis, Finding
from .events import Event
from .suggestions import Suggestion, suggest

SENTENCES: Mapping[str, str] = {
    # what happened, and when
    "not-finite": (
        "Training diverged after step {step}: the loss or its gradient was no longer a finite "
        "number."
    ),
    "diverged": "Training diverged after step {step}: the loss grew without bound.",
    "exploded": "Training diverged after step {step}: the gradient norm grew from about {usual} to "
    "{norm}, and the loss with it.",
    "exploding": "Since step {since} the gradient norm has exploded, from about {usual} to {norm}, "
    "and the training perplexity has risen with it, to {train}.",
    "above-uniform": (
        "Since step {since} the training perplexity has been above that of a uniform guess, "
        "{uniform}: it is {train}."
    ),
    "overfits": (
        "Since epoch {epoch} (step {since}) the held-out perplexity has risen from {best} to "
        "{now}, while the training perplexity has kept falling: the model is memorizing the "
        "text."
    ),
    "unlike": (
        "The end of the text, which is held out, is unlike the rest, so its perplexity, {now}, "
        "says little about what was learned."
    ),
    "sorted": (
        "The lines of the text are sorted, and the last ones are held out, so their perplexity, "
        "{now}, says little about what was learned."
    ),
    "by-heart": (
        "At a training perplexity of {perplexity} the model has memorized the text and recites "
        "it. Hold out a part of it (validation) to see how well the model predicts other text."
    ),
    "copied": (
        "The model has memorized the text and recites it: its held-out perplexity, {perplexity}"
        ", is that of passages which also occur in the rest of the text."
    ),
    "unlearned": (
        "After {step} steps the perplexity is {perplexity}, no better than the {unigram} that "
        "symbol frequencies alone give: hardly anything was learned."
    ),
    "stopped": "Stopped at step {step}.",
    # what was kept
    "kept": "The model was kept.",
    "kept-step": "The model of step {kept} was kept.",
    "kept-latest": "The latest model, of step {kept}, was kept.",
    "kept-best": "The best model, of step {kept}, was kept: held-out perplexity {held}.",
    "kept-start": (
        "No step made the held-out perplexity lower than the {held} that the run started with, so "
        "the model it started from was kept."
    ),
    "kept-untrained": "There was no good model to keep yet: the saved one has learned nothing.",
    # what to try
    "try": "Try {setting} = {value}.",
    "try-longer": "Try a longer run: {setting} = {value}.",
    "try-holdout": "Hold out parts from all over the text: {setting} = {value}.",
    "try-mix": "Shuffle the lines of the text, or try {setting} = {value}.",
    "try-mix-only": "Shuffle the lines of the text.",
    "try-text": "Try a longer text: this one has {characters} characters.",
}
BIDIRECTIONAL = (
    "This model also reads the text backwards, so it sees the character that it should predict: "
    "training perplexity is near 1, and its writing is useless. That is the lesson."
)
"""The warning of a bidirectional model, also on the run card."""
FINDINGS = frozenset(
    {
        "not-finite", "diverged", "exploded", "exploding", "above-uniform", "overfits", "unlike",
        "sorted", "by-heart", "copied", "unlearned",
    }
)  # fmt: skip
"""The codes of what can have gone wrong."""
SUGGESTIONS = frozenset({"try", "try-longer", "try-holdout", "try-mix", "try-mix-only", "try-text"})
"""The codes of what there is to try."""
# Findings of runs that learned something, so that their model is worth keeping.
_LEARNED = frozenset({"overfits", "unlike", "sorted", "by-heart", "copied"})
_STEPS = frozenset({"step", "since"})  # values that are counts


class Sentence(NamedTuple):
    """A sentence by its code, and its values as they are written."""

    code: str
    values: Mapping[str, str]

    @property
    def english(self) -> str:
        """The sentence with its values."""
        return SENTENCES[self.code].format(**self.values)


class Kept(Protocol):
    """The model that a run leaves: its step, and its perplexity on held-out text if any."""

    best_step: int

    @property
    def best_perplexity(self) -> float | None:
        """Of the weights that are kept."""


def end_report(
    events: Iterable[Event], reason: str, step: int, kept: Kept, *, broken: bool = False
) -> dict[str, Any]:
    """Return the `message` and the `findings` of a run's `end`, given its events so far.

    `broken` says that the loss, a gradient or an output was not a finite number.
    """
    diagnosis = Diagnosis()
    for event in events:
        diagnosis.tell(event)
    found = final_findings(diagnosis, reason, step, broken=broken)
    held = kept.best_perplexity
    return {
        "message": end_message(
            final_sentences(diagnosis, reason, step, kept.best_step, held, found)
        ),
        "findings": found,
    }


def end_message(sentences: Iterable[Sentence]) -> str:
    """Return the sentences in English."""
    return " ".join(sentence.english for sentence in sentences)


def final_findings(
    diagnosis: Diagnosis, reason: str, step: int, *, broken: bool = False
) -> list[dict[str, Any]]:
    """Return what went wrong with a run that has ended at `step`, as data; empty if all is well."""
    finding = diagnosis.finding(reason)
    if finding is None:
        return []
    tip = suggest(finding, diagnosis.start, stopped=reason == "stopped")
    return [_as_data(finding, step, tip, broken=broken)]


def final_sentences(
    diagnosis: Diagnosis,
    reason: str,
    step: int,
    kept: int,
    held: float | None,
    findings: Iterable[Mapping[str, Any]],
) -> list[Sentence]:
    """Return what to say of a run that has ended at `step`, and of the model of step `kept`.

    `held` is the perplexity of that model on held-out text. Findings that this version does not
    know, as of a newer one, are left out.
    """
    said = [Sentence("stopped", {"step": f"{step:,}"})] if reason == "stopped" else []
    known = [(finding, sentence) for finding in findings if (sentence := _happened(finding))]
    said += [sentence for _, sentence in known]
    code = known[0][1].code if known else None
    said.append(_kept(kept, held, diagnosis, code))
    characters = diagnosis.start.get("characters", 0)
    tips = (_to_try(finding.get("suggestion"), characters) for finding, _ in known)
    return said + [sentence for sentence in tips if sentence]


def interim_sentences(diagnosis: Diagnosis) -> list[Sentence]:
    """Return what to say of a run that goes on: nothing while it goes well, nothing to try yet."""
    finding, best = diagnosis.finding(), diagnosis.best
    if finding is None:
        return []
    happened = _happened(_as_data(finding, finding.since.step, None))
    said = [] if happened is None else [happened]
    if best is not None:
        said.append(_kept(best.step, best.held, diagnosis, finding.code))
    return said


def _as_data(
    finding: Finding, step: int, tip: Suggestion | None, *, broken: bool = False
) -> dict[str, Any]:
    code = "not-finite" if finding.code == "diverged" and broken else finding.code
    values = {
        "step": step,
        "since": finding.since.step,
        "epoch": finding.since.epoch,
        **finding.figures,
    }
    shown = {name: values[name] for name in _placeholders(code)}
    return {
        "code": code,
        "values": {name: v if math.isfinite(v) else None for name, v in shown.items()},
        "suggestion": None if tip is None else tip._asdict(),
    }


def _happened(finding: Mapping[str, Any]) -> Sentence | None:
    code, values = finding["code"], finding["values"]
    if code not in FINDINGS or not set(values) >= _placeholders(code):
        return None
    return Sentence(code, {name: _written(name, values[name]) for name in _placeholders(code)})


def _to_try(tip: Mapping[str, Any] | None, characters: int) -> Sentence | None:
    if tip is None or tip["code"] not in SUGGESTIONS:
        return None
    values = {"characters": f"{characters:,}"}
    if tip["field"] is not None:
        values |= {"setting": tip["field"], "value": written_setting(tip["value"])}
    names = _placeholders(tip["code"])
    if not names <= set(values):
        return None
    return Sentence(tip["code"], {name: values[name] for name in names})


def _placeholders(code: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(SENTENCES[code]) if name is not None}


def _written(name: str, value: float | None) -> str:
    if value is None:
        return figure(math.inf)
    return f"{int(value):,}" if name in _STEPS else figure(value)


def written_setting(value: float | str) -> str:
    """Write a value as `--set` and the form take it."""
    return value if isinstance(value, str) else f"{value:.12g}"


def _kept(step: int, held: float | None, diagnosis: Diagnosis, code: str | None) -> Sentence:
    uniform = diagnosis.start.get("baselines", {}).get("uniform") or math.inf
    worse_than_nothing = held is not None and held > uniform
    doubtful = code is not None and code not in _LEARNED
    if step == 0 and held is not None and diagnosis.start.get("started_from"):
        return Sentence("kept-start", {"held": figure(held)})
    if step == 0 or (doubtful and worse_than_nothing):
        return Sentence("kept-untrained", {})
    if worse_than_nothing and code is not None:  # what is held out does not say which is best
        return Sentence("kept-latest", {"kept": f"{step:,}"})
    if held is not None:
        return Sentence("kept-best", {"kept": f"{step:,}", "held": figure(held)})
    return Sentence("kept", {}) if code is None else Sentence("kept-step", {"kept": f"{step:,}"})


def figure(value: float) -> str:
    """Write a perplexity or a norm with as many digits as are meaningful."""
    if value == math.inf:
        return "∞"
    if value >= 1e6:
        return f"{value:.1e}".replace("e+0", "e").replace("e+", "e")
    if value >= 100 or float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:#.3g}"
