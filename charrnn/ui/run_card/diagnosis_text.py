"""Describe in both languages what went wrong with a run, what was kept, and what to try.

The findings are those of the run's `end` event. For a run that goes on, or that an earlier version
trained, they are what `charrnn.training.diagnosis` finds in its events.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...runs.end_reasons import EndReason, end_message
from ...training.diagnosis import Diagnosis
from ...training.holdout import HoldoutWarning
from ...training.messages import (
    FINDINGS,
    SUGGESTIONS,
    Sentence,
    final_findings,
    final_sentences,
    interim_sentences,
)
from .. import i18n
from ..i18n.titles import SETTINGS
from .strings import DIAGNOSES, HOLDOUT

# The codes of runs that the server stopped: the message of their `end` has more than the reason.
_STOPPED_BY_SERVER = (EndReason.TIME_LIMIT, EndReason.LOG_FULL)


def diagnosis_text(
    diagnosis: Diagnosis,
    end: Mapping[str, Any] | None,
    kept: Mapping[str, Any] | None,
    max_seconds: float | None = None,
) -> dict[str, Any] | None:
    """Return `kind`, `what`, `kept`, `try` and `change` of a run; None if all is well.

    `what`, `kept` and `try` are sentences by language. `change` is the setting to try and its new
    value, with no more seconds than `max_seconds`, the most that a run may take on this server.

    Args:
        diagnosis: What was found in the run's events.
        end: The run's `end` event; None while the run goes on.
        kept: The step and perplexity of the model that was saved; None without a model.
        max_seconds: The time limit of a run, in seconds; None without a limit.
    """
    if end is None:
        return _as_fields(interim_sentences(diagnosis))
    reason, step = end["reason"], end["step"]
    if reason == "failed" or end.get("interrupted"):
        return None  # `end_text` has the reason
    findings = end.get("findings")
    if findings is None:  # an earlier version's event
        findings = final_findings(diagnosis, reason, step)
    run_seconds = diagnosis.start.get("training", {}).get("seconds")
    findings = [_within(finding, run_seconds, max_seconds) for finding in findings]
    kept_step, held = end.get("kept_step"), end.get("validation_perplexity")
    if kept_step is None:  # an earlier version's event
        kept_step, held = (kept or {}).get("step") or 0, (kept or {}).get("held")
    return _as_fields(final_sentences(diagnosis, reason, step, kept_step, held, findings))


def end_text(end: Mapping[str, Any]) -> dict[str, str] | None:
    """Return why a run ended, by language; None if the event has no message this version knows."""
    if end.get("code") in _STOPPED_BY_SERVER:
        message = end_message(EndReason(end["code"]))
    elif (stored := i18n.message_from_json(end)) is not None:
        message = stored
    else:
        return None
    return i18n.message_in_both(message)


def holdout_warnings(start: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return why the held-out perplexity of a run may mislead: `code`, `en`, `zh` of each reason.

    `start` is the run's event. Codes that this version does not know, such as those of a newer
    version, are left out.
    """
    stored = start.get("warnings", [])
    found = [
        HoldoutWarning(warning["code"], warning["values"], warning.get("holdout"))
        for warning in stored
    ]
    return [in_both_languages(warning) for warning in found if warning.known]


def in_both_languages(warning: HoldoutWarning, *, advice: bool = True) -> dict[str, str]:
    """Return a warning as the page draws it: `code`, `en`, `zh`.

    Without `advice` it does not say what to do, which a button beside it offers.
    """
    keys = warning.sentences if advice else warning.sentences[:1]
    each = [i18n.in_both(HOLDOUT[key], **warning.words) for key in keys]
    said = {"en": " ".join(one["en"] for one in each), "zh": "".join(one["zh"] for one in each)}
    return {"code": warning.code, **said}


def _within(
    finding: Mapping[str, Any], run_seconds: float | None, max_seconds: float | None
) -> Mapping[str, Any]:
    """Limit the seconds that a finding suggests to `max_seconds`.

    The suggestion is removed if the run, of `run_seconds`, had as many already.
    """
    tip = finding.get("suggestion")
    if tip is None or tip["field"] != "seconds" or max_seconds is None:
        return finding
    if float(tip["value"] or 0) <= max_seconds:
        return finding
    longer = run_seconds is None or run_seconds < max_seconds
    return {**finding, "suggestion": {**tip, "value": max_seconds} if longer else None}


def _as_fields(sentences: Iterable[Sentence]) -> dict[str, Any] | None:
    parts: dict[str, Any] = {"kind": None, "what": None, "kept": None, "try": None, "change": None}
    for sentence in sentences:
        if sentence.code in FINDINGS:
            parts["kind"], parts["what"] = sentence.code, _in_both_languages(sentence)
        elif sentence.code in SUGGESTIONS:
            parts["try"] = _in_both_languages(sentence)
            if "setting" in sentence.values:
                parts["change"] = [sentence.values["setting"], sentence.values["value"]]
        elif sentence.code != "stopped":
            parts["kept"] = _in_both_languages(sentence)
    return parts if parts["kind"] else None


def _in_both_languages(sentence: Sentence) -> dict[str, str]:
    chinese = dict(sentence.values)
    if "setting" in chinese:
        name = chinese["setting"]
        chinese["setting"] = f"{SETTINGS.get(name, ('', ''))[0]} {name}".lstrip()
    return {"en": sentence.english, "zh": i18n.translate(DIAGNOSES[sentence.code], "zh", **chinese)}
