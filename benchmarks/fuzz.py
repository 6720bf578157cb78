"""The readers of strangers' files, fuzzed for an hour: anything but "read" or "refused in words" is
written down, with the number from which the case can be made again.

    python benchmarks/fuzz.py --minutes 60          # the result goes into fuzz.md
    python benchmarks/fuzz.py --reader corpus --case 4711

Cases come from tests/support/fuzzing.py by seed and number; the seed is the date, so that no two
days try the same ones. Reading may take 2 s of processor time and 200 MB beyond what the program
has.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from measure import HERE, ROOT, machine, table

_AT_ONCE = 200  # cases of one reader before it is the next one's turn


@dataclass
class Tally:
    """What came of the cases of one reader."""

    cases: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    ways: Counter[str] = field(default_factory=Counter)
    found: list[str] = field(default_factory=list)
    slowest: tuple[float, int] = (0.0, 0)
    largest: tuple[int, int] = (0, 0)


def main() -> None:
    """Fuzz, and keep the result; or judge one case."""
    import sys

    sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "support")]
    import fuzzing

    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--minutes", type=float, default=60)
    asked.add_argument("--seed", type=int, default=int(date.today().strftime("%Y%m%d")))
    asked.add_argument("--reader", choices=fuzzing.READERS)
    asked.add_argument("--case", type=int)
    told = asked.parse_args()
    readers = (told.reader,) if told.reader else fuzzing.READERS
    with tempfile.TemporaryDirectory() as place:
        if told.case is not None:
            one = fuzzing.case(readers[0], told.seed, told.case)
            print(one.what, one.encoding, repr(one.data[:500]))
            print(fuzzing.judge(one, Path(place)))
            return
        began = time.monotonic()
        end = began + 60 * told.minutes
        tallies = {reader: Tally() for reader in readers}
        for block in itertools.count():
            for reader, tally in tallies.items():
                numbers = iter(range(block * _AT_ONCE, (block + 1) * _AT_ONCE))
                for number, one, verdict in fuzzing.run(
                    reader, told.seed, numbers, Path(place), until=lambda: time.monotonic() > end
                ):
                    note(tally, reader, number, one.what, verdict)
            if time.monotonic() > end:
                break
    keep(tallies, told.seed, (time.monotonic() - began) / 60)


def note(tally: Tally, reader: str, number: int, way: str, verdict: Any) -> None:
    """Count a verdict; what should not be is printed at once."""
    tally.cases += 1
    tally.outcomes[verdict.outcome] += 1
    tally.ways[way] += 1
    tally.slowest = max(tally.slowest, (verdict.seconds, number))
    tally.largest = max(tally.largest, (verdict.memory or 0, number))
    if verdict.problem:
        tally.found.append(f"{reader} case {number} ({way}): {verdict.problem}")
        print(tally.found[-1], flush=True)


def keep(tallies: dict[str, Tally], seed: int, minutes: float) -> None:
    """Write the result down."""
    rows = [
        (
            reader,
            f"{tally.cases:,}",
            f"{tally.outcomes['read']:,}",
            f"{tally.outcomes['refused']:,}",
            len(tally.found),
            f"{tally.slowest[0]:.2f} s (case {tally.slowest[1]})",
            f"{tally.largest[0] >> 20} MB (case {tally.largest[1]})",
        )
        for reader, tally in tallies.items()
    ]
    header = ("reader", "cases", "read", "refused in words", "found", "slowest", "most memory")
    found = [line for tally in tallies.values() for line in tally.found]
    said = "\n".join(f"- {line}" for line in found[:50]) or "Nothing was found."
    made = (
        f"{date.today().isoformat()}, {machine()}; `python benchmarks/fuzz.py --minutes "
        f"{minutes:.0f} --seed {seed}`, which took {minutes:.1f} minutes."
    )
    text = "\n\n".join(["# Fuzzing the readers", table(header, rows), said, made])
    path = HERE / "fuzz.md"
    before = path.read_text("utf-8") if path.is_file() else ""
    kept = before.partition("\n## Earlier findings\n")[2]
    earlier = f"\n## Earlier findings\n{kept}" if kept else ""
    path.write_text(f"{text}\n{earlier}", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
