"""What the time budgets reach.

    python benchmarks/budgets.py                   all but `night`, about twenty minutes
    python benchmarks/budgets.py sprint coffee     only some
    python benchmarks/budgets.py night             until it stops improving: an hour or two

`textbook`: the textbook's own recipe on the first 10,000 characters of The Time Machine, letters
only, against `sprint` on the same text, both until a training perplexity of 1.05. `small`: sprint
on small and odd texts, and the longer ones where counting guesses better than that. `coffee`,
`deep`, `night`: Tiny Shakespeare, whose last tenth is held out, scored in both protocols. Results
are kept in benchmarks/budgets.json, tables in budgets.md.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from measure import HERE, keep, machine, shakespeare, table, time_machine

import charrnn
from charrnn.corpus import Corpus
from charrnn.recipes import TIME_MACHINE
from charrnn.runs.plan import RunPlan, make_plan
from charrnn.text import Text, datasets, read_text
from charrnn.training import train

RESULTS = HERE / "budgets.json"
GOAL = 1.05
LONGER = ("sprint", "coffee", "deep")
SHAKESPEARE = {"coffee": 1.58, "deep": 1.45, "night": 1.40}


def run(settled: RunPlan, directory: str | None = None) -> list[dict[str, Any]]:
    """All events of a run."""
    return list(
        train(
            settled.corpus, settled.model, settled.training,
            recipe=settled.recipe, prefixes=settled.prefixes, directory=directory,
        )
    )  # fmt: skip


def until(events: list[dict[str, Any]], goal: float) -> float | None:
    """Seconds until the training perplexity was at most `goal`."""
    times = [
        event["seconds"]
        for event in events
        if event["event"] == "progress" and event["train_perplexity"] <= goal
    ]
    return times[0] if times else None


def textbook() -> dict[str, Any]:
    """Both to the same training perplexity, the textbook's recipe once, ours before and after."""
    text = read_text(TIME_MACHINE.apply(time_machine()), name="The Time Machine")
    ours = make_plan(text, recipe="sprint", settings={"validation": 0.0})
    theirs = make_plan(text, recipe="time-machine-scratch")
    before = run(ours)
    slow = until(run(theirs), GOAL)
    after = run(ours)
    quick = [until(events, GOAL) for events in (before, after)]
    return {
        "textbook_seconds": slow,
        "sprint_seconds": quick,
        "sprint_end": [events[-1]["train_perplexity"] for events in (before, after)],
        "model": ours.model.label,
    }


def small() -> dict[str, Any]:
    """Small and odd texts: ten seconds, against the best guess that counting makes; more where that
    is too little to be better."""
    songs, story = datasets.load("songs"), datasets.load("tide-clock")
    symbols = "".join(chr(0x4E00 + i * 7 % 5000) for i in range(20_000))
    texts = {
        "300 characters of a story": read_text(story.text[:300]),
        "2,000 characters of a story": read_text(story.text[:2000]),
        "one line of 20,000 characters": read_text(story.text[:20_000].replace("\n", " ")),
        "5,000 symbols in turn": read_text(symbols),
        "Chinese lyrics": songs,
        "the story": story,
        "Python's manual": datasets.load("python-manual"),
    }
    found: dict[str, list[dict[str, Any]]] = {}
    for name, text in texts.items():
        found[name] = []
        for recipe in LONGER:
            settled = make_plan(text, recipe=recipe)
            with tempfile.TemporaryDirectory() as directory:
                start, *_, end = run(settled, directory)
                kept = charrnn.load(Path(directory) / "checkpoint").perplexity
            found[name].append(
                {
                    "budget": recipe,
                    "model": settled.model.label,
                    "validation": end["validation_perplexity"],
                    "best": kept,
                    "seconds": end["seconds"],
                    "baselines": start["baselines"],
                }
            )
            if kept < min(guess for guess in start["baselines"].values() if guess is not None):
                break
    return found


def budget(name: str) -> dict[str, Any]:
    """Tiny Shakespeare in a time budget."""
    text = Text(name="Tiny Shakespeare", text=shakespeare())
    settled = make_plan(text, recipe=name)
    held_out = Corpus.from_text(text, validation=0.1).held_out
    tail = settled.corpus.vocabulary.decode(held_out.tolist())
    with tempfile.TemporaryDirectory() as directory:
        events = run(settled, directory)
        kept = charrnn.load(Path(directory) / "checkpoint")
    last = [event for event in events if event["event"] == "progress"][-1]
    return {
        "model": settled.model.label,
        "parameters": kept.model.parameter_count,
        "seconds": events[-1]["seconds"],
        "epochs": events[-1]["epoch"],
        "characters_per_second": last["characters_seen"] / last["seconds"],
        "carried": charrnn.score(kept, tail).nats,
        "cold_256": charrnn.score(kept, tail, window=256).nats,
    }


def tables(results: dict[str, Any]) -> list[str]:
    """The results as Markdown."""
    blocks = []
    if found := results.get("textbook"):
        quick = [float("inf") if s is None else s for s in found["sprint_seconds"]]
        ratio = found["textbook_seconds"] / statistics.median(quick)
        blocks.append(
            f"First 10,000 characters of The Time Machine to a training perplexity of {GOAL}: the "
            f"textbook's recipe {found['textbook_seconds']:.1f} s, `sprint` ({found['model']}) "
            f"{' and '.join(f'{seconds:.1f}' for seconds in quick)} s, before and after it "
            f"({ratio:.1f} times as fast by their median); at its end `sprint` has "
            f"{max(found['sprint_end']):.4f}. {found['when']}"
        )
    rows = [
        [
            f"`{name}`", found["model"], f"{found['parameters']:,}", f"{found['seconds']:.1f}",
            f"{found['epochs']:.1f}", f"{found['characters_per_second']:,.0f}",
            f"{found['carried']:.4f}", f"{found['cold_256']:.4f}", goal, found["when"],
        ]
        for name, goal in SHAKESPEARE.items() for found in results.get(name, {}).values()
    ]  # fmt: skip
    if rows:
        header = [
            "budget", "model", "parameters", "seconds", "epochs", "characters/s", "nats, carried",
            "nats, cold windows of 256", "goal, carried", "measured",
        ]  # fmt: skip
        blocks.append(
            "Tiny Shakespeare, first 90 % for training, the rest held out (nanoGPT: 1.4697 in "
            "cold windows of 256 on an A100; its recipe for a CPU 1.886):\n\n" + table(header, rows)
        )
    if found := results.get("small"):
        header = ["text", "budget", "model", "held out, kept", "n-gram", "unigram", "seconds"]
        rows = [
            [
                name, f"`{one['budget']}`", one["model"], f"{one['best']:.4g}", *(
                    "–" if one["baselines"][k] is None else f"{one['baselines'][k]:.4g}"
                    for k in ("ngram", "unigram")
                ), one["seconds"],
            ]
            for name, tries in found.items() if name != "when" for one in tries
        ]  # fmt: skip
        blocks.append(
            "Small and odd texts, by budgets up to the first that is better than counting "
            f"({found['when']}):\n\n{table(header, rows)}"
        )
    return blocks


def main() -> None:
    """Run what was asked for."""
    every = {"textbook": textbook, "small": small} | {
        name: lambda name=name: budget(name) for name in SHAKESPEARE
    }
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("which", nargs="*", metavar="WHICH", help=", ".join(every))
    asked = parser.parse_args().which or [name for name in every if name != "night"]
    results = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    for name in asked:
        found = every[name]() | {"when": f"{date.today().isoformat()}, {machine()}"}
        if name in SHAKESPEARE:  # kept for each kind of machine
            results.setdefault(name, {})[machine()] = found
        else:
            results[name] = found
        RESULTS.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n")
    keep("budgets", "Time budgets", tables(results))


if __name__ == "__main__":
    main()
