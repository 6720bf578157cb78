"""Find the model that `train --from` names, or chooses with `auto`."""

from __future__ import annotations

from collections.abc import Mapping

from ..checkpoint import Checkpoint
from ..corpus import Corpus
from ..errors import Message, UserError
from ..loading import load, load_bases
from ..recipes import find_recipe
from ..runs.run import Run
from ..text import Text
from ..training.start_proposal import propose_start
from ..training.transfer import FIXED_SETTINGS, model_digest
from .output import note, show_transfer

AUTO = "auto"


def find_start(
    name: str | None, text: Text, recipe: str, settings: Mapping[str, object]
) -> Checkpoint | None:
    """Return the model that `--from` names, or that `auto` chooses; None for random weights.

    A note says why `auto` chooses it. Raises UserError if there is no such model.
    """
    if name != AUTO:
        return None if name is None else open_start(name)
    start, reason = _proposed_start(text, recipe, settings)
    note(reason)
    return start


def open_start(name: str) -> Checkpoint:
    """Load the checkpoint to start from, by path, by the name of a bundled model, or from the Hub.

    Raises UserError for the field `from`.
    """
    try:
        with show_transfer("downloading") as progress:
            return load(name, progress=progress)
    except UserError as error:
        error.field = "from"
        raise


def _proposed_start(
    text: Text, recipe: str, settings: Mapping[str, object]
) -> tuple[Checkpoint | None, Message]:
    """Return the base model to start from, None for random weights, and the reason."""
    if find_recipe(recipe).kind == "textbook":
        return None, Message("starting from nothing, as the recipe {recipe} does", recipe=recipe)
    if fixed := [name for name in FIXED_SETTINGS if name in settings]:
        return None, Message(
            "starting from nothing: with --set {name} the architecture is one of your own",
            name=fixed[0],
        )
    bases = load_bases()
    proposal = propose_start(Corpus.from_text(text), bases)
    if proposal.name is None:
        return None, Message("starting from nothing: {reason}", reason=proposal.reason)
    return bases[proposal.name], Message(
        "starting from {name}: {reason}", name=proposal.name, reason=proposal.reason
    )


def check_same_start(run: Run, start: str | None) -> None:
    """Raise UserError if a run to resume did not start from the model that `start` names.

    `auto` and None stand for the model that it did start from.
    """
    if start in (None, AUTO):
        return
    own, mine = run.manifest.get("started_from"), run.start
    if mine is not None and model_digest(mine) == model_digest(open_start(str(start))):
        return
    if own is None:
        raise UserError(
            "This run started from random weights. Leave out --from to resume it, or give another "
            "--run-dir for a new run.",
            field="from",
        )
    raise UserError(
        "This run started from {own}, not from {start}. Leave out --from to resume it, or give "
        "another --run-dir for a new run.",
        own=own["name"],
        start=start,
        field="from",
    )
