"""Compare starting from a base with starting from nothing, wherever the app proposes one.

    python benchmarks/base_proposals.py    about ten minutes

Each text is trained on for ten seconds, from nothing and from the base, with three seeds. Where no
base is proposed one seed shows what was refused. The table is kept in
benchmarks/base_proposals.md; its figures are perplexities of the held-out part, the median of the
seeds, and the last column has the seed for which the base does worst.
"""

from __future__ import annotations

import argparse
import inspect
import math
import statistics

from bases import BASES, base_of, reached, unseen
from lists import lists
from measure import ROOT, keep, shakespeare, table

from charrnn.checkpoint import load
from charrnn.corpus import Corpus
from charrnn.training.start_proposal import propose_start

SECONDS = 10
SEEDS = range(3)
HEADER = ("text", "proposed", "seeds", "from nothing", "from the base", "worst seed")


def texts() -> dict[str, str]:
    """Return the texts by title: prose, a play, a manual, songs, code and lists."""
    return unseen() | {
        "Tiny Shakespeare": shakespeare(),
        "Code": inspect.getsource(argparse),
        **{f"List of {one.name}": "\n".join(one.lines) + "\n" for one in lists()[:2]},
    }


def main() -> None:
    """Measure and keep the table."""
    bases = {name: load(ROOT / "checkpoints" / f"base-{name}") for name in BASES}
    rows = []
    for title, text in texts().items():
        proposed = propose_start(Corpus.from_text(text, validation=0.1), bases).name
        base, seeds = bases[proposed or base_of(title)], SEEDS if proposed else SEEDS[:1]
        figures: dict[str, list[float]] = {"nothing": [], "base": []}
        for seed in seeds:
            for name, start in (("nothing", None), ("base", base)):
                figures[name].append(reached(text, SECONDS, start, seed) or math.nan)
        ratios = [b / n for n, b in zip(figures["nothing"], figures["base"], strict=True)]
        medians = [f"{statistics.median(column):.3g}" for column in figures.values()]
        rows.append([title, proposed or "none", len(seeds), *medians, f"{max(ratios) - 1:+.1%}"])
    keep("base_proposals", "When a base is proposed", [table(HEADER, rows)], of_others=True)


if __name__ == "__main__":
    main()
