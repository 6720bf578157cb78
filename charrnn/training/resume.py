"""Where a run stands, saved so that it goes on bit for bit.

One safetensors file, `resume/point.safetensors`, replaced in one step: weights, the best weights
so far, the optimizer's moments, the hidden state and torch's random state as tensors; counters,
sums and the log as the bytes of JSON (a header could not hold the log of a long run). Minibatch
order needs no saving: it follows from the seed and the epoch's number.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_safetensors
from torch import Tensor

from ..errors import UserError
from ..files import write
from ..model import State

FILE = Path("resume") / "point.safetensors"


@dataclass
class Point:
    """Everything that changes while training. `counters` is JSON."""

    weights: dict[str, Tensor]
    best: dict[str, Tensor]
    moments: dict[int, dict[str, Tensor]]
    state: State | None
    random: Tensor
    counters: dict[str, Any]

    def save(self, directory: Path) -> None:
        """Write the point into a run's directory."""
        tensors = {f"weights.{name}": tensor for name, tensor in self.weights.items()}
        tensors |= {f"best.{name}": tensor for name, tensor in self.best.items()}
        for index, moment in self.moments.items():
            tensors |= {f"moments.{index}.{name}": tensor for name, tensor in moment.items()}
        if self.state is not None:
            parts = self.state if isinstance(self.state, tuple) else (self.state,)
            tensors |= {f"state.{i}": part for i, part in enumerate(parts)}
        tensors["random"] = self.random
        tensors["counters"] = _as_bytes(self.counters)
        whole = {name: tensor.detach().contiguous() for name, tensor in tensors.items()}
        path = directory / FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, to_safetensors(whole))

    @classmethod
    def load(cls, directory: Path) -> Point | None:
        """The point saved in a run's directory, or None where there is none.

        Raises UserError for one that cannot be read.
        """
        path = directory / FILE
        if not path.is_file():
            return None
        try:
            with safe_open(path, framework="pt") as file:
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            counters = json.loads(tensors["counters"].numpy().tobytes())
            moments: dict[int, dict[str, Tensor]] = {}
            for name, tensor in _under("moments", tensors).items():
                index, _, key = name.partition(".")
                moments.setdefault(int(index), {})[key] = tensor
            parts = tuple(_under("state", tensors).values())
            state: State | None = parts[0] if len(parts) == 1 else (parts or None)  # type: ignore[assignment]
            weights, best = _under("weights", tensors), _under("best", tensors)
            return cls(weights, best, moments, state, tensors["random"], counters)
        except (SafetensorError, OSError, ValueError, KeyError) as error:
            raise UserError(
                f"This run cannot go on: {path} is damaged. Start a new one.", field="resume"
            ) from error


def _as_bytes(counters: dict[str, Any]) -> Tensor:
    return torch.frombuffer(bytearray(json.dumps(counters), "utf-8"), dtype=torch.uint8)


def moments_of(optimizer: torch.optim.Optimizer) -> dict[int, dict[str, Tensor]]:
    """What an optimizer remembers of each parameter, by the parameter's number."""
    state: dict[int, dict[str, Tensor]] = optimizer.state_dict()["state"]
    return {
        index: {key: value for key, value in entry.items() if isinstance(value, Tensor)}
        for index, entry in state.items()
    }


def restore_moments(
    optimizer: torch.optim.Optimizer, moments: dict[int, dict[str, Tensor]]
) -> None:
    """The reverse of `moments_of`."""
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": moments, "param_groups": groups})
    for parameter, entry in optimizer.state.items():
        for name, moment in entry.items():  # fused optimizers want them to lie as the weights do
            if moment.shape == parameter.shape:
                entry[name] = torch.empty_like(parameter.detach()).copy_(moment)


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    start = prefix + "."
    return {name[len(start) :]: tensors[name] for name in sorted(tensors) if name.startswith(start)}
