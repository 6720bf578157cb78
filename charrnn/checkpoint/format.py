"""The files of a checkpoint: their names, versions, types and largest sizes."""

from __future__ import annotations

import torch

WEIGHTS, CONFIG = "model.safetensors", "config.json"
# Increment FORMAT only when an existing field changes its meaning; a new setting does not count.
# Format 2 is format 1 with weights of half the size, which earlier versions could not read.
FORMAT, HALF_FORMAT = 1, 2
DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
# By format, the types of weights as a safetensors file names them.
DTYPES_BY_FORMAT = {
    FORMAT: {"F32": "float32"},
    HALF_FORMAT: {"F16": "float16", "BF16": "bfloat16"},
}
MAX_WEIGHTS_BYTES = 64 << 20  # of a weights file
MAX_PARAMETERS = (MAX_WEIGHTS_BYTES - (2 << 20)) // 4  # of a model; the rest is for its metadata
