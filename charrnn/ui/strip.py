"""The evolution strip: which of a run's samples stand in its five rows, and beside which figure.

The rows are there from the start and are filled as the samples come. A figure is shown only
beside a sample that it is true of: measured at the sample's step, or right after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SHARES = (0.0, 0.1, 0.25, 0.5, 1.0)  # of a run: when the model is asked to write

_DUE = 0.03  # of a run: a sample this near to a row's share is the one that was due there
_NEAR = 0.05  # of a run: a measurement this soon after a sample still tells of the same model


class Strip:
    """The samples of one run so far, and the rows that they make."""

    def __init__(self) -> None:
        self.samples: list[dict[str, Any]] = []
        self._epochs: float | None = None  # how long the run is, where that is known
        self._seconds: float | None = None

    def begin(self, training: Mapping[str, Any]) -> None:
        """How long the run is to be; said anew when it goes on."""
        self._epochs, self._seconds = training["epochs"], training["seconds"]

    def go_back(self, step: int) -> None:
        """The run goes on from this step: what came after it is void."""
        self.samples = [sample for sample in self.samples if sample["step"] <= step]

    def add(self, event: Mapping[str, Any], epoch: float) -> bool:
        """Take a `sample` event; whether it is a new row, not another prefix of the last one."""
        prefix = event["prefix"]
        text = [prefix, event["text"][len(prefix) :]]
        latest = self.samples[-1] if self.samples else None
        if latest and latest["step"] == event["step"] and text[0] != latest["texts"][0][0]:
            latest["texts"].append(text)
            return False
        self.samples.append(
            {
                "step": event["step"],
                "seconds": event["seconds"],
                "epoch": epoch,
                "perplexity": None,
                "texts": [text],
            }
        )
        return True

    def measured(self, figure: float | None, *, step: int, seconds: float, epoch: float) -> None:
        """A perplexity was measured: it is the latest sample's if that was written just before.

        Weights without training are like no others, so step 0 takes only its own measurement.
        """
        latest = self.samples[-1] if self.samples else None
        if figure is None or latest is None or latest["perplexity"] is not None:
            return
        if self._epochs is not None:
            since, whole = epoch - latest["epoch"], self._epochs
        else:
            since, whole = seconds - latest["seconds"], self._seconds or seconds
        if step == latest["step"] or (latest["step"] and since <= _NEAR * whole):
            latest["perplexity"] = figure

    def keep(self, step: int, figure: float | None) -> None:
        """The run ended at this step with this perplexity: of the model that wrote last."""
        if figure is not None and self.samples and self.samples[-1]["step"] == step:
            self.samples[-1]["perplexity"] = figure

    def rows(self, ended: str | None = None) -> list[dict[str, Any]]:
        """Five rows, empty ones included. `ended` is the reason why the run has, if it has.

        A sample taken between two shares stands, marked `now`, in the row that waits for the
        next one. Of a run with no known end, the first sample and the latest four. Once a run
        has ended, no row waits any more: what is there stands together, the rest is blank.
        """
        samples = [dict(sample, share=self._share(sample)) for sample in self.samples]
        if any(sample["share"] is None for sample in samples):
            return _padded([_row(None, sample) for sample in (*samples[:1], *samples[1:][-4:])])
        rows = [_row(share) for share in SHARES]
        for sample in samples:
            place = max(i for i, share in enumerate(SHARES) if sample["share"] >= share - 0.005)
            if rows[place]["sample"] is None or rows[place]["now"]:
                due = abs(sample["share"] - SHARES[place]) <= _DUE
                rows[place] = _row(SHARES[place] if due else sample["share"], sample)
            elif place + 1 < len(rows):
                rows[place + 1] = _row(sample["share"], sample, now=True)
        if ended is None or not samples:
            return rows
        filled = [row for row in rows if row["sample"]]
        last = samples[-1]
        if ended in ("finished", "stopped") and last["step"]:  # it wrote once more, at the end
            before = [
                row for row in filled if not row["now"] and row["sample"]["step"] < last["step"]
            ]
            share = 1.0 if ended == "finished" else last["share"]  # a budget leaves time to save
            filled = [*before[: len(SHARES) - 1], _row(share, last)]
        return _padded([dict(row, now=False) for row in filled])

    def _share(self, sample: Mapping[str, Any]) -> float | None:
        """How much of the run was done when this sample was taken; None where that is open."""
        if sample["step"] == 0:
            return 0.0
        if self._epochs:
            return min(1.0, float(sample["epoch"]) / self._epochs)
        if self._seconds:
            return min(1.0, float(sample["seconds"]) / self._seconds)
        return None


def _row(
    share: float | None, sample: Mapping[str, Any] | None = None, *, now: bool = False
) -> dict[str, Any]:
    return {"share": share, "sample": dict(sample) if sample else None, "now": now}


def _padded(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return rows + [_row(None) for _ in range(len(SHARES) - len(rows))]
