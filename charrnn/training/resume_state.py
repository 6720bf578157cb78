"""Where a run stands, saved so that it goes on bit for bit.

One safetensors file, `resume/point.safetensors`, replaced in one step: weights, the best weights
so far, the optimizer's moments, the hidden state and torch's random state as tensors; counters,
sums and the log as the bytes of JSON (a header could not hold the log of a long run). Minibatch
order needs no saving: it follows from the seed and the epoch's number.

Its metadata hold the version of all this and a checksum: a point that is damaged, of another
version or of another model is refused, and left as it is.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_safetensors
from torch import Tensor

from .._version import __version__, other_version
from ..errors import Message, UserError
from ..model import ModelConfig, State
from ..utils.atomic import write
from ..utils.regular_files import DamagedRunUserError, check_file

if TYPE_CHECKING:
    from ..corpus import Corpus
    from .config import TrainingConfig

FILE = Path("resume") / "point.safetensors"
_FREE = {"epochs", "seconds", "threads", "samples", "sample_length", "sample_every", "prior"}
FORMAT = "4"  # raise it where what is in a point changes its meaning; a new counter has a default


@dataclass
class Point:
    """Everything that changes while training. `counters` is JSON.

    `made_for` is what must not have changed when it is taken up: see the function of that name.
    `version` is that of the charrnn that wrote it, empty where it is not recorded.
    """

    weights: dict[str, Tensor]
    best: dict[str, Tensor]
    moments: dict[int, dict[str, Tensor]]
    state: State | None
    random: Tensor
    counters: dict[str, Any]
    made_for: Mapping[str, Any]
    version: str = ""

    def packed(self) -> bytes:
        """The contents of its file, which `save` writes now or later."""
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
        made_for = json.dumps(dict(self.made_for))
        about = {
            "format": FORMAT,
            "charrnn_version": __version__,
            "made_for": made_for,
            "checksum": _checksum(whole, made_for + __version__),
        }
        return to_safetensors(whole, about)

    @classmethod
    def load(cls, directory: Path, made_for: Mapping[str, Any]) -> Point | None:
        """The point saved in a run's directory, or None where there is none.

        Raises UserError for one that is damaged, of another version, or made for other settings
        than these.
        """
        path = directory / FILE
        if not os.path.lexists(path):
            return None
        try:
            check_file(path)
            with safe_open(path, framework="pt") as file:
                about = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (SafetensorError, OSError, DamagedRunUserError) as error:
            raise cannot_go_on(Message("{path} is damaged", path=FILE.as_posix())) from error
        if about.get("format") != FORMAT:
            raise from_another_version(FILE.as_posix(), about.get("charrnn_version"))
        settings, version = about.get("made_for", ""), about.get("charrnn_version", "")
        if about.get("checksum") != _checksum(tensors, settings + version):
            raise cannot_go_on(Message("{path} is damaged", path=FILE.as_posix()))
        with taking_up(version):
            before = dict(json.loads(settings))
            point = cls._put_together(tensors, before)
            point.version = version
        changed = [name for name in before if name in made_for and before[name] != made_for[name]]
        if changed:
            raise cannot_go_on(
                Message(
                    "{path} is of a run with another {name}", path=FILE.as_posix(), name=changed[0]
                )
            )
        return point

    @classmethod
    def _put_together(cls, tensors: dict[str, Tensor], made_for: Mapping[str, Any]) -> Point:
        moments: dict[int, dict[str, Tensor]] = {}
        for name, tensor in _under("moments", tensors).items():
            index, _, key = name.partition(".")
            moments.setdefault(int(index), {})[key] = tensor
        # A copy lies in memory as torch would have put it, on which its arithmetic may depend.
        parts = tuple(part.clone() for part in _under("state", tensors).values())
        state: State | None = parts[0] if len(parts) == 1 else (parts or None)  # type: ignore[assignment]
        return cls(
            _under("weights", tensors),
            _under("best", tensors),
            moments,
            state,
            tensors["random"],
            json.loads(tensors["counters"].numpy().tobytes()),
            made_for,
        )


def save(packed: bytes, directory: Path) -> None:
    """Write a packed point into a run's directory."""
    path = directory / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, packed)


def made_for(corpus: Corpus, model: ModelConfig, training: TrainingConfig) -> dict[str, Any]:
    """What must be the same when a run goes on: its text, and all settings but those that do not
    touch the arithmetic."""
    settings = asdict(model) | asdict(training)
    return {k: v for k, v in settings.items() if k not in _FREE} | {"text": corpus.sha256()}


@contextmanager
def taking_up(version: str) -> Iterator[None]:
    """Put a sound point into a run: what does not fit comes from another version of charrnn."""
    try:
        yield
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise from_another_version(FILE.as_posix(), version) from error


def from_another_version(file: str, recorded: object) -> UserError:
    """Refuse a file of a run that this version cannot go on from, naming the one that wrote it."""
    if not (version := other_version(recorded)):
        return cannot_go_on(Message("{path} was written by another version of charrnn", path=file))
    return cannot_go_on(
        Message(
            "{path} was written by charrnn {theirs}, and this is {ours}",
            path=file,
            theirs=version,
            ours=__version__,
        )
    )


def cannot_go_on(why: str) -> UserError:
    """What a person is told of a run that cannot be resumed: nothing has been touched."""
    return UserError(
        "This run cannot go on: {why}. What it has saved so far is kept; start a new run.",
        why=why,
        field="resume",
    )


def _checksum(tensors: Mapping[str, Tensor], metadata: str) -> str:
    """Of all bytes, whatever order the tensors are in."""
    total = zlib.crc32(metadata.encode())
    for name in sorted(tensors):
        data = tensors[name].reshape(-1).view(torch.uint8).numpy().data
        total = zlib.crc32(data, zlib.crc32(name.encode(), total))
    return f"{total:08x}"


def _as_bytes(counters: dict[str, Any]) -> Tensor:
    return torch.frombuffer(bytearray(json.dumps(counters), "utf-8"), dtype=torch.uint8)


def moments_of(optimizer: torch.optim.Optimizer) -> dict[int, dict[str, Tensor]]:
    """What an optimizer remembers of each parameter, by the parameter's number."""
    state: dict[int, dict[str, Tensor]] = optimizer.state_dict()["state"]
    return {
        index: {key: value.cpu() for key, value in entry.items() if isinstance(value, Tensor)}
        for index, entry in state.items()
    }


def restore_moments(
    optimizer: torch.optim.Optimizer, moments: dict[int, dict[str, Tensor]]
) -> None:
    """The reverse of `moments_of`."""
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": moments, "param_groups": groups})
    for parameter, entry in optimizer.state.items():
        for name, moment in entry.items():  # in memory as torch would have put it
            if moment.shape == parameter.shape:
                entry[name] = torch.empty_like(parameter.detach()).copy_(moment)


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    start = prefix + "."
    return {name[len(start) :]: tensors[name] for name in sorted(tensors) if name.startswith(start)}
