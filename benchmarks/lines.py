"""How many of the lines that a model of a list writes are new, and how many are well formed.

    python benchmarks/lines.py                 five lists in `sprint`, about four minutes
    python benchmarks/lines.py names titles    only some of them
    python benchmarks/lines.py --seconds 60    with more time for each

Each list (benchmarks/lists.py) is learned twice, sorted as lists often are: as one text, and with
`documents = lines`. Of 500 lines by each model the table has the share that the list lacks, the
share that is well formed, and the share that is both. It is kept in benchmarks/lines.md.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from lists import ListOfLines, lists
from measure import keep, table

import charrnn
from charrnn.checkpoint import Checkpoint
from charrnn.generation.lines import Line
from charrnn.runs.plan import make_plan
from charrnn.text import read_text
from charrnn.training import train

LINES = 500
HEADER = ("list", "lines", "learned as", "held out", "new", "well formed", "both")


def learned(of: ListOfLines, documents: str, seconds: float) -> tuple[Checkpoint, float | None]:
    """Return a model of a sorted list, and its held-out perplexity."""
    text = read_text("\n".join(sorted(of.lines)) + "\n", name=of.name)
    plan = make_plan(text, recipe="sprint", seconds=seconds, settings={"documents": documents})
    with TemporaryDirectory() as place:
        events = train(
            plan.corpus, plan.model, plan.training, recipe=plan.recipe, prefixes=plan.prefixes,
            directory=place,
        )  # fmt: skip
        end = [event for event in events if event["event"] == "end"][-1]
        return charrnn.load(Path(place) / "checkpoint"), end["validation_perplexity"]


def row(of: ListOfLines, documents: str, seconds: float) -> tuple[object, ...]:
    """Learn a list, and judge lines of the model."""
    checkpoint, perplexity = learned(of, documents, seconds)
    written = charrnn.lines(checkpoint, LINES, seed=0)
    known = set(of.lines)

    def share(good: list[Line]) -> str:
        return f"{100 * len(good) / len(written):.0f} %"

    new = [line for line in written if line.text not in known]
    formed = [line for line in written if of.is_well_formed(line.text)]
    both = [line for line in new if of.is_well_formed(line.text)]
    kind = "lines" if documents == "lines" else "one text"
    shown = "" if perplexity is None else f"{perplexity:.2f}"
    return of.name, len(of.lines), kind, shown, share(new), share(formed), share(both)


def main() -> None:
    """Print the table, and keep it if it has all lists."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("names", nargs="*", help="lists; default: all")
    parser.add_argument("--seconds", type=float, default=10)
    arguments = parser.parse_args()
    wanted = [one for one in lists() if not arguments.names or one.name in arguments.names]
    rows = [
        row(one, documents, arguments.seconds) for one in wanted for documents in ("none", "lines")
    ]
    shown = table(HEADER, rows)
    if arguments.names:
        print(shown)
    else:
        title = f"Lines by models of five lists, sorted, {arguments.seconds:g} s each"
        keep("lines", title, [shown])


if __name__ == "__main__":
    main()
