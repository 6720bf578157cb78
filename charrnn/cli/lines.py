"""Print whole lines that a model generates, for `generate --lines`."""

from __future__ import annotations

from collections.abc import Mapping

from ..checkpoint import Checkpoint
from ..corpus import Corpus
from ..corpus.documents import document_noun
from ..errors import UserError
from ..generation.lines import iter_lines
from ..generation.nearest_lines import NearestLines
from ..loading import local
from .output import note, print_json, printable


def show_lines(
    opened: Checkpoint,
    where: str,
    count: int,
    prefix: str,
    alpha: float,
    seed: int | None,
    *,
    new_only: bool,
    as_json: bool,
) -> None:
    """Print `count` generated lines, or a JSON object for each.

    The model `opened` comes from `where`. A note says if there are fewer new and different lines.
    """
    training_lines = lines_of_run(where) if as_json else None
    shown = 0
    gap = "\n" if opened.documents in ("blank-lines", "files") else ""
    for line in iter_lines(
        opened, count, prefix, alpha, seed, new_only=new_only, training_lines=training_lines
    ):
        if as_json:
            print_json(line.as_dict())
        else:
            print(printable(line.text) + gap, flush=True)
        shown += 1
    if shown < count:
        noun = "texts" if opened.documents == "files" else document_noun(opened.documents, count)
        note(f"only {shown:,} of {count:,} {noun} were new and different")


def check_lines_options(count: int | None, others: Mapping[str, object], *, new_only: bool) -> None:
    """Raise UserError for options that need `--lines`, or contradict it.

    `count` is the value of `--lines`. `others` are the options that only a single text has, by
    their names on the command line; None for those that were not given.
    """
    if count is None and new_only:
        raise UserError(
            "--new-only goes with --lines N: add --lines N, or leave --new-only out.",
            field="new_only",
        )
    given = [name for name, value in others.items() if value is not None]
    if count is not None and given:
        raise UserError(
            "--lines N samples whole lines: leave out {options}.",
            options=", ".join(given),
            field="lines",
        )


def lines_of_run(where: str) -> NearestLines | None:
    """Return the training lines of the run that the model at `where` is of; None without a run."""
    place = local(where).parent / "corpus"
    if not place.is_dir():
        return None
    try:
        corpus = Corpus.open(place)
    except UserError:
        return None
    return NearestLines.of(corpus)
