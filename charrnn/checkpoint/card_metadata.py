"""Make the metadata of a model card, which the Hub reads, as a ModelCardData of huggingface_hub."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .base_model import demanded_license, hub_base
from .card_figures import alpha_name, plain_title, scores
from .escaping import visible
from .training_text import text_name, training_text

if TYPE_CHECKING:
    from huggingface_hub import EvalResult, ModelCardData

    from . import Checkpoint

TAGS = ("charrnn", "text-generation", "character-level")
CELL_TAGS = {"tanh": "rnn", "relu": "rnn", "gru": "gru", "lstm": "lstm"}
METRICS = {"perplexity": "Perplexity", "bits_per_character": "Bits per character"}
SPLITS = {"held out": "validation", "training": "train"}  # the names of splits on the Hub
WRITTEN_IN_TRAINING = "Written in training"  # the title of a sample that was
MAX_SAMPLES = 8
_MAX_SAMPLE_CHARACTERS = 120  # in the metadata, which every list of models carries
_TASK = "text-generation"


@dataclass(frozen=True)
class CardContext:
    """Where a card is shown, and what the checkpoint itself does not say.

    Attributes:
        repo: The model's `owner/name` on the Hub, None if it has none.
        space: The `owner/name` of a Space that opens the model, None if there is none.
        prefix: What all of `texts` begin with.
        texts: Samples by their α.
        picture: Whether perplexity.png is beside the card.
        license: The license that the owner chose, None for that of the base or the text.
        rights: Who may use the training text, in words, if charrnn does not know the text.
        language: The language of the training text (ISO 639-1), if charrnn does not know it.
    """

    repo: str | None = None
    space: str | None = None
    prefix: str = ""
    texts: Mapping[float, str] = field(default_factory=dict)
    picture: bool = False
    license: str | None = None
    rights: str | None = None
    language: str | None = None


def make_card_data(
    checkpoint: Checkpoint, samples: Sequence[Mapping[str, Any]], context: CardContext
) -> ModelCardData:
    """Return the metadata of a card.

    `samples` are those written during training, with `step`, `prefix` and `text`.
    """
    from huggingface_hub import ModelCardData  # a quarter of a second: only where a card is made

    text, base = training_text(checkpoint), hub_base(checkpoint)
    language = context.language or text.language
    results = list(_results(checkpoint))
    return ModelCardData(
        library_name="charrnn",
        pipeline_tag=_TASK,
        license=license_of(checkpoint, context),
        language=[language] if language else None,
        datasets=[text.hub_dataset] if text.hub_dataset else None,
        tags=[*TAGS, CELL_TAGS[checkpoint.model.config.cell]],
        base_model=base,
        base_model_relation="finetune" if base else None,
        metrics=["perplexity"] if results else None,
        model_name=plain_title(checkpoint) if results else None,
        eval_results=results or None,
        widget=list(_widget(samples, context)) or None,
    )


def license_of(checkpoint: Checkpoint, context: CardContext) -> str:
    """Return a model's license.

    It is the owner's choice, else that of the base model if it must be the same, else that of the
    training text.
    """
    return context.license or demanded_license(checkpoint) or training_text(checkpoint).license


def _results(checkpoint: Checkpoint) -> Iterator[EvalResult]:
    """Yield the perplexity and the bits per character of each split that was measured.

    The Hub groups results by dataset and split.
    """
    from huggingface_hub import EvalResult

    text = training_text(checkpoint)
    for part, perplexity, bits in scores(checkpoint):
        if part not in SPLITS:
            continue
        for metric, value in zip(METRICS, (perplexity, bits), strict=True):
            yield EvalResult(
                task_type=_TASK,
                task_name="Text generation",
                dataset_type=text.hub_dataset or "text",
                dataset_name=visible(text_name(checkpoint), 80),
                dataset_split=SPLITS[part],
                metric_type=metric,
                metric_name=METRICS[metric],
                metric_value=float(f"{value:.6g}"),
            )


def _widget(samples: Sequence[Mapping[str, Any]], context: CardContext) -> Iterator[dict[str, Any]]:
    """Yield the examples of the widget on the model's page: samples, each a text and its output."""
    written = [(alpha_name(alpha), context.prefix, text) for alpha, text in context.texts.items()]
    if not written:
        last = samples[-1]["step"] if samples else None
        written = [
            (WRITTEN_IN_TRAINING, str(sample["prefix"]), str(sample["text"]))
            for sample in samples
            if sample["step"] == last
        ][:MAX_SAMPLES]
    for title, prefix, text in written:
        continued = text.removeprefix(prefix)[:_MAX_SAMPLE_CHARACTERS]
        yield {
            "text": visible(prefix, _MAX_SAMPLE_CHARACTERS),
            "example_title": title,
            "output": {"text": visible(continued)},
        }
