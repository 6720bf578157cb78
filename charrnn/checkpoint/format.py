"""The files of a checkpoint directory: their names, versions, types and largest sizes."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from .strict_json import MAX_CONFIG_BYTES

WEIGHTS, CONFIG = "model.safetensors", "config.json"
LOG, PICTURE, SAMPLES, CARD = "training_log.csv", "perplexity.png", "samples.json", "README.md"
# Increment FORMAT only when an existing field changes its meaning; a new setting does not count.
# Format 2 is format 1 with weights of half the size, which earlier versions could not read.
FORMAT, HALF_FORMAT = 1, 2
DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
# For each format, the types of its weights: their names in safetensors, and ours.
DTYPES_BY_FORMAT = {
    FORMAT: {"F32": "float32"},
    HALF_FORMAT: {"F16": "float16", "BF16": "bfloat16"},
}
MAX_WEIGHTS_BYTES = 64 << 20
MAX_PARAMETERS = (MAX_WEIGHTS_BYTES - (2 << 20)) // 4  # as float32; the header has 2 MB
# The files of a checkpoint directory, and the most bytes that each may have.
MAX_FILE_BYTES: Mapping[str, int] = {
    WEIGHTS: MAX_WEIGHTS_BYTES,
    CONFIG: MAX_CONFIG_BYTES,
    CARD: 1 << 20,
    LOG: 8 << 20,
    PICTURE: 4 << 20,
    SAMPLES: 8 << 20,
}

LOG_COLUMNS = (  # fields of `progress` events
    "step",
    "epoch",
    "seconds",
    "characters_seen",
    "train_perplexity",
    "validation_perplexity",
    "gradient_norm",
    "clipped",
    "learning_rate",
    "characters_per_second",
)
