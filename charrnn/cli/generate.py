"""Command generate."""

from __future__ import annotations

import math
from typing import Annotated

import typer

from ..errors import UserError, escape_invisible
from ..generation import generate_many, stream
from ..generation.config import GenerationConfig
from ..utils.validation import clean_text
from .lines import check_lines_only, show_lines
from .options import AnyCheckpoint, Json, open_checkpoint
from .output import note, print_json, printable


def generate(
    checkpoint: AnyCheckpoint,
    prefix: Annotated[str, typer.Option(help="The text to continue.")] = "",
    length: Annotated[int, typer.Option(help="Characters after the prefix.")] = 200,
    mode: Annotated[str, typer.Option(help="greedy or sample.")] = "sample",
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
    check_lines_only(lines, new_only=new_only, mode=mode, samples=samples)
    opened, prefix = open_checkpoint(checkpoint), clean_text(prefix)
    if unknown := opened.vocabulary.unknown(prefix):
        lacking = escape_invisible(" ".join(unknown), 200)
        note(f"not in the model's vocabulary, read as unknown: {lacking}")
    exponent, ends = _exponent(alpha, temperature), tuple(stop or ())
    if lines is not None:
        show_lines(
            opened, checkpoint, lines, prefix, exponent, seed, new_only=new_only,
            as_json=as_json,
        )  # fmt: skip
        return
    seeds = [None if seed is None else seed + number for number in range(samples)]
    if samples == 1 and not as_json:  # character by character
        print(printable(prefix), end="", flush=True)
        for character in stream(opened, prefix, length, mode, exponent, seed, ends, sentence_after):
            print(printable(character), end="", flush=True)
        print()
        return
    configs = [
        GenerationConfig(length, mode, exponent, own_seed, ends, sentence_after)
        for own_seed in seeds
    ]
    texts = generate_many(opened, prefix, configs)
    if as_json:
        for text, own_seed in zip(texts, seeds, strict=True):
            print_json({"prefix": prefix, "text": text, "seed": own_seed})
    else:
        print(printable("\n\n".join(texts)))


def _exponent(alpha: float | None, temperature: float | None) -> float:
    """Return α, given by itself or as 1 / temperature."""
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
