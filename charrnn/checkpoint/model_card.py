"""Write the model card, `README.md`: what a model is, writes and scores, and how it was made.

What charrnn knows stands between marks, in the metadata and in the text, so that a later card can
replace it and keep what its owner has written around it (`owner_card.py`). A card holds strangers'
words, names and samples: they can end neither a line of YAML nor a block of Markdown, and no HTML
comes through.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..text import datasets
from ..utils.installation import install_command
from . import Checkpoint, origin
from .escaping import fenced, flat, line_of, yaml_string

NAME = "README.md"
UNKNOWN = "unknown"  # license that is not known; the Hub knows the word
_OURS = "apache-2.0"
_LICENSES = {
    "tide-clock": (_OURS, "an original story under Apache-2.0"),
    "songs": (_OURS, "original lyrics under Apache-2.0"),
    "python-manual": ("psf-2.0", "Python's manual, under the PSF License 2.0"),
    "time-machine": (UNKNOWN, "in the public domain"),
    "tiny-shakespeare": (UNKNOWN, "in the public domain"),
}
TERMS = {"ngram": "n-gram"}  # where the name is not the word for it
_LANGUAGES = {"English": "en", "Chinese": "zh"}
RESULTS_MARKS = ("# charrnn:begin results, renewed at each push", "# charrnn:end results")
CARD_MARKS = (
    "<!-- charrnn:begin card, renewed at each push: words of your own belong above or below -->",
    "<!-- charrnn:end card -->",
)
_SAMPLE_CHARS, _MAX_SAMPLES = 10_100, 8  # characters of a sample, and samples, in the text
_MAX_STEPS = 60  # at which a sample is shown, to see how it learned
_METADATA_SAMPLE_CHARS = 120  # characters of a sample in the metadata, which every listing carries
_RECITATION_COUNTS = (
    "characters", "seed", "min_characters", "longest", "copied_lines", "lines",
)  # fmt: skip
_NGRAM_LENGTHS = (4, 8, 12, 16, 24)
_MAX_COUNT = 1e9  # that a card shows


@dataclass(frozen=True)
class CardContext:
    """Where a card is shown, and what is known there.

    `repo` is the model's `owner/name` on the Hub, if it has one; `space` that of a Space that opens
    it. `texts` are samples by α, which begin with `prefix`. `picture` says that perplexity.png lies
    beside the card. `license` is the owner's choice.
    """

    repo: str | None = None
    space: str | None = None
    prefix: str = ""
    texts: Mapping[float, str] = field(default_factory=dict)
    picture: bool = False
    license: str | None = None


def card(
    checkpoint: Checkpoint, samples: Sequence[Mapping[str, Any]], context: CardContext | None = None
) -> str:
    """Return the card of a checkpoint.

    `samples` are those written during training, with `step`, `prefix` and `text`.
    """
    context = context or CardContext()
    return (
        f"---\n{_metadata(checkpoint, context)}---\n\n"
        f"# {_title(checkpoint)}\n\n{CARD_MARKS[0]}\n\n"
        + "\n\n".join(_parts(checkpoint, samples, context))
        + f"\n\n{CARD_MARKS[1]}\n"
    )


# The metadata


def _metadata(checkpoint: Checkpoint, context: CardContext) -> str:
    known = _known(checkpoint)
    language = _LANGUAGES.get(known.language) if known else None
    license_name = _license(checkpoint, context)
    lines = ["library_name: charrnn", "pipeline_tag: text-generation", f"license: {license_name}"]
    if language:
        lines += ["language:", f"- {language}"]
    cell = checkpoint.model.config.cell
    kind = "rnn" if cell in ("tanh", "relu") else cell
    lines += ["tags:", "- charrnn", "- text-generation", "- character-level", f"- {kind}"]
    lines += [RESULTS_MARKS[0], *origin.base_model(checkpoint), *_model_index(checkpoint)]
    if context.texts:
        lines += ["widget:"]
        for alpha, text in context.texts.items():
            lines += [
                f"- text: {yaml_string(context.prefix)}",
                f"  example_title: {yaml_string(_alpha(alpha))}",
            ]
            shown = text.removeprefix(context.prefix)[:_METADATA_SAMPLE_CHARS]
            lines += ["  output:", f"    text: {yaml_string(shown)}"]
    lines.append(RESULTS_MARKS[1])
    return "".join(f"{line}\n" for line in lines)


def _model_index(checkpoint: Checkpoint) -> Iterator[str]:
    scores = [s for s in _scores(checkpoint) if s[0] in ("held out", "training")]
    if not scores:
        return
    yield "model-index:"
    yield f"- name: {yaml_string(_plain_title(checkpoint))}"
    yield "  results:"
    for part, perplexity, bits in scores:
        yield "  - task:"
        yield "      type: text-generation"
        yield "    dataset:"
        yield "      type: text"
        yield f"      name: {yaml_string(f'{_corpus(checkpoint)}, {part}')}"
        yield "    metrics:"
        yield f"    - type: perplexity\n      value: {_figure(perplexity)}"
        yield f"    - type: bits_per_character\n      value: {_figure(bits)}"


def _figure(value: float) -> str:
    shown = f"{value:.6g}"
    return f"{value:.5e}" if "e" in shown else shown  # YAML wants a point before the exponent


# The text


def _parts(
    checkpoint: Checkpoint, samples: Sequence[Mapping[str, Any]], context: CardContext
) -> Iterator[str]:
    about, model = checkpoint.about, checkpoint.model
    corpus, results = about.get("corpus") or {}, about.get("results") or {}
    recipe = line_of(str(about.get("recipe") or "custom"))
    characters = corpus.get("characters") or 0
    size = f"trained on {characters:,} characters of " if characters else "trained on "
    seconds = f" in {results['seconds']:g} s" if results.get("seconds") else ""
    yield (
        f"A character-level recurrent language model: {line_of(model.config.label)}, "
        f"{model.parameter_count:,} parameters, "
        f"{checkpoint.vocabulary.symbol_count:,} symbols, {size}"
        f"{line_of(_corpus(checkpoint))}{seconds} (recipe {recipe}) with "
        "[charrnn](https://huggingface.co/models?library=charrnn). It writes one character at a "
        "time."
    )
    yield from origin.sentences(checkpoint)
    yield "## What it writes"
    yield from _written(samples, context)
    yield "## How well it predicts"
    if context.picture:
        yield "![Perplexity over the time of training](perplexity.png)"
    rows = [
        f"| {line_of(name)} | {perplexity:.4g} | {bits:.3f} |"
        for name, perplexity, bits in _scores(checkpoint)
    ]
    if rows:
        yield "\n".join(["| | perplexity | bits per character |", "| --- | ---: | ---: |", *rows])
    else:
        yield "Nothing was measured."
    yield from _recitation(checkpoint)
    if context.texts and len({sample["step"] for sample in samples}) > 1:
        yield from _evolution(samples)
    yield "## Use"
    yield from _use(context)
    yield "## Text and license"
    yield _rights(checkpoint, context)
    yield "## Settings"
    yield from _settings(checkpoint)


def _written(samples: Sequence[Mapping[str, Any]], context: CardContext) -> Iterator[str]:
    if context.texts:
        yield (
            "Each character is drawn from q ∝ p^α, where p is the model's own distribution: α "
            "below 1 is bolder, above 1 safer."
        )
        for alpha, text in context.texts.items():
            yield f"**{_alpha(alpha)}**"
            yield fenced(text)
        return
    last = [s for s in samples if s["step"] == samples[-1]["step"]] if samples else []
    texts = (str(sample["text"])[:_SAMPLE_CHARS] for sample in last[:_MAX_SAMPLES])
    yield "\n\n".join(map(fenced, texts)) or "Nothing was sampled."


def _recitation(checkpoint: Checkpoint) -> Iterator[str]:
    """Show how much the model recites, if that was measured: figures only, nothing of a text."""
    figures = checkpoint.about.get("recitation") or {}
    counts = {name: _count_in(figures, name) for name in _RECITATION_COUNTS}
    written, held_out = (_shares_in(figures, before) for before in ("", "held_out_"))
    if None in counts.values() or "copied" not in written:
        return
    known = {name: f"{count:,}" for name, count in counts.items()}
    yield "## Writes or recites?"
    yield (
        f"Of {known['characters']} characters that it wrote (α = 1, seed {known['seed']}), "
        f"{written['copied']} stand in its training text, in stretches of "
        f"{known['min_characters']} characters or more; the longest has {known['longest']}. "
        f"{known['copied_lines']} of {known['lines']} lines are lines of the training text."
    )
    lengths = [name.removeprefix("new_") for name in written if name != "copied"]
    rows = [("written", written), *([("held out", held_out)] if held_out else [])]
    yield "\n".join(
        [
            f"| new n-grams, n = | {' | '.join(lengths)} |",
            f"| --- |{' ---: |' * len(lengths)}",
            *(
                f"| {name} | {' | '.join(shares.get(f'new_{n}', '') for n in lengths)} |"
                for name, shares in rows
            ),
        ]
    )


def _count_in(figures: Mapping[str, Any], name: str) -> int | None:
    value = figures.get(name)
    return int(value) if isinstance(value, int | float) and 0 <= value < _MAX_COUNT else None


def _shares_in(figures: Mapping[str, Any], before: str) -> dict[str, str]:
    """Return the shares whose names begin with `before`, in percent."""
    names = ("copied", *(f"new_{n}" for n in _NGRAM_LENGTHS))
    values = {name: figures.get(before + name) for name in names}
    return {
        name: f"{100 * value:.2g} %" if value < 0.995 else "100 %"
        for name, value in values.items()
        if isinstance(value, int | float) and 0 <= value <= 1
    }


def _evolution(samples: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Show the first prefix, continued at several steps of training."""
    yield "## How it learned"
    prefix = samples[0]["prefix"]
    texts = {s["step"]: str(s["text"]) for s in samples if s["prefix"] == prefix}
    if len(texts) > _MAX_STEPS:  # as evenly as it goes, the last one among them
        every = -(-len(texts) // _MAX_STEPS)
        texts = dict(list(texts.items())[::-every][::-1])
    width = len(f"{max(texts):,}")
    yield fenced("\n".join(f"{step:>{width},}  {flat(t, 160)}" for step, t in texts.items()))
    yield "The number is the minibatches of training so far."


def _use(context: CardContext) -> Iterator[str]:
    where = context.repo or "path/to/this/directory"
    if command := install_command(context.space):
        yield fenced(command, "sh")
        yield "The name charrnn on PyPI belongs to another project."
    yield fenced(
        "import charrnn\n\n"
        f'checkpoint = charrnn.load("{where}")\n'
        'print(charrnn.generate(checkpoint, prefix="", length=200, alpha=1.0, seed=0))',
        "python",
    )
    if context.repo:
        yield f"On the command line: `python -m charrnn generate {context.repo}`."
    if context.repo and context.space:
        address = f"https://huggingface.co/spaces/{context.space}?model={context.repo}"
        yield f"In the browser: [open it in the Space]({address})."


def _rights(checkpoint: Checkpoint, context: CardContext) -> str:
    known = _known(checkpoint)
    text = _LICENSES[known.name][1] if known else "its license is unknown"
    base = origin.license_sentence(checkpoint)
    return (
        f"Trained on {line_of(_corpus(checkpoint))}: {text}. A model can recite what it was "
        f"trained on, so the rights in the text concern it too. {base}"
        f"License of the model: {_license(checkpoint, context)}."
    )


def _license(checkpoint: Checkpoint, context: CardContext) -> str:
    """Return the owner's choice, or that of the base if it demands this, or that of the text."""
    demanded, known = origin.demanded_license(checkpoint), _known(checkpoint)
    return context.license or demanded or (_LICENSES[known.name][0] if known else UNKNOWN)


def _settings(checkpoint: Checkpoint) -> Iterator[str]:
    yield fenced(json.dumps(checkpoint.config()["model"], indent=2), "json")
    training = checkpoint.about.get("training") or {}
    yield fenced(json.dumps(training, indent=2, ensure_ascii=False), "json")


def _scores(checkpoint: Checkpoint) -> Iterator[tuple[str, float, float]]:
    """Yield what was measured, the model first and then the baselines: name, perplexity, bits."""
    results = checkpoint.about.get("results") or {}
    baselines = results.get("baselines") or {}
    # Before there were `last_` figures, that of training was not measured with the kept model.
    older = results.get("validation_perplexity") and "last_train_perplexity" not in results
    named = {
        "held out": results.get("validation_perplexity"),
        "training, last steps" if older else "training": results.get("train_perplexity"),
        **{f"{TERMS.get(name, name)} (no model)": value for name, value in baselines.items()},
    }
    for name, value in named.items():
        if isinstance(value, int | float) and 0 < value < math.inf:
            yield name, float(value), math.log2(value)


def _known(checkpoint: Checkpoint) -> datasets.Dataset | None:
    """Return the built-in dataset that the model was trained on, if it was one."""
    name = _corpus(checkpoint)
    return next((entry for entry in datasets.DATASETS if entry.title == name), None)


def _corpus(checkpoint: Checkpoint) -> str:
    return str((checkpoint.about.get("corpus") or {}).get("name") or "a text")


def _plain_title(checkpoint: Checkpoint) -> str:
    return f"{checkpoint.model.config.label} on {flat(_corpus(checkpoint))}"


def _title(checkpoint: Checkpoint) -> str:
    return f"{checkpoint.model.config.label} on {line_of(_corpus(checkpoint))}"


def _alpha(alpha: float) -> str:
    return f"α = {alpha:g}"
