"""Activations of a layer while a model reads a text, kept for a while: the page shows unit by unit.

They are kept in half precision, which is more than a tint or a figure on the page can show.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...checkpoint import Checkpoint
from ...inspection.activations import iter_text_activations
from ..services.lru_cache import LRUCache

MAX_LAYER_NUMBERS = 1 << 25  # of one layer and text, two bytes each
MAX_KEPT_NUMBERS = 1 << 27  # of all layers together
QUANTIZED_LARGEST = 127  # the number that stands for the largest |value| of a unit
_TINY = 1e-30  # so that a unit that is always 0 has a scale too

Levels = NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Layer:
    """One quantity of a layer with H units, for the first N characters of a text.

    values: the activations, (N, H). largest: of each unit its largest |value|, (H,).
    """

    values: NDArray[np.float16]
    largest: NDArray[np.float32]

    @classmethod
    def read(cls, checkpoint: Checkpoint, text: str, layer: int, quantity: str) -> Layer:
        """Read as much of a text as can be kept."""
        units = checkpoint.model.config.hidden_size
        ids = checkpoint.vocabulary.encode(text[: MAX_LAYER_NUMBERS // units])
        values = np.empty((len(ids), units), np.float16)
        most = float(np.finfo(np.float16).max)
        start = 0
        for chunk in iter_text_activations(checkpoint, ids, (quantity,)):
            part = chunk[layer][quantity].nan_to_num(0.0).clamp(-most, most).cpu().numpy()
            values[start : start + len(part)] = part
            start += len(part)
        largest = np.maximum(values.max(axis=0), -values.min(axis=0)).astype(np.float32)
        return cls(values, largest)

    def quantized(self, start: int = 0, end: int | None = None, unit: int | None = None) -> Levels:
        """Return activations from character `start` to `end` as integers, unit by unit: (H, n).

        They are (n,) for one `unit`. Each unit has its own scale: its largest |value| is ±127.
        """
        columns = slice(None) if unit is None else unit
        scale = QUANTIZED_LARGEST / np.maximum(self.largest[columns], _TINY)
        levels: Levels = np.rint(self.values[start:end, columns] * scale).astype(np.int8).T
        return levels


class LayerCache:
    """The layers used last, `max_numbers` together; those used longest ago are dropped.

    A layer has the key of its reading, so only users who may see the reading reach it.
    """

    def __init__(self, max_numbers: int = MAX_KEPT_NUMBERS) -> None:
        self._layers: LRUCache[tuple[str, int, str], Layer] = LRUCache(
            max_numbers, lambda layer: layer.values.size
        )

    def read(self, key: str, checkpoint: Checkpoint, text: str, layer: int, quantity: str) -> Layer:
        """Return a layer of the reading with this key, whose text is `text`."""
        return self._layers.get_or_compute(
            (key, layer, quantity), lambda: Layer.read(checkpoint, text, layer, quantity)
        )
