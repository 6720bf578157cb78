"""Command `generate`."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UserError, escape_invisible
from ..utils.validation import clean_text
from .options import AnyCheckpoint, Json, open_checkpoint
from .output import note, print_json, printable

if TYPE_CHECKING:
    from ..checkpoint import Checkpoint
    from ..generation.config import GenerationConfig

_DEFAULT_LENGTH, _SAMPLE = 200, "sample"


def generate(
    checkpoint: AnyCheckpoint,
    prefix: Annotated[str, typer.Option(help="The text to continue.")] = "",
    length: Annotated[
        int | None,
        typer.Option(help="Characters after the prefix.", show_default=str(_DEFAULT_LENGTH)),
    ] = None,
    mode: Annotated[str, typer.Option(help="greedy or sample.")] = _SAMPLE,
    alpha: Annotated[
        float | None,
        typer.Option(
            help="Sample from p^alpha: above 1 safer, below 1 bolder.", show_default="1.0"
        ),
    ] = None,
    temperature: Annotated[
        float | None,
        typer.Option(help="1 / alpha, under its other name: below 1 safer, above 1 bolder."),
    ] = None,
    stop: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TEXT",
            help="End after this text, if the model writes it; may be given several times.",
        ),
    ] = None,
    sentence_after: Annotated[
        int | None,
        typer.Option(
            min=0, help="End with the first sentence that is over after so many characters."
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Same seed, same text.")] = None,
    samples: Annotated[int, typer.Option(min=1, max=1000, help="How many texts.")] = 1,
    lines: Annotated[
        int | None,
        typer.Option(metavar="N", help="Write N whole lines, each ended by itself, instead."),
    ] = None,
    new_only: Annotated[
        bool, typer.Option("--new-only", help="With --lines: only those that the text lacks.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Generate text that continues a prefix."""
    from ..generation.config import GenerationConfig
    from .lines import check_lines_options, show_lines

    alone = {
        "--length": length,
        "--mode": mode if mode != _SAMPLE else None,
        "--stop": stop or None,
        "--sentence-after": sentence_after,
        "--samples": samples if samples != 1 else None,
    }
    check_lines_options(lines, alone, new_only=new_only)
    opened, prefix = open_checkpoint(checkpoint), clean_text(prefix)
    if unknown := opened.vocabulary.unknown(prefix):
        lacking = escape_invisible(" ".join(unknown), 200)
        note(f"not in the model's vocabulary, read as unknown: {lacking}")
    alpha = _alpha(alpha, temperature)
    if lines is not None:
        show_lines(
            opened, checkpoint, lines, prefix, alpha, seed, new_only=new_only, as_json=as_json
        )
        return
    config = GenerationConfig(
        _DEFAULT_LENGTH if length is None else length,
        mode, alpha, seed, tuple(stop or ()), sentence_after,
    )  # fmt: skip
    if samples == 1 and not as_json:
        _stream_text(opened, prefix, config)
    else:
        _show_texts(opened, prefix, config, samples, as_json=as_json)


def _stream_text(checkpoint: Checkpoint, prefix: str, config: GenerationConfig) -> None:
    """Print a prefix and its continuation, character by character."""
    from ..generation import stream

    print(printable(prefix), end="", flush=True)
    for character in stream(
        checkpoint, prefix, config.length, config.mode, config.alpha, config.seed,
        config.stop, config.sentence_after,
    ):  # fmt: skip
        print(printable(character), end="", flush=True)
    print()


def _show_texts(
    checkpoint: Checkpoint, prefix: str, config: GenerationConfig, count: int, *, as_json: bool
) -> None:
    """Print `count` texts, an empty line between them, or JSON objects; the seed goes up by 1."""
    from ..generation import generate_many

    seeds = [None if config.seed is None else config.seed + number for number in range(count)]
    configs = [replace(config, seed=seed) for seed in seeds]
    texts = generate_many(checkpoint, prefix, configs)
    if not as_json:
        print(printable("\n\n".join(texts)))
        return
    for text, seed in zip(texts, seeds, strict=True):
        print_json({"prefix": prefix, "text": text, "seed": seed})


def _alpha(alpha: float | None, temperature: float | None) -> float:
    """Return α, given as itself or as 1 / temperature. Raises UserError for both of them."""
    if temperature is None:
        return 1.0 if alpha is None else alpha
    if alpha is not None:
        raise UserError(
            "Give --alpha or --temperature, not both: alpha is 1 / temperature.",
            field="temperature",
        )
    if not math.isfinite(temperature) or temperature <= 0:
        raise UserError(
            "temperature = {value}: give a number above 0.", value=temperature, field="temperature"
        )
    return 1 / temperature
