"""The sample timeline: a run's samples in order, each with its perplexity, then the marks to come.

A mark is a share of the run at which the model writes a sample. Samples in between, such as those
of the button *Sample now*, have rows of their own. The perplexity of a sample is the one measured
at its step, or else at the nearest step, which the row then names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...training.sample_writer import SAMPLE_FRACTIONS

MARKS = (*SAMPLE_FRACTIONS, 1.0)  # fractions of a run after which a sample is due
MAX_ROWS = 12  # with more, the oldest samples between marks are left out

# Shares of a run: a sample this near to a mark has its label, and one this much before it counts as
# having reached it.
_LABEL_TOLERANCE = 0.03
_EARLY_TOLERANCE = 0.005

Row = dict[str, Any]


class SampleTimeline:
    """The samples of one run so far, and the rows of the timeline."""

    def __init__(self) -> None:
        self.samples: list[dict[str, Any]] = []
        self._epochs: float | None = None  # the length of the run, if it is known
        self._seconds: float | None = None
        # Step and perplexity of the latest measurement.
        self._measured: tuple[int, float] | None = None
        self._reported: dict[
            str, float
        ] = {}  # step, seconds and epoch of the latest progress event

    def set_length(self, training: Mapping[str, Any]) -> None:
        """Set the length of the run, which changes when a run is resumed."""
        self._epochs, self._seconds = training["epochs"], training["seconds"]

    def rewind(self, step: int) -> None:
        """Drop what came after this step, from which the run is resumed."""
        self.samples = [sample for sample in self.samples if sample["step"] <= step]
        if self._measured and self._measured[0] > step:
            self._measured = None
        if self._reported.get("step", 0) > step:
            self._reported = {}

    def add_sample(self, event: Mapping[str, Any]) -> None:
        """Add a `sample` event: a new row, or another prefix of the latest row."""
        prefix, step = event["prefix"], event["step"]
        text = [prefix, event["text"][len(prefix) :]]
        latest = self.samples[-1] if self.samples else None
        if latest and latest["step"] == step and text[0] not in (t[0] for t in latest["texts"]):
            latest["texts"].append(text)
            return
        sample = {"step": step, "seconds": event["seconds"], "texts": [text]}
        self.samples.append(sample | {"perplexity": None, "measured": None})
        if self._measured:
            _assign_perplexity(self.samples[-1], *self._measured)

    def add_progress(self, point: Mapping[str, Any], perplexity: float | None) -> None:
        """Add `step`, `seconds` and `epoch` of a progress event, and a newly measured perplexity.

        The perplexity becomes that of each sample to which no other measurement is nearer.
        """
        self._reported = {name: point[name] for name in ("step", "seconds", "epoch")}
        if perplexity is None:
            return
        step, before = point["step"], self._measured[0] if self._measured else -1
        for sample in reversed(self.samples):
            if sample["step"] < before:  # it has a measurement between it and this one
                break
            _assign_perplexity(sample, step, perplexity)
        self._measured = step, perplexity

    def finish(self, step: int, perplexity: float | None) -> None:
        """Give the last sample the perplexity of the kept model, which wrote it at this step."""
        if perplexity is not None and self.samples and self.samples[-1]["step"] == step:
            self.samples[-1] |= {"perplexity": perplexity, "measured": step}

    def rows(self, ended: str | None = None) -> list[Row]:
        """Return a row for each sample, then one for each mark to come.

        `ended` is the reason if the run has ended; then there are no marks to come. While the run
        goes on, a row is marked `is_extra` if its sample is between marks. A mark that was skipped,
        as in a short run, has no row. Without a known length there are no marks, and rows without
        samples only keep their place.
        """
        shares = [share for s in self.samples if (share := self._share(s)) is not None]
        if len(shares) < len(self.samples):
            rows = _limit_rows([_row(None, s, is_extra=i > 0) for i, s in enumerate(self.samples)])
            rows = [row | {"is_extra": False} for row in rows]
            blank = 0 if ended else max(0, len(MARKS) - len(rows))
            return rows + [_row(None) for _ in range(blank)]
        rows, reached = [], -1  # the index of the last mark passed
        for sample, share in zip(self.samples, shares, strict=True):
            mark = max(i for i, mark in enumerate(MARKS) if share >= mark - _EARLY_TOLERANCE)
            due = mark > reached and abs(share - MARKS[mark]) <= _LABEL_TOLERANCE
            rows.append(_row(MARKS[mark] if due else share, sample, is_extra=mark <= reached))
            reached = max(reached, mark)
        if ended is None:
            return _limit_rows(rows) + [_row(mark) for mark in self._to_come(reached)]
        last = rows[-1]["sample"] if rows else None
        if ended in ("finished", "stopped") and last and last["step"]:  # written at the end
            rows = [row for row in rows[:-1] if row["sample"]["step"] < last["step"]]
            share = (
                1.0 if ended == "finished" else shares[-1]
            )  # a time budget includes the time to save
            rows.append(_row(share, last))
        return [row | {"is_extra": False} for row in _limit_rows(rows)]

    def _to_come(self, reached: int) -> list[float]:
        """Return the marks after `reached`, the last one passed, that the run can still reach."""
        now = self._share(self._reported) if self._reported else 0.0
        passed = 0.0 if now is None else now - _LABEL_TOLERANCE
        return [mark for i, mark in enumerate(MARKS) if i > reached and mark >= passed]

    def _share(self, at: Mapping[str, Any]) -> float | None:
        """Return the share of the run that was done at a moment with `step` and `seconds`.

        None if the run has no known length.
        """
        if at["step"] == 0:
            return 0.0
        if self._epochs:
            steps = self._reported.get("step")  # done in the epochs done
            epoch = at["step"] * self._reported["epoch"] / steps if steps else 0.0
            return min(1.0, epoch / self._epochs)
        return min(1.0, float(at["seconds"]) / self._seconds) if self._seconds else None


def _assign_perplexity(sample: dict[str, Any], step: int, perplexity: float) -> None:
    """Give a sample the perplexity measured at `step`, unless a nearer one is known."""
    at = sample["measured"]
    if at is None or abs(step - sample["step"]) < abs(at - sample["step"]):
        sample |= {"perplexity": perplexity, "measured": step}


def _limit_rows(rows: list[Row]) -> list[Row]:
    """Drop the oldest rows between marks beyond `MAX_ROWS`."""
    between = [i for i, row in enumerate(rows) if row["is_extra"]]
    left_out = set(between[: max(0, len(rows) - MAX_ROWS)])
    return [row for i, row in enumerate(rows) if i not in left_out]


def _row(
    share: float | None, sample: Mapping[str, Any] | None = None, *, is_extra: bool = False
) -> Row:
    return {"share": share, "sample": dict(sample) if sample else None, "is_extra": is_extra}
