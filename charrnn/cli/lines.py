"""`generate --lines`: whole lines by a model, one below the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..checkpoint import Checkpoint
from ..corpus import Corpus
from ..errors import UserError
from ..generation.lines import iter_lines
from ..generation.nearest_lines import NearestLines
from ..list_report import is_list, report_documents
from ..loading import local
from .output import note, printable


def show_lines(
    opened: Checkpoint,
    where: str,
    count: int,
    prefix: str,
    alpha: float,
    seed: int | None,
    *,
    new_only: bool,
    print_json: Callable[[Any], None] | None,
) -> None:
    """Print lines by a model, which was opened from `where`, or objects with `print_json`."""
    training_lines = lines_of_run(where) if print_json is not None else None
    shown = 0
    gap = "\n" if opened.documents in ("blank-lines", "files") else ""
    for line in iter_lines(
        opened, count, prefix, alpha, seed, new_only=new_only, training_lines=training_lines
    ):
        if print_json is not None:
            print_json(line.as_dict())
        else:
            print(printable(line.text) + gap, flush=True)
        shown += 1
    if shown < count:
        note(f"only {shown:,} of {count:,} lines were new and different")


def check_lines_only(count: int | None, *, new_only: bool, mode: str, samples: int) -> None:
    """Raise UserError for options that go with `--lines` only, or not with it."""
    if count is None and new_only:
        raise UserError("--new-only goes with --lines N.", field="new_only")
    if count is not None and (mode != "sample" or samples != 1):
        raise UserError("--lines N samples N lines: leave out --mode and --samples.", field="lines")


def describe_documents(corpus: Corpus) -> str | None:
    """Return a note on the lines, or other documents, of a text to train on; None without any."""
    listed = is_list(corpus)
    found = report_documents(corpus) if listed or corpus.documents != "none" else None
    if found is None:
        return None
    name = {"lines": "lines", "blank-lines": "parts", "files": "files"}[found.kind]
    again = f", {found.repeated:,} of them again" if found.repeated else ""
    facts = f"{found.count:,} {name}, {found.median:,} characters long as a rule, "
    facts += f"{found.longest:,} at most{again}"
    if not listed:
        return facts
    return f"this looks like a list ({facts}): --set documents=lines learns each line by itself"


def lines_of_run(where: str) -> NearestLines | None:
    """Return the lines that a run on this machine was trained on; None for any other model."""
    place = local(where).parent / "corpus"
    if not place.is_dir():
        return None
    try:
        corpus = Corpus.open(place)
    except UserError:
        return None
    if corpus.documents == "none":
        return NearestLines(corpus.vocabulary.decode(corpus.ids.tolist()).split("\n"))
    return NearestLines(corpus.document_texts())
