"""Train the models that others start from, and measure what starting from them is worth.

    python benchmarks/bases.py english FOLDER       checkpoints/base-english, from novels in FOLDER
    python benchmarks/bases.py chinese FOLDER       checkpoints/base-chinese
    python benchmarks/bases.py prepare english FOLDER FILE     only write the text
    python benchmarks/bases.py                      how far both help, about fifteen minutes

The texts of a base are in the public domain and do not come along. A training that was interrupted
goes on when its command is repeated: its runs are `runs/base-english-1`, `-2` and so on. Each stage
begins with the model of the stage before.
"""

from __future__ import annotations

import argparse
import math
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from measure import DATA, ROOT, keep, table, time_machine

import charrnn
from charrnn.checkpoint import Checkpoint, load, save
from charrnn.checkpoint.card_metadata import CardContext
from charrnn.checkpoint.format import CARD, LOG, PICTURE, SAMPLES
from charrnn.checkpoint.logs import log_of, samples_of
from charrnn.checkpoint.model_card import card
from charrnn.checkpoint.plot import plot_perplexity
from charrnn.checkpoint.training_text import PUBLIC_DOMAIN
from charrnn.corpus import Corpus
from charrnn.ngrams.baselines import baseline_perplexities
from charrnn.runs.plan import make_plan
from charrnn.text import datasets, read_text
from charrnn.training import train
from charrnn.training.transfer import transferred_model
from charrnn.vocabulary import Vocabulary

MIN_COUNT = 10  # of a Chinese character; rarer ones become `RARE`
RARE = "□"
MAX_SYMBOLS = 3_400  # of a base; with more, the Chinese one would be larger than 8 MB
MAX_LOSS = 0.002  # nats that rounding to float16 may cost
LANGUAGES = {"english": "en", "chinese": "zh"}
SECONDS = 0, 1, 10, 60  # of training, in the table

# The typewriter's characters in place of the printer's: many texts have only those.
_ASCII = str.maketrans(
    {
        "“": '"', "”": '"', "‘": "'", "’": "'", "—": "--", "é": "e", "è": "e", "ê": "e", "ô": "o",
        "æ": "ae", "œ": "oe", "Æ": "Ae", "ç": "c", "£": "L",
    }
)  # fmt: skip
_PUNCTUATION = re.compile(r"[，。？！；：、“”‘’\"'《》（）()…—·,.?!;:\n]+")
_CHAPTER = re.compile(r"(?=^第[一二三四五六七八九十百]+回)", re.MULTILINE)


class Base(NamedTuple):
    """How a base is made: its title, and the settings of each stage of its training."""

    title: str
    stages: tuple[dict[str, object], ...]


_LSTM = {
    "cell": "lstm", "hidden_size": 512, "steps": 64, "batch_size": 32, "reset": 0.03,
    "optimizer": "adamw", "schedule": "cosine", "weight_decay": 0.03, "clip": 1,
    "validation": 0.01, "prior": "true",
}  # fmt: skip
_LATER = {
    name: _LSTM[name] for name in ("steps", "batch_size", "reset", "weight_decay", "validation")
}
BASES = {
    "english": Base(
        "English prose",
        (
            _LSTM
            | {"input": "embedding", "embedding_size": 64, "dropout": 0.1, "learning_rate": 0.008,
               "seconds": 2100},
            _LATER
            | {"dropout": 0.1, "learning_rate": 0.004, "keep_symbols": "true", "seconds": 5400},
            _LATER
            | {"dropout": 0.05, "learning_rate": 0.003, "keep_symbols": "true", "seconds": 6300},
        ),
    ),
    "chinese": Base(
        "Chinese novels",
        (_LSTM | {"input": "tied", "dropout": 0.2, "learning_rate": 0.006, "steps": 48,
                  "seconds": 5400},),
    ),
}  # fmt: skip


# The texts


def english(folder: Path) -> str:
    """Join the books. Every other one in ASCII, every other pair with a paragraph a line, so that
    the base knows both ways of setting a text."""
    books = []
    for number, path in enumerate(sorted(folder.glob("*.txt"))):
        text = re.sub(r"\n{3,}", "\n\n", path.read_text(encoding="utf-8").strip())
        if number % 2:
            text = text.translate(_ASCII)
        if number // 2 % 2:
            text = re.sub(r"(?<!\n)\n(?!\n)", " ", text)
        books.append(text)
    return "\n\n".join(books) + "\n"


def chinese(folder: Path) -> str:
    """Join the books. Every other chapter as verse is set: a clause a line, without punctuation."""
    chapters = []
    for path in sorted(folder.glob("*.txt")):
        text = re.sub(r"[ \t\u3000]+", "", path.read_text(encoding="utf-8").replace("．", "。"))
        for number, chapter in enumerate(_CHAPTER.split(re.sub(r"\n+", "\n", text))):
            chapters.append(_PUNCTUATION.sub("\n", chapter) if number % 2 else chapter)
    text = "".join(chapters)
    counts = Counter(text)
    return "".join(char if counts[char] >= MIN_COUNT else RARE for char in text)


TEXTS = {"english": english, "chinese": chinese}


# The bases


def make(name: str, folder: Path) -> None:
    """Train a base, stage by stage, and write it to checkpoints/base-`name`."""
    text = ROOT / "runs" / f"base-{name}.txt"
    text.parent.mkdir(exist_ok=True)
    text.write_text(TEXTS[name](folder), encoding="utf-8")
    before: Path | None = None
    for number, settings in enumerate(BASES[name].stages, 1):
        run = ROOT / "runs" / f"base-{name}-{number}"
        command = [sys.executable, "-m", "charrnn", "train", "--run-dir", str(run)]
        if run.exists():
            command += ["--resume"]
        else:
            command += [str(text), "--recipe", "sprint" if before else "custom"]
            command += [] if before is None else ["--from", str(before)]
            command += [
                part for pair in settings.items() for part in ("--set", "{}={}".format(*pair))
            ]
        subprocess.run(command, check=True, cwd=ROOT)
        before = run / "checkpoint"
    assert before is not None
    books = [path.stem.replace("-", " ").title() for path in sorted(folder.glob("*.txt"))]
    ship(name, before, books)


def ship(name: str, trained: Path, books: list[str]) -> None:
    """Write what a run has trained to checkpoints/base-`name`, as float16, with its card.

    The rarest symbols are left out, down to `MAX_SYMBOLS`.
    """
    place = ROOT / "checkpoints" / f"base-{name}"
    whole = load(trained)
    checkpoint = with_most_frequent_symbols(whole, MAX_SYMBOLS)
    dropped = len(whole.vocabulary) - len(checkpoint.vocabulary)
    note = f" The {dropped:,} rarest of its symbols were left out." if dropped else ""
    title = BASES[name].title
    about = checkpoint.about | {"name": title}
    about["corpus"] = about["corpus"] | {"name": title}
    about.pop("started_from", None)  # the stage before
    checkpoint = replace(checkpoint, about=about)
    save(checkpoint, place, dtype="float16")
    lost = known(load(place)) - known(checkpoint)
    if lost > MAX_LOSS:
        raise SystemExit(f"float16 costs {lost:.4f} nats: more than {MAX_LOSS}")
    log, samples = log_of(trained), samples_of(trained)
    for kept in (trained / LOG, trained / SAMPLES, trained.parent / "events.jsonl"):
        (place / kept.name).write_bytes(kept.read_bytes())
    (place / PICTURE).write_bytes(plot_perplexity(log, about["results"].get("baselines") or {}))
    text = card(load(place), samples, card_context(name))
    texts = {title: text for title, text in unseen().items() if base_of(title) == name}
    figures = [(title, f"{perplexity(load(place), text):.4g}") for title, text in texts.items()]
    (place / CARD).write_text(
        f"{text}\n## What it has read\n\n"
        + "".join(f"- {book}\n" for book in books)
        + "\nAll in the public domain. None of them lies in this repository. Made by "
        f"`python benchmarks/bases.py {name} FOLDER`; rounding its weights to float16 moved the "
        f"loss by {lost:+.5f} nats.{note}\n\n## Texts that it has not read\n\n"
        "Perplexity of the last tenth, before any training on it; symbols are matched by character."
        f"\n\n{table(('text', 'perplexity'), figures)}\n",
        encoding="utf-8",
    )


def with_most_frequent_symbols(checkpoint: Checkpoint, count: int) -> Checkpoint:
    """Return a checkpoint that knows only `count` of its symbols, `<unk>` and the most frequent."""
    vocabulary = Vocabulary(checkpoint.vocabulary.symbols[:count])
    model = transferred_model(checkpoint, checkpoint.model.config, vocabulary)
    return replace(checkpoint, model=model.eval(), vocabulary=vocabulary)


def card_context(name: str) -> CardContext:
    """What is known of a base besides its metadata, for its card."""
    return CardContext(
        picture=True, license="apache-2.0", rights=PUBLIC_DOMAIN, language=LANGUAGES.get(name)
    )


# What they are worth


def unseen() -> dict[str, str]:
    """The texts that are measured. None of them is in a base."""
    tide_clock = datasets.load("tide-clock").text
    novel = time_machine()
    return {
        "The Tide Clock": tide_clock,
        "its first 2,000 characters": tide_clock[:2_000],
        "The Time Machine": novel,
        "75,000 characters of it": novel[2_000:77_000],
        "Python's manual": datasets.load("python-manual").text,
        "Songs": datasets.load("songs").text,
    }


def base_of(title: str) -> str:
    """Name the base that has the script of a text."""
    return "chinese" if title == "Songs" else "english"


def perplexity(base: Checkpoint, text: str) -> float:
    """The perplexity of a text's last tenth under a base with the symbols of the text."""
    corpus = Corpus.from_text(text, validation=0.1)
    model = transferred_model(base, base.model.config, corpus.vocabulary).eval()
    started = Checkpoint(model, corpus.vocabulary)
    return charrnn.score(started, corpus.vocabulary.decode(corpus.held_out)).perplexity


def known(base: Checkpoint) -> float:
    """The loss on *The Tide Clock* or, of a Chinese base, on *Songs*, in nats per character."""
    text = datasets.load("songs" if "的" in base.vocabulary.symbols else "tide-clock").text
    return math.log(charrnn.score(base, text).perplexity)


def reached(text: str, seconds: int, base: Checkpoint | None, seed: int = 0) -> float | None:
    """The held-out perplexity after so many seconds of training."""
    if not seconds:
        return None if base is None else perplexity(base, text)
    settings = {"seconds": seconds, "seed": seed, "samples": "greedy"}
    plan = make_plan(read_text(text), recipe="sprint", settings=settings, start=base)
    events = train(plan.corpus, plan.model, plan.training, recipe="sprint", start=base)
    found: float | None = list(events)[-1]["validation_perplexity"]
    return found


def worth() -> None:
    """Measure each text from nothing and from its base."""
    bases = {name: load(ROOT / "checkpoints" / f"base-{name}") for name in BASES}
    header = ["text", "characters", "n-gram", "from", *(f"{seconds} s" for seconds in SECONDS)]
    rows = []
    for title, text in unseen().items():
        base = bases[base_of(title)]
        corpus = Corpus.from_text(text, validation=0.1)
        ngram = baseline_perplexities(
            corpus.training, corpus.held_out, len(corpus.vocabulary)
        ).ngram
        for start in (None, base):
            figures = (reached(text, seconds, start) for seconds in SECONDS)
            shown = ("" if figure is None else f"{figure:.3g}" for figure in figures)
            beginning = "nothing" if start is None else start.name
            rows.append([title, f"{len(text):,}", f"{ngram or math.nan:.3g}", beginning, *shown])
    keep("bases", "Starting from a base", [table(header, rows)], of_others=True)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="?", default="table", choices=[*BASES, "prepare", "table"])
    parser.add_argument("rest", nargs="*", type=Path)
    given = parser.parse_args()
    if given.what == "table":
        worth()
    elif given.what == "prepare":
        name, folder, file = given.rest
        file.write_text(TEXTS[str(name)](folder), encoding="utf-8")
    else:
        make(given.what, given.rest[0] if given.rest else DATA / "base" / given.what[:2])


if __name__ == "__main__":
    main()
