"""What went wrong with a run, as its card shows it: what, what was kept, what to try.

The logic is `charrnn.training.messages`'s, which worded the message of the run's `end`; here its
sentences are said in both languages. A run that still goes on, and one whose message is of
another making, are looked at by the same rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ...training.diagnosis import Diagnosis
from ...training.holdout import HoldoutWarning
from ...training.messages import ADVICE, FINDINGS, Sentence, at_the_end, so_far, understood
from .. import i18n
from ..i18n import say
from ..i18n.titles import SETTINGS
from .strings import HOLDOUT, VERDICTS

Said = dict[str, str]


def verdict(
    diagnosis: Diagnosis,
    end: Mapping[str, Any] | None,
    kept: Mapping[str, Any] | None,
    most_seconds: float | None = None,
) -> dict[str, Any] | None:
    """`{"kind", "what", "kept", "try", "change"}`, the sentences by language; None if all is well.

    `end` is that of the card, None while the run goes on; `kept` is the model that was saved.
    `change` is the setting to try and its new value: no more seconds than a run may take here.
    """
    took = diagnosis.start.get("training", {}).get("seconds")
    return _told(_possible(_found(diagnosis, end, kept), took, most_seconds))


def warnings(start: Mapping[str, Any]) -> list[dict[str, str]]:
    """Why the held-out perplexity of a run may mislead, by its `start` event: `code`, `en`, `zh`.

    Codes that this version does not know, as of a newer one, are left out.
    """
    told = [
        HoldoutWarning(warning["code"], warning["values"]) for warning in start.get("warnings", [])
    ]
    return [in_both_languages(warning) for warning in told if warning.known]


def in_both_languages(warning: HoldoutWarning) -> dict[str, str]:
    """A warning as the page draws it: `code`, `en`, `zh`."""
    return {"code": warning.code, **i18n.in_both(HOLDOUT[warning.code], **warning.words)}


def _found(
    diagnosis: Diagnosis, end: Mapping[str, Any] | None, kept: Mapping[str, Any] | None
) -> Sequence[Sentence]:
    if end is None:
        return so_far(diagnosis)
    if end["reason"] == "failed" or end["interrupted"]:
        return ()  # that is what there is to be said
    said = understood(end["message"])
    if said is None:
        step, held = (kept or {}).get("step") or 0, (kept or {}).get("held")
        said = at_the_end(diagnosis, end["reason"], end["step"], step, held)
    return said


def _possible(
    sentences: Iterable[Sentence], took: float | None, most: float | None
) -> Iterator[Sentence]:
    """The sentences, with no more seconds to try than `most`, and without that advice where the run
    had as many already."""
    for sentence in sentences:
        values = sentence.values
        seconds = float(values["value"]) if values.get("setting") == "seconds" else 0.0
        if most is None or seconds <= most:
            yield sentence
        elif took is None or took < most:
            yield Sentence(sentence.name, {**values, "value": f"{most:.12g}"})


def _told(sentences: Iterable[Sentence]) -> dict[str, Any] | None:
    parts: dict[str, Any] = {"kind": None, "what": None, "kept": None, "try": None, "change": None}
    for sentence in sentences:
        if sentence.name in FINDINGS:
            parts["kind"], parts["what"] = sentence.name, _both(sentence)
        elif sentence.name in ADVICE:
            parts["try"] = _both(sentence)
            if "setting" in sentence.values:
                parts["change"] = [sentence.values["setting"], sentence.values["value"]]
        elif sentence.name != "stopped":
            parts["kept"] = _both(sentence)
    return parts if parts["kind"] else None


def _both(sentence: Sentence) -> Said:
    chinese = dict(sentence.values)
    if "setting" in chinese:
        name = chinese["setting"]
        chinese["setting"] = f"{SETTINGS.get(name, ('', ''))[0]} {name}".lstrip()
    return {"en": sentence.english, "zh": say(VERDICTS[sentence.name], "zh", **chinese)}
