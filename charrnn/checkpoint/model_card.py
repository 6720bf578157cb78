"""Write the model card, `README.md`: what a model is, writes and scores, and how it was made.

The card is `card_template.md.jinja`, filled in. A later card renews the sections under its headings
and the metadata that charrnn writes, and keeps what its owner has added (`owner_card.py`).

Names, prefixes and samples in a card may come from strangers. They are escaped, so that they can
end neither a YAML value nor a Markdown block, and contain no HTML.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from typing import Any

import torch

from .._version import __version__
from ..utils.installation import install_command, source_address
from . import Checkpoint, base_model
from .card_figures import alpha_name, learning, recitation, score_table, title
from .card_metadata import MAX_SAMPLES, CardContext, license_of, make_card_data
from .escaping import fenced, line_of
from .plain_torch import MAX_DIFFERENCE, plain_torch_lines
from .training_text import text_name, training_text

_TEMPLATE = "card_template.md.jinja"
_MAX_SAMPLE_CHARACTERS = 10_100


def card(
    checkpoint: Checkpoint, samples: Sequence[Mapping[str, Any]], context: CardContext | None = None
) -> str:
    """Return the model card of a checkpoint, as Markdown with YAML metadata.

    `samples` are those written during training, with `step`, `prefix` and `text`.
    """
    with warnings.catch_warnings():  # that of tqdm in a notebook without ipywidgets
        warnings.simplefilter("ignore")
        from huggingface_hub import ModelCard  # a quarter of a second: only where a card is made

    context = context or CardContext()
    made = ModelCard.from_template(
        make_card_data(checkpoint, samples, context),
        template_str=resources.files(__package__).joinpath(_TEMPLATE).read_text("utf-8"),
        **_model(checkpoint, samples, context),
        **_use(checkpoint, context),
        **_making(checkpoint, context),
    )
    return str(made).rstrip("\n") + "\n"


def _model(
    checkpoint: Checkpoint, samples: Sequence[Mapping[str, Any]], context: CardContext
) -> dict[str, Any]:
    """Return the template's values about the model."""
    several = len({sample["step"] for sample in samples}) > 1
    return {
        "title": title(checkpoint),
        "about": "\n\n".join([_about(checkpoint), *base_model.sentences(checkpoint)]),
        "written": "\n\n".join(_written(samples, context)),
        "picture": context.picture,
        "scores": score_table(checkpoint),
        "recitation": recitation(checkpoint),
        "learning": learning(samples) if context.texts and several else "",
    }


def _use(checkpoint: Checkpoint, context: CardContext) -> dict[str, Any]:
    """Return the template's values about the use of the model."""
    command, lines = install_command(context.space), plain_torch_lines(checkpoint, context.repo)
    return {
        "install": fenced(command, "sh") if command else "",
        "place": context.repo or "path/to/this/directory",
        "repo": context.repo,
        "space_link": _space_link(context),
        "where": "" if context.repo else ", run in this directory",
        "max_difference": f"{MAX_DIFFERENCE:.5f}",
        "plain_torch": fenced(lines, "python"),
    }


def _making(checkpoint: Checkpoint, context: CardContext) -> dict[str, Any]:
    """Return the template's values about how the model was made."""
    text, config = training_text(checkpoint), checkpoint.config()
    training = checkpoint.about.get("training") or {}
    return {
        "text": text.origin or line_of(text_name(checkpoint)),
        "rights": context.rights or text.rights,
        "base_license": base_model.license_sentence(checkpoint),
        "license_name": license_of(checkpoint, context),
        "model_settings": fenced(json.dumps(config["model"], indent=2), "json"),
        "training_settings": fenced(json.dumps(training, indent=2, ensure_ascii=False), "json"),
        "versions": {
            "charrnn": __version__,
            "torch": str(torch.__version__).partition("+")[0],
            "format": config["format"],
            "dtype": checkpoint.dtype,
        },
        "source": source_address(context.space),
    }


def _about(checkpoint: Checkpoint) -> str:
    """Describe a model in two sentences: cell, size, symbols, training text and time."""
    about, model = checkpoint.about, checkpoint.model
    corpus, results = about.get("corpus") or {}, about.get("results") or {}
    recipe = line_of(str(about.get("recipe") or "custom"))
    characters = corpus.get("characters") or 0
    size = f"trained on {characters:,} characters of " if characters else "trained on "
    seconds = f" in {results['seconds']:g} s" if results.get("seconds") else ""
    return (
        f"A character-level recurrent language model: {line_of(model.config.label)}, "
        f"{model.parameter_count:,} parameters, "
        f"{checkpoint.vocabulary.symbol_count:,} symbols, {size}"
        f"{line_of(text_name(checkpoint))}{seconds} (recipe {recipe}) with "
        "[charrnn](https://huggingface.co/models?library=charrnn). It writes one character at a "
        "time."
    )


def _written(samples: Sequence[Mapping[str, Any]], context: CardContext) -> Iterator[str]:
    """Yield paragraphs with the texts of the context, or else the last samples of the training."""
    if context.texts:
        yield (
            "Each character is drawn from q ∝ p^α, where p is the model's own distribution: α "
            "below 1 is bolder, above 1 safer."
        )
        for alpha, text in context.texts.items():
            yield f"**{alpha_name(alpha)}**"
            yield fenced(text)
        return
    last = [s for s in samples if s["step"] == samples[-1]["step"]] if samples else []
    for sample in last[:MAX_SAMPLES]:
        yield fenced(str(sample["text"])[:_MAX_SAMPLE_CHARACTERS])
    if not last:
        yield "Nothing was sampled."


def _space_link(context: CardContext) -> str | None:
    """Return the URL that opens the model in a Space; None without a repository or a Space."""
    if not context.repo or not context.space:
        return None
    return f"https://huggingface.co/spaces/{context.space}?model={context.repo}"
