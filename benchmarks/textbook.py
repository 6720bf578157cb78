"""Reproduce every textbook recipe and write the table that docs/textbook.md shows.

    python benchmarks/textbook.py                 all seven, about a quarter of an hour
    python benchmarks/textbook.py lyrics-concise  only some
    python benchmarks/textbook.py --time-machine FILE

*The Time Machine* is downloaded, unless a file is given or lies in ../shared/data. The results go
to benchmarks/textbook.json, the table to benchmarks/textbook.md and into docs/textbook.md, between
the two `textbook` comments there.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from datetime import date
from pathlib import Path
from typing import Any

from measure import DATA, HERE, ROOT, machine

from charrnn.recipes import RECIPES, Recipe
from charrnn.runs.plan import make_plan
from charrnn.text import Text, datasets, read_files
from charrnn.training import train

RESULTS = HERE / "textbook.json"
TABLE = HERE / "textbook.md"
BOOK = DATA / "timemachine.txt"


def main() -> None:
    """Run the recipes asked for, then write the results and the tables."""
    textbook = [name for name, recipe in RECIPES.items() if recipe.kind == "textbook"]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipes", nargs="*", metavar="RECIPE", help=", ".join(textbook))
    parser.add_argument("--time-machine", type=Path, default=BOOK, metavar="FILE")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    if unknown := set(asked.recipes) - set(textbook):
        parser.error(f"not a textbook recipe: {', '.join(sorted(unknown))}")
    results = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    for name in asked.recipes or textbook:
        recipe = RECIPES[name]
        results[name] = reproduce(recipe, text_for(recipe, asked.time_machine), asked.seed)
        RESULTS.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n")
        print(row(recipe, results[name]), flush=True)
    write_tables({name: results[name] for name in textbook if name in results})


def text_for(recipe: Recipe, book: Path) -> Text:
    """The recipe's text: the book from a file where there is one."""
    if recipe.corpus == "time-machine" and book.is_file():
        return read_files([book])
    return datasets.load(str(recipe.corpus))


def reproduce(recipe: Recipe, text: Text, seed: int) -> dict[str, Any]:
    """Train by the recipe; the perplexity at every epoch that the textbook reports, and speed."""
    settled = make_plan(text, recipe=recipe.name, seed=seed)
    began = time.monotonic()
    at: dict[str, float] = {}
    last: dict[str, Any] = {}
    samples: list[str] = []
    wanted = {*recipe.published, settled.training.epochs}
    for event in train(
        settled.corpus,
        settled.model,
        settled.training,
        recipe=recipe.name,
        prefixes=settled.prefixes,
    ):
        if event["event"] == "progress":
            last = event
            if event["epoch"] in wanted:
                at[f"{event['epoch']:g}"] = event["train_perplexity"]
        elif event["event"] == "sample":
            samples.append(event["text"])
    seconds = time.monotonic() - began
    return {
        "perplexity": at,
        "seconds": round(seconds, 1),
        "characters_per_second": round(last["characters_seen"] / seconds),
        "sample": samples[-1],
        "seed": seed,
        "date": date.today().isoformat(),
        "machine": machine(),
    }


def row(recipe: Recipe, result: dict[str, Any]) -> str:
    """One line of the table."""
    published = ", ".join(f"{value:g} ({epoch})" for epoch, value in recipe.published.items())
    ours = ", ".join(f"{value:.3g} ({epoch})" for epoch, value in result["perplexity"].items())
    return (
        f"| `{recipe.name}` | {published or '–'} | {ours} | {result['seconds']:.0f} "
        f"| {result['characters_per_second']:,} | {recipe.note} |"
    )


def write_tables(results: dict[str, dict[str, Any]]) -> None:
    """Write the table to a file of its own and into the page of the documentation."""
    some = next(iter(results.values()))
    lines = [
        "| recipe | published training perplexity (at epoch) | ours (at epoch) | seconds "
        "| characters/s | note |",
        "| --- | --- | --- | --- | --- | --- |",
        *(row(RECIPES[name], result) for name, result in results.items()),
        "",
        f"{some['date']}, {some['machine']}; `python benchmarks/textbook.py`.",
    ]
    table = "\n".join(lines)
    TABLE.write_text(f"# The textbook's experiments\n\n{table}\n")
    page = ROOT / "docs" / "textbook.md"
    if page.is_file():
        marks = re.compile(r"(<!-- textbook -->\n).*?(<!-- /textbook -->)", re.DOTALL)
        text = page.read_text(encoding="utf-8")
        text = marks.sub(lambda m: m[1] + table + "\n" + m[2], text)
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
