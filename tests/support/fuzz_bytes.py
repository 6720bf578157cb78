"""What mutators share: bytes that are changed, JSON values of any kind, and odd texts."""

from __future__ import annotations

import json
import random
from typing import Any

SIZES = (0, 1, 2, 7, 8, 100, 127, 128, 255, 256, 65_535, 65_536, 2**31 - 1, 2**31, 2**32 - 1,
         2**53, 2**63 - 1, 2**63, 2**64 - 1, 2**64, 10**30, 10**400)  # fmt: skip
ODD = (
    "\ud800", "\udfff", "\0", "\x1b[31m", "\u202e", "\u2066", "\u200b", "\ufeff", "\u2028", "\n",
    "\r", "\x85", "\U0001f30a", "e\u0301", "\U000e0001", "<script>alert(1)</script>", "{{7*7}}",
    "../../etc/passwd", "'\"`${7}", "%s%n", "\ufffd", "\uffff", "\u0378", "\ue000",
)  # fmt: skip


def mutate(data: bytes, dice: random.Random) -> bytes:
    """Bytes changed, put in, taken out, cut off, doubled, moved or set to a pattern."""
    changed = bytearray(data)
    for _ in range(dice.choice((1, 1, 1, 2, 3, 8, 40))):
        start = dice.randrange(len(changed) + 1)
        end = min(len(changed), start + dice.choice((1, 1, 2, 4, 8, 64, 1000)))
        match dice.randrange(8):
            case 0:
                changed[start:end] = dice.randbytes(end - start)
            case 1:
                changed[start:start] = dice.randbytes(dice.choice((1, 2, 8, 100)))
            case 2:
                del changed[start:end]
            case 3:
                del changed[start:]
            case 4:
                changed[start:start] = changed[start:end]
            case 5:
                at = dice.randrange(len(changed) + 1)
                changed[at:at] = changed[start:end]
            case 6:
                changed[start:end] = bytes([dice.choice((0, 0xFF, 0x7F, 0x80, 0x20, 0x0A))]) * (
                    end - start
                )
            case _:
                for at in range(start, end):
                    changed[at] ^= 1 << dice.randrange(8)
    return bytes(changed)


def odd_text(dice: random.Random, *, longest: int = 3000) -> str:
    """A text of odd characters, of any length."""
    pieces = dice.choices((*ODD, "a", "x y", "中文"), k=dice.choice((0, 1, 1, 2, 9, 200)))
    text = "".join(pieces) * dice.choice((1, 1, 1, 50))
    return text[: dice.choice((longest, 50, 1))]


def json_value(dice: random.Random, depth: int = 0) -> Any:
    """Any JSON value, NaN and Infinity and numbers of hundreds of digits among them."""
    match dice.randrange(11 if depth < 3 else 8):
        case 0:
            return None
        case 1:
            return dice.choice((True, False))
        case 2:
            return dice.choice(SIZES)
        case 3:
            return -dice.choice(SIZES)
        case 4:
            return dice.choice((0.5, -0.0, 1e300, 5e-324, float("nan"), float("inf"), 1e308))
        case 5:
            return odd_text(dice)
        case 6:
            return dice.choice(("", "none", "true", "1e999", "lstm", "fast", "[", "epoch"))
        case 7:
            return dice.choice(([], {}, [[]], {"": {}}))
        case 8:
            return [json_value(dice, depth + 1) for _ in range(dice.choice((1, 2, 5)))]
        case 9:
            count = dice.choice((1, 2, 5))
            return {odd_text(dice, longest=99): json_value(dice, depth + 1) for _ in range(count)}
        case _:
            return [json_value(dice, depth + 1)] * dice.choice((10, 1000))


def written(value: Any, dice: random.Random) -> str:
    """JSON, sometimes damaged, nested very deeply, or with keys that come twice."""
    text = json.dumps(value, ensure_ascii=dice.random() < 0.5)
    match dice.randrange(12):
        case 0:
            depth = dice.choice((50, 900, 1200, 5000, 100_000))
            nest = dice.choice(("[", '{"a":'))
            inner = nest * depth + dice.choice(("", "1" + {"[": "]", '{"a":': "}"}[nest] * depth))
            return text.replace(dice.choice((":", ",")), f": {inner} ,", 1)
        case 1:
            at = text.find("{") + 1
            piece = text[at : text.find(",", at) + 1]
            return text[:at] + piece * dice.choice((1, 3, 1000)) + text[at:]
        case 2:
            number = dice.choice(("1e999", "-1e999", "NaN", "Infinity", "1" * 5000, "01", "+1"))
            return text.replace(dice.choice(("1", "0", "true", "null")), number, 1)
        case 3:
            return mutate(text.encode("utf-8", "surrogatepass"), dice).decode("utf-8", "replace")
        case 4:
            return (
                dice.choice(("", " ", "\ufeff", "null", "//")) + text + dice.choice(("", "}", " "))
            )
        case _:
            return text
